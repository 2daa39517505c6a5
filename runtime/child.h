/*
 * child - init of a container, from clone3(2) to execve(2), as a list of stages
 */
#ifndef RL_RUNTIME_CHILD_H
#define RL_RUNTIME_CHILD_H

#include "runtime/launch.h"
#include "runtime/mounts.h"
#include "runtime/ns.h"
#include "runtime/process.h"
#include "storage/store.h"

/**
 * struct child - what the stages work with; prepared by the launcher before the clone
 * @sync: this end of the socket to the launcher
 * @bundle, @store_path, @dir_path, @data_path: directories by path: a descriptor from the launcher's mount namespace names mounts
 *         that are not ours to clone
 * The other members are filled by the stages.
 */
struct child {
	const struct launch *l;
	struct ns ns;
	struct mount_plan plan;
	struct process process;
	struct seccomp seccomp;
	struct notify notify;
	char *bundle, *store_path, *dir_path, *data_path;
	int trampoline, sync;
	int store, dir, data, layers, root, proc, attr, null, cwd, master, slave;
};

#define CHILD_INIT                                                                                 \
	{                                                                                          \
		.ns = NS_INIT, .trampoline = -EBADF, .store = -EBADF, .dir = -EBADF,               \
		.data = -EBADF, .sync = -EBADF, .layers = -EBADF, .root = -EBADF, .proc = -EBADF,  \
		.attr = -EBADF, .null = -EBADF, .cwd = -EBADF, .master = -EBADF, .slave = -EBADF   \
	}

/** launch_dir_path() - the path of an open directory; the caller owns it */
char *launch_dir_path(int fd);

/** child_run() - be init: pass the stages and execute, or report what failed; never returns */
void child_run(struct child *c) __attribute__((noreturn));

/** child_own_proc() - what a process writes to its own /proc/self before it is hidden; @arg: struct child */
int child_own_proc(void *arg, struct err *err);

void child_done(struct child *c);

#endif
