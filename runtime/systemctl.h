/*
 * systemctl - ask a systemd manager about units, and tell it what to do: systemctl(1)
 *
 * The user's own manager, for root the machine's.  Where there is no such program or no manager, everything fails with that.
 */
#ifndef RL_RUNTIME_SYSTEMCTL_H
#define RL_RUNTIME_SYSTEMCTL_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/**
 * systemctl_states() - how units are
 * @units: their names
 * @ret:   "active/running" and the like, "Not loaded" for what the manager does not know, in the order of @units; appended
 */
int systemctl_states(const struct strv *units, struct strv *ret, struct err *err);

/** systemctl_reload() - let it read its units again, and with them the generators' */
int systemctl_reload(struct err *err);

/** systemctl_stop() - stop a unit, and wait for it */
int systemctl_stop(const char *unit, struct err *err);

#endif
