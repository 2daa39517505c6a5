/*
 * linkmap - what is known of inodes that have several names
 */
#ifndef RL_STORAGE_TRANSFER_LINKMAP_H
#define RL_STORAGE_TRANSFER_LINKMAP_H

#include "runtime/base/mem.h"

#include <sys/stat.h>

struct linkmap_entry {
	dev_t dev;
	ino_t ino;
	char *text;
};

/* an open-addressed table; @size is a power of two */
struct linkmap {
	struct linkmap_entry *v;
	size_t n, size;
};

/** linkmap_get() - what was put for the inode, or NULL; borrowed */
const char *linkmap_get(const struct linkmap *m, const struct stat *st);
/** linkmap_put() - remember a text; what is there already stays */
void linkmap_put(struct linkmap *m, const struct stat *st, const char *text);
void linkmap_done(struct linkmap *m);

#endif
