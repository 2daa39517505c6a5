/*
 * limit_opts - the flags that limit what a container may use, of run, create, clone and update
 *
 * They become linux.resources of config.json, as the OCI runtime-spec describes it, with three members of rl's own:
 * "implied" of pids and "swapImplied" of memory mark what nobody asked for, and so may be left out where it cannot be had; "path" of a
 * device is how the user named it.  A value of -1 (of a share, a weight or a rate: 0; of a list: "") lifts a limit that was there before.
 */
#ifndef RL_RUNTIME_LIMIT_OPTS_H
#define RL_RUNTIME_LIMIT_OPTS_H

#include "runtime/base/json.h"

#define LIMIT_PIDS_DEFAULT 2048

/**
 * struct limit_opts - as they were given; NULL, "" and empty for not given
 * @conf: of --cgroup-conf
 * @pids_default: not a flag: instead of LIMIT_PIDS_DEFAULT; 0 for not given, -1 for no limit
 */
struct limit_opts {
	char *memory, *memory_swap, *memory_reservation;
	char *cpus, *cpu_period, *cpu_quota, *cpu_shares, *cpuset_cpus, *cpuset_mems;
	char *pids, *blkio_weight;
	struct strv weight_device, read_bps, write_bps, read_iops, write_iops, conf;
	int64_t pids_default;
};

/** limit_opts_given() - whether there is one */
bool limit_opts_given(const struct limit_opts *o);

/** limit_opts_defaults() - the limits of a container for which nothing else is said */
void limit_opts_defaults(const struct limit_opts *o, json_t *resources);

/** limit_opts_apply() - change linux.resources; -ERR_USAGE where the flags make no sense, or none beside what is there */
int limit_opts_apply(const struct limit_opts *o, json_t *resources, struct err *err);

/** limit_devices_apply() - the part of it that is about block devices (limit_devices.c) */
int limit_devices_apply(const struct limit_opts *o, json_t *resources, struct err *err);
/** limit_part() - a member of linux.resources, made if it is missing; borrowed */
json_t *limit_part(json_t *resources, const char *name);

#endif
