/*
 * seccomp_default - the system calls that a container may make unless flags say otherwise
 *
 * Docker's default profile as a table: a list that is always allowed, additions that a capability,
 * an architecture or a kernel brings, and filters on arguments.  Everything else gives EPERM.
 */
#ifndef RL_RUNTIME_SECCOMP_DEFAULT_H
#define RL_RUNTIME_SECCOMP_DEFAULT_H

#include "runtime/base/json.h"

/** seccomp_default() - linux.seccomp for a container with @caps in its bounding set; a new reference */
json_t *seccomp_default(uint64_t caps);

/** seccomp_architectures() - this machine's architecture and those it also executes, as an array; a new reference */
json_t *seccomp_architectures(void);

/** seccomp_arch_name() - this machine's, as Docker's profiles write it ("amd64") */
const char *seccomp_arch_name(void);

/** seccomp_kernel_at_least() - whether the running kernel is "MAJOR.MINOR" or newer; -EINVAL if
 * @version is malformed */
int seccomp_kernel_at_least(const char *version);

#endif
