/*
 * bundle - the files of an image archive, or of a directory in its place, by name
 *
 * An archive is read once for its index; content is then read where it lies, in any order and by several processes.
 * One that is compressed or comes through a pipe is first written, uncompressed, below tmp/.  Links in it lead to other
 * members of it only.
 */
#ifndef RL_STORAGE_TRANSFER_BUNDLE_H
#define RL_STORAGE_TRANSFER_BUNDLE_H

#include "storage/store.h"
#include "storage/transfer/stream.h"

struct bundle;

/** bundle_open() - @fd: an archive or a directory; borrowed while the bundle lives */
int bundle_open(const struct store *s, int fd, struct bundle **ret, struct err *err);

/**
 * bundle_find() - where a file's content is
 * @ret_fd: borrowed from the bundle for an archive; *@ret_own is set for a directory, where the caller must close it
 * Return: 0, -ENOENT, or another negative errno
 */
int bundle_find(struct bundle *b, const char *name, int *ret_fd, bool *ret_own,
	struct stream_range *ret, struct err *err);

/** bundle_read() - append a small file's content to @ret, up to its cap */
int bundle_read(struct bundle *b, const char *name, struct buf *ret, struct err *err);

/** bundle_is_dir() - whether it is a directory */
bool bundle_is_dir(const struct bundle *b);

bool bundle_has(struct bundle *b, const char *name);

void bundle_free(struct bundle *b);
static inline void bundle_freep(struct bundle **b)
{
	bundle_free(*b);
}

#endif
