/*
 * tarhead - the headers of a tar archive as they stand there, for a table of contents
 *
 * Those who read layers by their table of contents compare it with the headers, member by member, and refuse a layer where
 * the two differ.  So an entry is described only if every reader understands its header alike: ustar, PAX or GNU's format
 * with the types 0 to 6, at most one PAX header or GNU's long names, and no sparse files.  libarchive's reader is too kind
 * for this: it mends what it finds.
 */
#ifndef RL_STORAGE_TRANSFER_TARHEAD_H
#define RL_STORAGE_TRANSFER_TARHEAD_H

#include "runtime/base/json.h"

#include <time.h>

/**
 * struct tarhead - an entry
 * @type:   '0' file, '1' hard link, '2' symbolic link, '3' and '4' devices, '5' directory, '6' FIFO
 * @name, @link: as they stand there, valid UTF-8; @link is "" where there is none
 * @size:   of the content, which follows; 0 but for files
 * @atime, @ctime: where @has_atime, @has_ctime
 * @xattrs: name → value in base64
 * @length: bytes of all its headers
 */
struct tarhead {
	char type;
	char *name, *link;
	int64_t mode, uid, gid, size, major, minor;
	struct timespec mtime, atime, ctime;
	bool has_atime, has_ctime;
	json_t *xattrs;
	uint64_t length;
};

/**
 * tarhead_read() - the entry at offset @at of a plain tar
 * @ret: freed by tarhead_done(), also after a failure
 * Return: 1, 0 at the end mark or the end of the file, -EOPNOTSUPP for one that not every reader would describe alike, or
 * another negative errno
 */
int tarhead_read(int fd, uint64_t at, struct tarhead *ret, struct err *err);
void tarhead_done(struct tarhead *h);

#endif
