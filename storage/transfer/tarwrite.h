/*
 * tarwrite - a tar archive, written entry by entry
 *
 * POSIX ustar headers; a PAX header before those that need one: long names, times with nanoseconds, large numbers,
 * extended attributes (SCHILY.xattr.*).  The same entries give the same bytes.
 */
#ifndef RL_STORAGE_TRANSFER_TARWRITE_H
#define RL_STORAGE_TRANSFER_TARWRITE_H

#include "storage/transfer/node.h"

/**
 * struct tarwrite - an archive on its way out
 * @fd: borrowed
 */
struct tarwrite {
	int fd;
	struct buf out, pax;
	uint64_t bytes; /* given to @fd, or waiting in @out */
};

/**
 * struct tarwrite_entry - a header
 * @path: as it is to be written; a directory's ends with a slash
 * @link: target of a hard ('1') or symbolic ('2') link, else NULL
 * @holes: what follows is a map of the file's data and then only that (GNU's sparse format 1.0); @size counts this, and
 *        @real_size is the file's size
 * @type: '0' file, '1' hard link, '2' symbolic link, '3' character and '4' block device, '5' directory, '6' FIFO
 */
struct tarwrite_entry {
	const char *path, *link;
	char type;
	uint32_t mode, uid, gid, major, minor;
	uint64_t size, real_size;
	bool holes;
	struct timespec mtime;
	const struct xattrs *xattrs;
};

void tarwrite_init(struct tarwrite *t, int fd);
void tarwrite_done(struct tarwrite *t);

/** tarwrite_header() - begin an entry; its content follows with tarwrite_content(), exactly @e->size bytes */
int tarwrite_header(struct tarwrite *t, const struct tarwrite_entry *e, struct err *err);

/**
 * tarwrite_content() - @size bytes from @fd, and the padding
 * What the file lacks of them, since it was cut meanwhile, is zeros.  Holes are not read.
 */
int tarwrite_content(struct tarwrite *t, int fd, uint64_t size, struct err *err);

/**
 * tarwrite_file() - header, content and padding of a regular file, whose large holes take no room in the archive
 * Not every program reads the form that files with holes get: it is for readers of ours.
 * @e: type '0', with its size
 */
int tarwrite_file(struct tarwrite *t, const struct tarwrite_entry *e, int fd, struct err *err);

/** tarwrite_end() - the end of the archive, and all that is still waiting */
int tarwrite_end(struct tarwrite *t, struct err *err);

#endif
