/*
 * shown - images and containers that are mounted to be looked at
 *
 * An image is mounted read-only at RUNDIR/mounts/ID, the root of a container at RUNDIR/mounts/c-ID, in the mount namespace
 * of whoever asks: for a user that is the one of 'rl unshare', with which it ends.  What is mounted is therefore not
 * recorded but read from the kernel's list.
 */
#ifndef RL_STORAGE_SHOWN_H
#define RL_STORAGE_SHOWN_H

#include "storage/image.h"

enum shown_kind {
	SHOWN_IMAGE,
	SHOWN_CONTAINER,
};

/** shown_add() - mount it, unless it is; @runpath: the runtime directory; @ret: where; the caller owns it */
int shown_add(
	struct store *s, const char *runpath, const struct image *img, char **ret, struct err *err);

/** shown_attach() - mount the detached mount @fd as the root of a container; @ret: where; the caller owns it */
int shown_attach(const char *runpath, const char *id, int fd, char **ret, struct err *err);

/**
 * shown_remove() - unmount it
 * @force: also where files of it are in use; it vanishes then, and ends when they are closed
 * Return: 0, -EINVAL if it is not mounted, or another negative errno
 */
int shown_remove(
	const char *runpath, enum shown_kind kind, const char *id, bool force, struct err *err);

/** shown_clear() - unmount all of them, also those in use; for the end of the namespace, which fuse-overlayfs would keep */
void shown_clear(const char *runpath);

/** shown_list() - append the ids of all of a kind that are mounted here */
int shown_list(const char *runpath, enum shown_kind kind, struct strv *ret, struct err *err);

/**
 * shown_where() - look for a container that is mounted, here or in another namespace
 * Return: a process in whose namespace it is, or 0
 */
pid_t shown_where(const char *runpath, const char *id);

/** shown_path() - where one is or would be mounted; the caller owns it */
char *shown_path(const char *runpath, enum shown_kind kind, const char *id);

#endif
