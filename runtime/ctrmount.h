/*
 * ctrmount - the root of a container as a mount of its own, for `rl mount`
 */
#ifndef RL_RUNTIME_CTRMOUNT_H
#define RL_RUNTIME_CTRMOUNT_H

#include "runtime/container.h"

/**
 * ctrmount_open() - its root file system, without what else is mounted in it
 * The caller is root of its user and mount namespace, and in R where there is one.  Of a running container it is the same
 * mount that the container has, so both see what the other one writes.
 * Return: a detached mount, owned by the caller, or a negative errno
 */
int ctrmount_open(struct container *c, struct err *err);

#endif
