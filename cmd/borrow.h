/*
 * borrow - using an image that is in a shared store
 */
#ifndef RL_CMD_BORROW_H
#define RL_CMD_BORROW_H

#include "cmd/cmd.h"
#include "storage/image.h"

/** borrow_image() - make the tree of a shared image in the user's store, unless it is there; fine for any other image */
int borrow_image(struct ctx *ctx, const struct image *img, struct err *err);

/**
 * borrow_owners() - make the tree with other owners that a container with id maps of its own needs of its image
 * The first time for a map it takes a while, and is said.
 */
int borrow_owners(struct ctx *ctx, const struct container *c, struct err *err);

#endif
