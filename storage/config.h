/*
 * config - rl's own configuration file
 *
 * /etc/rl/rl.conf and $XDG_CONFIG_HOME/rl/rl.conf (~/.config/rl/rl.conf), both TOML; a key in the user's file takes the
 * place of the same key in the system's.  A key that is not known is an error, never ignored.
 *
 *     [storage]
 *     additionalimagestores = ["/srv/rl"]
 *     [engine]
 *     events_logger = "file"
 *     cgroup_manager = "systemd"          # or "cgroupfs"
 *
 *     [containers]                        # what run and create do unless a flag says otherwise; all are optional
 *     env = ["LANG=C.UTF-8"]              # below the image's own variables
 *     default_ulimits = ["nofile=1024:4096"]
 *     log_driver = "json-file"
 *     network = "none"
 *     tz = "local"
 *     umask = "0077"
 *     userns = "host"
 *
 * RL_ADDITIONAL_STORES (paths with ':' between) takes the place of that key, also when it is empty.
 */
#ifndef RL_STORAGE_CONFIG_H
#define RL_STORAGE_CONFIG_H

#include "runtime/base/err.h"
#include "runtime/base/json.h"
#include "runtime/base/str.h"

/**
 * struct config - the configuration, merged
 * @shared: paths of shared stores (storage/shared.h), absolute, in the order in which they are looked at
 * @no_events: events_logger is "none": what happens is not written down
 * @cgroup_manager: borrowed; NULL if it is not said
 * @containers: the table of this name, of strings and lists of strings; NULL if there is none
 */
struct config {
	struct strv shared;
	json_t *containers;
	const char *cgroup_manager;
	bool no_events;
};

/** config_load() - read both files and the environment; missing ones say nothing */
int config_load(struct config *ret, struct err *err);

/** config_add() - merge the text of one more file; @what: named in errors */
int config_add(struct config *c, const char *text, const char *what, struct err *err);

/** config_user_file() - the path of the user's file, whether it is there or not; the caller owns it, NULL where there is no home */
char *config_user_file(void);

void config_done(struct config *c);

#endif
