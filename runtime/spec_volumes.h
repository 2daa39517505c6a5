/*
 * spec_volumes - mounts that were asked for, as entries of config.json's "mounts"; private to spec*.c
 *
 * Such an entry has a member "rl" beside what the runtime specification says, for inspect and --volumes-from:
 *     {"type": "bind"|"volume"|…, "name": of a volume, "driver", "source": as it is to be shown, "overlay": true}
 */
#ifndef RL_RUNTIME_SPEC_VOLUMES_H
#define RL_RUNTIME_SPEC_VOLUMES_H

#include "runtime/spec_parts.h"

/**
 * spec_user_mounts() - --volume, --mount, --tmpfs, then --volumes-from, then the image's volumes
 * @mounts: array; entries are appended in the order in which they have to be mounted
 * Also fills the record: "volumes", and what inspect shows in "hostConfig".
 */
int spec_user_mounts(struct spec *s, json_t *mounts, struct err *err);

#endif
