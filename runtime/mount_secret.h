/*
 * mount_secret - a file with a secret's value on a tmpfs of its own
 *
 * {"type":"secret", "destination": file, "source": file of the host, "options": ["uid=…", "gid=…", "mode=…", ro, …]}
 * The value is copied into memory: what the container sees has an owner and a mode of its own, is never on a disk of
 * the container's, and goes with it.
 */
#ifndef RL_RUNTIME_MOUNT_SECRET_H
#define RL_RUNTIME_MOUNT_SECRET_H

#include "runtime/mounts.h"

/** mount_secret_open() - open the value while the host is seen */
int mount_secret_open(struct mount_op *op, const char *path, struct err *err);

/**
 * mount_secret_make() - the file, ready to be attached
 * @root: the container's root, attached: a place of it is needed for a moment
 * Return: descriptor of a detached mount, or a negative errno
 */
int mount_secret_make(const struct mount_op *op, int root, struct err *err);

#endif
