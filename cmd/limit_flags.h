/*
 * limit_flags - the options that limit what a container may use, of run, create, clone and update
 */
#ifndef RL_CMD_LIMIT_FLAGS_H
#define RL_CMD_LIMIT_FLAGS_H

#include "cmd/cmd.h"
#include "runtime/limit_opts.h"

/* clang-format off */
/* members of an option table of struct @s, whose member @m is a struct limit_opts; each group where its names belong */
#define LIMIT_OPTIONS_BLKIO(s, m) \
	OPTION_STR(0, "blkio-weight", s, m.blkio_weight, "WEIGHT", "its share of block devices: 10 to 1000"), \
	OPTION_STRV(0, "blkio-weight-device", s, m.weight_device, "DEVICE:WEIGHT", "its share of one block device")

#define LIMIT_OPTIONS_CONF(s, m) \
	OPTION_STRV(0, "cgroup-conf", s, m.conf, "FILE=VALUE", "write into a file of its cgroup, as memory.high=1073741824")

#define LIMIT_OPTIONS_CPU(s, m) \
	OPTION_STR(0, "cpu-period", s, m.cpu_period, "MICROSECONDS", "period of --cpu-quota (default: 100000)"), \
	OPTION_STR(0, "cpu-quota", s, m.cpu_quota, "MICROSECONDS", "processor time that it may use in each period"), \
	OPTION_STR('c', "cpu-shares", s, m.cpu_shares, "SHARES", "its share of the processors when they are short: 2 to 262144, usually 1024"), \
	OPTION_STR(0, "cpus", s, m.cpus, "NUMBER", "how many processors it may use, such as 1.5"), \
	OPTION_STR(0, "cpuset-cpus", s, m.cpuset_cpus, "LIST", "processors that it may use, such as 0-3,5; -1 for all"), \
	OPTION_STR(0, "cpuset-mems", s, m.cpuset_mems, "LIST", "memory nodes that it may use; -1 for all")

#define LIMIT_OPTIONS_DEVICE(s, m) \
	OPTION_STRV(0, "device-read-bps", s, m.read_bps, "DEVICE:BYTES", "bytes a second that it may read from a block device"), \
	OPTION_STRV(0, "device-read-iops", s, m.read_iops, "DEVICE:NUMBER", "how often a second it may read from it"), \
	OPTION_STRV(0, "device-write-bps", s, m.write_bps, "DEVICE:BYTES", "bytes a second that it may write to it"), \
	OPTION_STRV(0, "device-write-iops", s, m.write_iops, "DEVICE:NUMBER", "how often a second it may write to it")

#define LIMIT_OPTIONS_MEMORY(s, m) \
	OPTION_STR('m', "memory", s, m.memory, "SIZE", "memory that it may use; it is killed where it needs more"), \
	OPTION_STR(0, "memory-reservation", s, m.memory_reservation, "SIZE", "memory that is taken from it last when memory is short"), \
	OPTION_STR(0, "memory-swap", s, m.memory_swap, "SIZE", "memory and swap together; -1 for any (default: twice --memory)")

#define LIMIT_OPTIONS_PIDS(s, m) \
	OPTION_STR(0, "pids-limit", s, m.pids, "N", "how many processes and threads it may have; -1 for any (default: 2048)")
/* clang-format on */

#endif
