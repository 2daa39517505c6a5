/*
 * path - resolving paths that somebody else chose
 *
 * A path from an image, an archive or a container is only ever resolved below
 * a root descriptor: symbolic links, absolute ones included, and ".." stay
 * inside it as they would after chroot(2), and magic links of procfs are not
 * followed.  openat2(2) does it in the kernel; without it (ENOSYS, or EPERM
 * from an old sandbox's filter) path.c walks component by component.
 */
#ifndef RL_BASE_PATH_H
#define RL_BASE_PATH_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/** path_clean() - lexically normalised copy ("//a/./b/../c" → "/a/c"); "" gives "."; the caller owns it */
char *path_clean(const char *path);
/** path_join() - @a and @b with exactly one slash between; the caller owns it */
char *path_join(const char *a, const char *b);
/** path_is_abs() - whether it begins with '/' */
static inline bool path_is_abs(const char *path)
{
	return path && *path == '/';
}

/**
 * path_open_in_root() - open a path as if @rootfd were "/"
 * @rootfd: directory; borrowed
 * @path:   any path; a leading '/' means @rootfd
 * @flags:  of open(2); O_CLOEXEC is added; with O_NOFOLLOW the last link is not followed
 * @mode:   for O_CREAT
 * Return: a descriptor, or a negative errno
 */
int path_open_in_root(int rootfd, const char *path, int flags, mode_t mode, struct err *err);

/**
 * path_mkdirs_in_root() - make a directory and its parents below @rootfd
 * Existing directories, and links to directories inside the root, are used.
 * Return: an O_PATH descriptor of the last directory, or a negative errno
 */
int path_mkdirs_in_root(int rootfd, const char *path, mode_t mode, struct err *err);

/**
 * path_open_parent_in_root() - the directory that holds the last component
 * @ret_base: filled with a copy of the last component, owned by the caller; never ".", ".." or ""
 * @mkdirs:   make missing parents (mode 0755)
 * Return: an O_PATH descriptor, or a negative errno (-EINVAL when the path names the root itself)
 */
int path_open_parent_in_root(
	int rootfd, const char *path, bool mkdirs, char **ret_base, struct err *err);

/** path_of_fd() - "/proc/self/fd/N" into @buf (PATH_OF_FD_MAX bytes); Return: @buf */
#define PATH_OF_FD_MAX 32
char *path_of_fd(int fd, char *buf);

#endif
