/*
 * info - what `rl info` knows about machine and store
 *
 * The tree has the names that templates use (.Host.CgroupsVersion); info_to_json() renames them as podman's JSON does.
 */
#ifndef RL_CMD_INFO_H
#define RL_CMD_INFO_H

#include "cmd/cmd.h"

/** info_host() - .Host; a new reference.  What cannot be found out is empty */
json_t *info_host(struct ctx *ctx);

/** info_to_json() - a copy with the names of JSON; a new reference */
json_t *info_to_json(const json_t *tree);

/** info_to_yaml() - append as indented text */
void info_to_yaml(const json_t *tree, unsigned depth, struct buf *out);

#endif
