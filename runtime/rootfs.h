/*
 * rootfs - the container's root: attaching it, finding places in it, moving into it
 *
 * All functions run in the container's init, in its mount namespace.  Until rootfs_pivot() the process sees the
 * host; every path of the container's is resolved below the descriptor of its root and never leaves it.
 */
#ifndef RL_RUNTIME_ROOTFS_H
#define RL_RUNTIME_ROOTFS_H

#include "runtime/base/json.h"

#include <stdbool.h>

/**
 * rootfs_attach() - make a detached mount part of the mount namespace, ready for rootfs_pivot()
 * @fd: detached mount; borrowed, afterwards the descriptor of the root
 */
int rootfs_attach(int fd, struct err *err);

/**
 * rootfs_target() - the place for a mount, made if it is missing (with parents, mode 0755)
 * Refuses a place on a procfs, but for the few files that are commonly replaced there.
 * @is_dir: whether it has to be a directory or a file
 * Return: an O_PATH descriptor, or a negative errno
 */
int rootfs_target(int root, const char *path, bool is_dir, struct err *err);

/** rootfs_real_dir() - a directory reached without any link, made if it is missing: for /proc and /sys */
int rootfs_real_dir(int root, const char *path, struct err *err);

/**
 * rootfs_hide() - linux.maskedPaths and linux.readonlyPaths; missing ones are skipped
 * @null: descriptor of the host's /dev/null, checked to be it
 */
int rootfs_hide(int root, const json_t *config, int null, struct err *err);

/** rootfs_workdir() - process.cwd inside the root, with @make made if it is missing; Return: O_PATH descriptor */
int rootfs_workdir(int root, const char *cwd, bool make, struct err *err);

/** rootfs_chdir() - enter a directory and prove that it is below the current root */
int rootfs_chdir(int fd, const char *name, struct err *err);

/** rootfs_pivot() - make @root the root of the mount namespace and drop the old one */
int rootfs_pivot(int root, struct err *err);

#endif
