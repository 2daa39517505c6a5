/*
 * ctrfs - a container's file system, opened from outside
 *
 * Of a running or paused container it is what its processes see, with all that is mounted there.  Of one that does not run
 * it is made for the purpose, with its volumes and bind mounts in their places; its lock is held meanwhile, so that it
 * can neither be started nor removed.  A process in R keeps mounts and namespaces alive until ctrfs_done().
 *
 * All paths in it are the container's: they are to be resolved with path_open_in_root() only, by a process in R.
 */
#ifndef RL_RUNTIME_CTRFS_H
#define RL_RUNTIME_CTRFS_H

#include "runtime/container.h"

/**
 * struct ctrfs - opened
 * @root: O_PATH descriptor of its root
 * @user: uid and gid of its process, as the container has them
 * The rest is private.
 */
struct ctrfs {
	int root;
	uint32_t user[2];
	struct container *c;
	int lock, runfd, keeper;
	pid_t pid;
};

#define CTRFS_INIT                                                                                 \
	{                                                                                          \
		.root = -EBADF, .lock = -EBADF, .runfd = -EBADF, .keeper = -EBADF                  \
	}

/**
 * ctrfs_lock() - only the beginning of ctrfs_open(): its status is read again, and if it does not run it is locked
 * Return: 1 if it runs, 0 if it is locked until ctrfs_done(), or a negative errno
 */
int ctrfs_lock(struct container *c, struct ctrfs *ret, struct err *err);

/** ctrfs_open() - @c: borrowed until ctrfs_done(); its status is read again */
int ctrfs_open(struct container *c, struct ctrfs *ret, struct err *err);
void ctrfs_done(struct ctrfs *f);

#endif
