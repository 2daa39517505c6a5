/*
 * lent - a layer of a shared store as what its archive can be rebuilt from (storage/shared.h)
 *
 * The shared store is somebody else's: links lead nowhere outside, only regular files are opened, and what comes out counts
 * only with the DiffID that was asked for, which rebuild.c sees to.
 */
#ifndef RL_STORAGE_TRANSFER_LENT_H
#define RL_STORAGE_TRANSFER_LENT_H

#include "runtime/base/json.h"
#include "storage/shared.h"

/* a file with content, or another name of one (@link), by its path in the layer */
struct lent_file {
	char *path, *link, *object;
};

/**
 * struct lent - an open layer
 * @facts: layer.json
 */
struct lent {
	struct store from;
	char hex[65];
	json_t *facts, *lost;
	struct lent_file *v;
	size_t n;
};

#define LENT_INIT                                                                                  \
	{                                                                                          \
		.from.fd = -EBADF                                                                  \
	}

/** lent_open() - find a layer in the shared stores of @s; Return: 0, -ENOENT if none has it, or another negative errno */
int lent_open(const struct store *s, const char *diff_id, struct lent *ret, struct err *err);

/** lent_has() - whether one of them has it */
bool lent_has(const struct store *s, const char *diff_id);

/** lent_file() - open the layer's file @name ("record", "blob"); Return: a descriptor, or a negative errno */
int lent_file(const struct lent *l, const char *name);

/** lent_content() - open the content of a file that the record names; Return: a descriptor, or a negative errno */
int lent_content(struct lent *l, const char *path, uint64_t inode);

void lent_done(struct lent *l);

#endif
