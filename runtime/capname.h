/*
 * capname - capabilities by name, as sets of bits
 */
#ifndef RL_RUNTIME_CAPNAME_H
#define RL_RUNTIME_CAPNAME_H

#include "runtime/base/json.h"

/* Docker's default set, the one a container has unless flags say otherwise */
extern const uint64_t capname_default;

/** capname_all() - every capability that has a name here and that the running kernel knows */
uint64_t capname_all(void);
/** capname_get() - "CAP_CHOWN" for 0; NULL beyond the last; static */
const char *capname_get(unsigned cap);
/** capname_json() - the names of a set, as an array; a new reference */
json_t *capname_json(uint64_t set);
/** capname_from_json() - the set of an array of names; unknown ones are left out */
uint64_t capname_from_json(const json_t *array);
/**
 * capname_apply() - @base with --cap-add and --cap-drop applied
 * As in docker and podman: what is dropped explicitly is gone even when everything is added ("ALL"),
 * and what is added explicitly is there even when everything is dropped; one name in both lists is an
 * error.
 */
int capname_apply(uint64_t base, const struct strv *add, const struct strv *drop, uint64_t *ret,
	struct err *err);

#endif
