/*
 * linger - whether a user's containers outlive the user's last session
 *
 * Without lingering systemd ends the user's manager, and with it the scopes of the containers, a moment after the last logout.
 */
#ifndef RL_CMD_LINGER_H
#define RL_CMD_LINGER_H

#include "cmd/cmd.h"

/** linger_enabled() - for a user; @name: as the system has it */
bool linger_enabled(const char *name);

/** linger_notice() - a container was started in the background: say once, until the next boot, if it ends with the session */
void linger_notice(const struct ctx *ctx, const struct container *c);

#endif
