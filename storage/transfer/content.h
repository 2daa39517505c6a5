/*
 * content - the bytes of a file, from the archive to the disk; long runs of zeros take no room there
 */
#ifndef RL_STORAGE_TRANSFER_CONTENT_H
#define RL_STORAGE_TRANSFER_CONTENT_H

#include "storage/transfer/entry.h"
#include "storage/transfer/record.h"
#include "storage/transfer/tar.h"

/**
 * struct content - where it comes from, and who is told
 * @record:   told where it goes, as @as says; not if @as is NULL
 * @progress: called for each block; may be NULL
 */
struct content {
	struct tar *t;
	struct record *record;
	const struct record_file *as;
	void (*progress)(void *arg);
	void *arg;
};

/**
 * content_write() - the data of the entry just read, whose size is not negative, into the empty file @fd
 * @ret_end: where its last byte was, which the size of a sparse file may be beyond
 */
int content_write(const struct content *c, const struct entry *en, int fd, uint64_t *ret_end,
	struct err *err);

#endif
