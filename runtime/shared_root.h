/*
 * shared_root - the root of a container whose image is in a shared store
 */
#ifndef RL_RUNTIME_SHARED_ROOT_H
#define RL_RUNTIME_SHARED_ROOT_H

#include "runtime/base/json.h"
#include "storage/driver.h"
#include "storage/store.h"

/**
 * shared_root() - have @root name the one tree that there is for such an image
 * @s:       with its driver chosen
 * @record:  container.json, with "sharedStore"
 * @root:    changed; @root->data is owned by the caller
 * @tree:    its @tree is kept here
 * @ret_image: descriptor that holds the image while its files are read from there, -EBADF where they are not
 */
int shared_root(const struct store *s, const json_t *record, struct rootfs *root,
	char tree[META_PATH_MAX], int *ret_image, struct err *err);

#endif
