/*
 * caps - capability sets of a process, as process.capabilities gives them
 */
#ifndef RL_RUNTIME_CAPS_H
#define RL_RUNTIME_CAPS_H

#include "runtime/base/json.h"

/* one bit for each capability */
struct caps {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/** caps_parse() - read process.capabilities; a missing object means none at all; unknown names are refused */
int caps_parse(const json_t *object, struct caps *ret, struct err *err);

/** caps_all() - every capability the running kernel knows */
uint64_t caps_all(void);

/** caps_drop_bounding() - limit the bounding set; needs CAP_SETPCAP, so before the sets are given up */
int caps_drop_bounding(const struct caps *c, struct err *err);

/** caps_apply() - set permitted, effective, inheritable and ambient of this process */
int caps_apply(const struct caps *c, struct err *err);

#endif
