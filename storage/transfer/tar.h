/*
 * tar - the entries of a tar archive, through libarchive's reader
 *
 * Names come as the bytes in the archive: the process stays in the C locale, where libarchive converts nothing.
 * Headers beyond libarchive's bounds (1 MiB for a PAX or GNU long-name record) make the archive malformed.  The padding behind the
 * last file's content and the end mark may be missing, as in what other engines write and take.
 */
#ifndef RL_STORAGE_TRANSFER_TAR_H
#define RL_STORAGE_TRANSFER_TAR_H

#include "storage/transfer/stream.h"

#include <archive.h>
#include <archive_entry.h>

struct record;
struct tar;

/** tar_new() - @st: borrowed while the reader lives */
int tar_new(struct stream *st, struct tar **ret, struct err *err);

/** tar_new_recorded() - the same, with all that is read told to @rec; borrowed while the reader lives; may be NULL */
int tar_new_recorded(struct stream *st, struct record *rec, struct tar **ret, struct err *err);

/** tar_next() - the next entry; Return: 1, 0 at the end of the archive, or a negative errno */
int tar_next(struct tar *t, struct archive_entry **ret, struct err *err);

/**
 * tar_data() - the next block of the entry's content; what lies between blocks is a hole
 * Return: 1, 0 at the end of the entry, or a negative errno
 */
int tar_data(
	struct tar *t, const void **ret, size_t *ret_len, uint64_t *ret_offset, struct err *err);

/** tar_offset() - where the content of the entry just read, or the block of tar_data(), begins in the uncompressed stream */
uint64_t tar_offset(struct tar *t);

/** tar_drain() - read what follows the end of the archive, for the record's and the digests' sake */
int tar_drain(struct tar *t, struct err *err);

void tar_free(struct tar *t);
static inline void tar_freep(struct tar **t)
{
	tar_free(*t);
}

#endif
