/*
 * ctrmount - the root of a container as a mount of its own, for `rl mount`
 */
#ifndef RL_RUNTIME_CTRMOUNT_H
#define RL_RUNTIME_CTRMOUNT_H

#include "runtime/container.h"

/**
 * ctrmount_show() - mount its root file system, without what else is mounted in it, where shown.h says
 * The caller is root of its user and mount namespace, and in R where there is one.  Of a running container it is the same
 * mount that the container has, so both see what the other one writes.  The file "mounted" in the container's directory says
 * that there may be such a mount.
 * @ret: where; the caller owns it
 */
int ctrmount_show(struct container *c, char **ret, struct err *err);

/** ctrmount_forget() - it was unmounted */
void ctrmount_forget(const struct container *c);

/**
 * ctrmount_check() - refuse where the root of a container that does not run is mounted: the driver must not mount it twice
 * The caller holds the container's lock.
 * Return: 0 or -EBUSY
 */
int ctrmount_check(const struct container *c, struct err *err);

#endif
