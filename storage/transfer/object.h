/*
 * object - the contents of files in a shared store, each once, named by what they are
 *
 * New ones are collected in a directory of their own, written to the disk together, and only then moved to objects/: what
 * has its name there is whole, also after a power failure.
 */
#ifndef RL_STORAGE_TRANSFER_OBJECT_H
#define RL_STORAGE_TRANSFER_OBJECT_H

#include "storage/shared.h"

#include <stdbool.h>
#include <stdint.h>

#define OBJECT_NAME_MAX (SHARED_OBJECT_DIGITS + 1)
#define OBJECT_XATTR	"user.rl.object" /* NAME:SIZE */

/**
 * struct objects - where objects go
 * @dir:    objects/ of the store; borrowed
 * @fresh:  directory of the new ones; borrowed
 * @new, @bytes: what was added so far
 */
struct objects {
	int dir, fresh;
	uint64_t new, bytes;
};

/** object_add() - take the content of the file @fd in, unless it is there; @ret: its name */
int object_add(
	struct objects *o, int fd, uint64_t size, char ret[OBJECT_NAME_MAX], struct err *err);

/** object_publish() - move the new ones to objects/; the caller has written them to the disk */
int object_publish(struct objects *o, struct err *err);

/** object_parse() - read "NAME:SIZE" of @len bytes from outside; Return: whether it is right */
bool object_parse(const char *text, size_t len, char ret[OBJECT_NAME_MAX], uint64_t *ret_size);

#endif
