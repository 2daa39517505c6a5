/*
 * cgroup_limits - linux.resources of a config.json, written into the files of a container's group
 *
 * The runtime-spec has the values of cgroup v1; here they become those of v2: shares a weight, memory and swap together swap
 * alone, a weight of 10 to 1000 one of 1 to 10000.  Whatever was asked for is written, or fails with what is missing: a controller that is not
 * delegated, a file that the kernel does not have, a processor that is not there.  What nobody asked for ("implied", limit_opts.h), and a value
 * that stands for no limit, is left out in silence where it cannot be written.
 * The files of a running container can be written again.  Its memory is never limited to less than it needs: it would be killed.
 */
#ifndef RL_RUNTIME_CGROUP_LIMITS_H
#define RL_RUNTIME_CGROUP_LIMITS_H

#include "runtime/base/json.h"
#include "runtime/cgroup_undo.h"

/**
 * cgroup_apply() - limit a group
 * @dirfd:  its directory; -EBADF if there is none
 * @why:    why there is none, or none with controllers, in words; may be NULL
 * @config: config.json
 * @undo:   what was there before, also after an error; may be NULL
 * Return: 0, -EOPNOTSUPP for what cannot be had here, or another negative errno; then some of it may be written
 */
int cgroup_apply(int dirfd, const char *why, const json_t *config, struct cgroup_undo *undo,
	struct err *err);

/** cgroup_restore() - write back what was there before; a limit of memory only if that is not less than what is in use by now */
void cgroup_restore(int dirfd, const struct cgroup_undo *undo);

/** cgroup_number() - the number in a file of a group, INT64_MAX for "max"; Return: 0 or a negative errno */
int cgroup_number(int dirfd, const char *file, int64_t *ret);

/** cgroup_file_check() - whether "unified" may name this file: one of a controller's */
int cgroup_file_check(const char *name, struct err *err);

/** cgroup_cpu_weight() - cpu.weight for shares: the smallest, the usual and the largest of both meet (2, 1024, 262144; 1, 100, 10000) */
uint64_t cgroup_cpu_weight(uint64_t shares);
/** cgroup_io_weight() - io.weight for a weight of 10 to 1000, in proportion */
uint64_t cgroup_io_weight(uint64_t weight);

#endif
