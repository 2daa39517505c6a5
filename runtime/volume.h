/*
 * volume - what --volume, --mount and --tmpfs ask for
 *
 * Each becomes a struct volume: an entry of the configuration's "mounts".  Bind mounts of the host and
 * tmpfs are known; the source of a bind mount is checked when it is parsed, the target only lexically.
 */
#ifndef RL_RUNTIME_VOLUME_H
#define RL_RUNTIME_VOLUME_H

#include "runtime/base/json.h"

/**
 * struct volume - one mount; all members are owned
 * @type:    "bind" or "tmpfs"
 * @source:  absolute path on the host, "tmpfs" for a tmpfs
 * @target:  absolute, clean path in the container; never "/"
 * @options: of mount(8), as the runtime specification has them
 * @given:   the user's own words, for inspect
 */
struct volume {
	char *type, *source, *target, *given;
	struct strv options;
};

struct volumes {
	struct volume *v;
	size_t n;
};

/** volume_parse() - append one --volume HOST-DIR:CONTAINER-DIR[:OPTIONS] */
int volume_parse(const char *text, struct volumes *ret, struct err *err);
/** volume_parse_mount() - append one --mount type=bind|tmpfs,… */
int volume_parse_mount(const char *text, struct volumes *ret, struct err *err);
/** volume_parse_tmpfs() - append one --tmpfs CONTAINER-DIR[:OPTIONS] */
int volume_parse_tmpfs(const char *text, struct volumes *ret, struct err *err);
/** volume_json() - as a member of "mounts"; a new reference */
json_t *volume_json(const struct volume *v);
void volumes_done(struct volumes *v);

#endif
