/*
 * seccomp_profile - profiles from files (--security-opt seccomp=FILE)
 *
 * Docker's format (archMap, includes, excludes) and the plain one of the runtime specification.
 */
#ifndef RL_RUNTIME_SECCOMP_PROFILE_H
#define RL_RUNTIME_SECCOMP_PROFILE_H

#include "runtime/base/json.h"

/** seccomp_profile_read() - read a profile file as linux.seccomp for a container with @caps in its bounding set */
int seccomp_profile_read(const char *path, uint64_t caps, json_t **ret, struct err *err);
/** seccomp_profile_convert() - the same for a parsed profile */
int seccomp_profile_convert(const json_t *profile, uint64_t caps, json_t **ret, struct err *err);

#endif
