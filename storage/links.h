/*
 * links - files with several names, met while a tree is walked: inode → the path of its first name
 */
#ifndef RL_STORAGE_LINKS_H
#define RL_STORAGE_LINKS_H

#include <stddef.h>
#include <sys/types.h>

struct link {
	ino_t ino;
	char *path;
};

/* an open-addressed table, its size a power of two; zeroed when empty */
struct links {
	struct link *v;
	size_t n, size;
};

/** links_find() - the first path of @ino, or NULL; borrowed until the next addition */
const char *links_find(const struct links *l, ino_t ino);
/** links_add() - remember @path for @ino, which has none yet */
void links_add(struct links *l, ino_t ino, const char *path);
/** links_done() - forget all; it is empty afterwards */
void links_done(struct links *l);

#endif
