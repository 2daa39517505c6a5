/*
 * record - what a layer's tar has beside the contents of its files, so that it can be rebuilt byte for byte
 *
 * The recorder sees all bytes of the tar as they pass by and is told which of them are the content of a file that
 * is being unpacked.  It writes the other bytes (headers, padding, whatever follows the end), and for the content where
 * to find it again.  What nobody claims is kept as bytes, so an archive need not be understood to be rebuilt.
 *
 * The file is one zstd stream (plain, where libarchive has no zstd): RECORD_MAGIC, then operations of one letter each,
 * with numbers in LEB128, until the end:
 *   R length bytes                        these bytes
 *   Z length                              so many zeros
 *   F length path inode size offset length    a part of the file at a path below diff/; if the same layer replaced
 *                                         it later on, it is lost/INODE
 *   E length                              end: length of the whole tar
 */
#ifndef RL_STORAGE_TRANSFER_RECORD_H
#define RL_STORAGE_TRANSFER_RECORD_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

#define RECORD_MAGIC "rl-record 1\n"

/* what the tar reader has read but not yet said the meaning of: libarchive reads headers of at most 1 MiB ahead */
#define RECORD_AHEAD_MAX ((size_t)4 << 20)

struct record;

/**
 * struct record_file - a file that content goes to
 * @path: below diff/, without links in it; borrowed
 * @size: as it will be in the end
 */
struct record_file {
	const char *path;
	uint64_t inode, size;
};

/** record_new() - @dir: the layer's directory, where "record" and "lost" are made; borrowed while the recorder lives */
int record_new(int dir, struct record **ret, struct err *err);

/**
 * record_turn() - the bytes up to @pos of the tar mean nothing but themselves, unless record_content() has been told;
 * to be called before the block given to record_block() becomes invalid
 */
int record_turn(struct record *r, uint64_t pos, struct err *err);

/** record_block() - the next bytes of the tar; borrowed until record_turn() */
void record_block(struct record *r, const void *data, size_t len);

/**
 * record_content() - bytes of the tar are the content of a file
 * @pos:    where in the tar, not before what the last call named
 * @offset: where in the file; no part of a file is written twice
 */
int record_content(struct record *r, const struct record_file *f, uint64_t pos, uint64_t offset,
	uint64_t len, struct err *err);

/**
 * record_keep() - move what content was recorded of out of the way, before its name is taken from it
 * Afterwards @name does not exist, or is a directory without files that matter.
 */
int record_keep(
	struct record *r, int parent, const char *name, const struct stat *st, struct err *err);

/** record_end() - write the rest; after the last byte of the tar */
int record_end(struct record *r, struct err *err);

void record_free(struct record *r);
static inline void record_freep(struct record **r)
{
	record_free(*r);
}

#endif
