/*
 * info - what `rl info` knows about machine and store
 *
 * The tree has the names that templates use (.Host.CgroupsVersion); JSON output renames them as podman's JSON does.
 */
#ifndef RL_CMD_INFO_H
#define RL_CMD_INFO_H

#include "cmd/cmd.h"

/** info_host() - .Host; a new reference.  What cannot be found out is empty */
json_t *info_host(struct ctx *ctx);

/** info_absent() - add what templates may name besides (cmd/absent.h): podman's names, and docker's */
void info_absent(json_t *tree);

#endif
