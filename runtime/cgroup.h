/*
 * cgroup - a container's own group in the unified (v2) hierarchy
 *
 * Where there is a systemd manager of the user's (for root: the system's), each container is a transient scope, SLICE/rl-ID.scope,
 * with two groups in it: "supervisor" with the monitor and its helpers, and "container" with everything of the container.  Where
 * there is none but a subtree that belongs to the user, the group is SUBTREE/rl-ID and the monitor stays where it is.
 * With neither there is no group, and the reason is remembered for who asks for a limit.
 *
 * The monitor calls cgroup_begin() as soon as it is a process of its own, so that systemd works while it prepares the rest,
 * cgroup_join() before it makes its first child that stays, cgroup_make() before each clone, and cgroup_end() after each run.
 * The group of a run is a new one, so what it counts is what happened in that run.  state.json says where it is ("cgroup"), or
 * why there is none ("cgroupNone"): other commands find it with cgroup_open().
 */
#ifndef RL_RUNTIME_CGROUP_H
#define RL_RUNTIME_CGROUP_H

#include "runtime/container.h"

#include <sys/types.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

enum cgroup_driver { CGROUP_NONE, CGROUP_SYSTEMD, CGROUP_FS };

/* --cgroups */
enum cgroup_mode { CGROUP_ENABLED, CGROUP_DISABLED, CGROUP_NO_CONMON, CGROUP_SPLIT };

/**
 * struct cgroup - of the monitor; CGROUP_INIT
 * @driver: CGROUP_NONE: @why has the reason
 * @fd:     directory of the container's group, -EBADF if there is none
 * @path:   of that group below CGROUP_ROOT; NULL if there is none
 * @top:    of what is the container's alone: the scope, or @path again
 * @worker: rl-scope while it is at work, else 0; @answer: its messages
 */
struct cgroup {
	enum cgroup_driver driver;
	enum cgroup_mode mode;
	int fd, answer;
	char *path, *top;
	pid_t worker;
	char why[256];
};

#define CGROUP_INIT                                                                                \
	{                                                                                          \
		.fd = -EBADF, .answer = -EBADF                                                     \
	}

/**
 * cgroup_open() - the group of a container that runs
 * Return: directory descriptor (read memory.current, write memory.max, …; its subtree_control is the container's), or
 * -EOPNOTSUPP with the reason why there is none, -ESRCH if it does not run
 */
int cgroup_open(const struct container *c, struct err *err);

#endif
