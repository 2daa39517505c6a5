/*
 * fs - files and directories as records: atomic writes, capped reads, removal
 */
#ifndef RL_BASE_FS_H
#define RL_BASE_FS_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <sys/types.h>

/* flags of fs_write_at() */
enum {
	FS_SYNC = 1 << 0, /* fdatasync before the rename, and the directory after it */
	FS_EXCL = 1 << 1, /* -EEXIST if the name exists, atomically */
	FS_FRESH =
		1
		<< 2, /* nobody sees the directory yet: written in place, an existing file again from its start */
};

/**
 * fs_write_at() - put a file in place atomically: temporary name, write, rename
 * The temporary name begins with ".tmp-"; one left by a crash is removed by whoever sweeps the directory.
 */
int fs_write_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode,
	unsigned flags, struct err *err);

/** fs_read_at() - append a regular file's content to @ret; -EFBIG beyond its cap; -ENOENT is not logged */
int fs_read_at(int dirfd, const char *name, struct buf *ret, struct err *err);

/** fs_mkdirs_at() - make a directory and its parents (a path that is ours); existing ones are fine */
int fs_mkdirs_at(int dirfd, const char *path, mode_t mode, struct err *err);

/** fs_opendir_at() - open a directory, for use as a dirfd; Return: descriptor or negative errno */
int fs_opendir_at(int dirfd, const char *path, struct err *err);

/**
 * fs_remove_tree_at() - remove a file or a whole directory, never following a link or leaving the
 * file system it began on; a missing one is fine
 */
int fs_remove_tree_at(int dirfd, const char *name, struct err *err);

/** fs_list_at() - append the names in a directory, "." and ".." and ".tmp-*" left out, sorted */
int fs_list_at(int dirfd, const char *path, struct strv *ret, struct err *err);

/** fs_random_hex() - @digits (even) random lower-case hexadecimal digits and a NUL into @buf */
void fs_random_hex(char *buf, size_t digits);

/** fs_free_bytes() - bytes an unprivileged user may still write on the file system of @fd; Return: 0 or errno */
int fs_free_bytes(int fd, uint64_t *ret);

#endif
