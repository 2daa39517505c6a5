/*
 * outbox - files on their way out, into a tar archive or a directory, one after the other
 *
 * The archive is written as it grows, so it may go into a pipe; nothing in it depends on the time or on who runs it.
 */
#ifndef RL_STORAGE_TRANSFER_OUTBOX_H
#define RL_STORAGE_TRANSFER_OUTBOX_H

#include "runtime/base/err.h"

#include <stdbool.h>

struct outbox;

/** outbox_new() - @fd: where to; a directory gets files, anything else an archive; borrowed while the outbox lives */
int outbox_new(int fd, struct outbox **ret, struct err *err);

bool outbox_is_dir(const struct outbox *o);

/** outbox_has() - whether a file of that name has been written, now or, in a directory, before */
bool outbox_has(const struct outbox *o, const char *name);

/** outbox_mkdir() - a directory; in a directory it may be there already */
int outbox_mkdir(struct outbox *o, const char *name, struct err *err);

/**
 * outbox_begin() - a file of @size bytes, which outbox_write() then gives
 * In a directory it has its name from outbox_end() on, and replaces what had it before.
 */
int outbox_begin(struct outbox *o, const char *name, uint64_t size, struct err *err);
int outbox_write(struct outbox *o, const void *data, size_t len, struct err *err);
int outbox_end(struct outbox *o, struct err *err);

/** outbox_put() - a whole file */
int outbox_put(struct outbox *o, const char *name, const void *data, size_t len, struct err *err);

/** outbox_close() - write what is left; after the last file */
int outbox_close(struct outbox *o, struct err *err);

void outbox_free(struct outbox *o);
static inline void outbox_freep(struct outbox **o)
{
	outbox_free(*o);
}

#endif
