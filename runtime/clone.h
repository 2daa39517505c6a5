/*
 * clone - a new container from the records of another one
 *
 * It has the other one's configuration, volumes and secrets, and nothing of what was written into its root.  Volumes that were
 * made for the other one alone are shared.  The records name the container's directory and its id in many places: in a copy of their text every id is
 * the new one.
 */
#ifndef RL_RUNTIME_CLONE_H
#define RL_RUNTIME_CLONE_H

#include "runtime/container.h"
#include "runtime/limit_opts.h"
#include "storage/image.h"

/**
 * container_clone() - make it; it does not run
 * @name: of the new one
 * @img:  another image to run the same command in; NULL for the same image
 * @limits: limits that are others than those of @from
 * @ret:  the caller owns it (container_done)
 */
int container_clone(struct container *from, const char *name, const struct image *img,
	const struct limit_opts *limits, struct container *ret, struct err *err);

#endif
