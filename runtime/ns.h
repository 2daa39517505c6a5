/*
 * ns - which namespaces a container gets, and the clone that makes them
 *
 * linux.namespaces decides: an entry without "path" is created, one with "path" joined, one that is missing is
 * shared with the launcher.  The mount namespace is always the container's own.
 *
 * Joining needs rights over the namespace's owner that the container's own user namespace will not have.  So an
 * intermediate process of the launcher's, still in R, joins, and clones init with CLONE_PARENT: its parent is the
 * launcher all the same.
 */
#ifndef RL_RUNTIME_NS_H
#define RL_RUNTIME_NS_H

#include "runtime/base/json.h"
#include "userns/idmap.h"

#include <sched.h>
#include <sys/types.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define NS_KINDS 8

/**
 * struct ns - the namespaces of a container to be
 * @create: CLONE_NEW* to make
 * @join:   CLONE_NEW* to join, through @fd
 * @fd:     namespace descriptors by kind, -EBADF where nothing is joined
 * @proc, @sysfs, @mqueue: file systems that show a joined namespace, as detached mounts made where the rights
 *          for it exist; -EBADF where nothing is joined
 * @cgroup: directory of the control group that the process is born in, -EBADF for the caller's
 * @late_cgroup: the cgroup namespace is made by the process itself, when it is in its group (ns_enter_cgroup()): one that
 *          clone(2) makes has the caller's group as its root
 * @maps:   id maps of the container's user namespace as seen inside it: ids in the container → ids in R
 */
struct ns {
	unsigned create, join;
	int fd[NS_KINDS];
	int proc, sysfs, mqueue, cgroup;
	bool late_cgroup;
	struct idmaps maps;
};

#define NS_INIT                                                                                    \
	{                                                                                          \
		.fd = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF},            \
		.proc = -EBADF, .sysfs = -EBADF, .mqueue = -EBADF, .cgroup = -EBADF                \
	}

/**
 * ns_parse() - read linux.namespaces and the id maps, and open what is to be joined
 * @parent: maps of R, whose ids the container's are
 */
int ns_parse(const json_t *config, const struct idmaps *parent, struct ns *ret, struct err *err);

/**
 * ns_clone() - make a process in the namespaces
 * Its id maps are written when this returns in the caller.
 * @early: called with @arg before a user namespace is joined, by the process that joins it: the last moment at which it may
 *         write to its own /proc/self.  Where none is joined, that is for the child to do
 * Return: 0 in the child, its pid in the caller, or a negative errno
 */
pid_t ns_clone(struct ns *ns, int (*early)(void *arg, struct err *err), void *arg, int *ret_pidfd,
	struct err *err);

/**
 * ns_enter_time() - give the calling process a time namespace with the offsets of linux.timeOffsets
 * Called while the process's /proc/self is still its own to write.
 */
int ns_enter_time(const json_t *config, struct err *err);

/** ns_enter_cgroup() - give the calling process its cgroup namespace, if it is to be made late */
int ns_enter_cgroup(const struct ns *ns, struct err *err);

/** ns_flag() - CLONE_NEW* of an OCI namespace type, 0 if there is none; ns_name() - the name in /proc/PID/ns */
unsigned ns_flag(const char *type);
const char *ns_name(size_t kind);
/** ns_kind_flag() - CLONE_NEW* of a kind; the user namespace is kind 0 */
unsigned ns_kind_flag(size_t kind);

/**
 * ns_clone3() - clone3(2) as fork(2)
 * @cgroup: directory of the control group that the child is born in, -EBADF for the caller's
 * Return: 0 in the child, the pid, or a negative errno
 */
pid_t ns_clone3(unsigned flags, int cgroup, int *ret_pidfd);

void ns_done(struct ns *ns);

#endif
