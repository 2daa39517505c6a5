/*
 * inspect - containers and images as `rl inspect` shows them: podman's names and types
 */
#ifndef RL_CMD_INSPECT_H
#define RL_CMD_INSPECT_H

#include "cmd/cmd.h"
#include "storage/image.h"

/**
 * inspect_container() - everything about a container; a new reference
 * @size: compute the size of its writable layer too (needs to enter its files)
 */
int inspect_container(
	struct ctx *ctx, const struct container *c, bool size, json_t **ret, struct err *err);

/** inspect_image() - everything about an image; a new reference */
json_t *inspect_image(const struct store *s, const struct image *img);

#endif
