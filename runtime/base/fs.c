#include "runtime/base/fs.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

void fs_random_hex(char *buf, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char raw[64];

	if (digits > 2 * sizeof(raw) || getrandom(raw, digits / 2, 0) != (ssize_t)(digits / 2))
		abort();
	for (size_t i = 0; i < digits; i++)
		buf[i] = hex[raw[i / 2] >> (i % 2 ? 0 : 4) & 15];
	buf[digits] = '\0';
}

static int write_tmp(
	int dirfd, const char *tmp, const void *data, size_t len, mode_t mode, unsigned flags)
{
	const int how = flags & FS_FRESH ? O_TRUNC : O_EXCL;
	_cleanup_close_ int fd =
		openat(dirfd, tmp, O_WRONLY | O_CREAT | how | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, data, len);
	if (r == 0 && (flags & FS_SYNC) && fdatasync(fd) < 0)
		r = -errno;
	return r;
}

int fs_write_at(int dirfd, const char *name, const void *data, size_t len, mode_t mode,
	unsigned flags, struct err *err)
{
	const char *slash = strrchr(name, '/');
	int dir_len = slash ? (int)(slash + 1 - name) : 0;
	_cleanup_free_ char *tmp = NULL;
	char random[17];
	int r;

	if (flags & FS_FRESH) {
		r = write_tmp(dirfd, name, data, len, mode, flags);
		return r < 0 ? err_set(err, -r, "write %s", name) : 0;
	}
	/* beside the file, for a rename cannot cross file systems */
	fs_random_hex(random, 16);
	tmp = xasprintf("%.*s.tmp-%s", dir_len, name, random);
	r = write_tmp(dirfd, tmp, data, len, mode, flags);
	if (r == 0 && (flags & FS_EXCL)) {
		if (linkat(dirfd, tmp, dirfd, name, 0) < 0)
			r = -errno;
		unlinkat(dirfd, tmp, 0);
	} else if (r == 0 && renameat(dirfd, tmp, dirfd, name) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return err_set(err, -r, "write %s", name);
	}
	if (flags & FS_SYNC)
		fsync(dirfd);
	return 0;
}

/* One call where the file has the size it says, as records do: the end need not be asked for. */
static int read_sized(int fd, off_t size, struct buf *ret)
{
	char chunk[8192];
	ssize_t n;

	if (size <= 0 || (size_t)size >= sizeof(chunk))
		return fd_read_all(fd, ret);
	n = read(fd, chunk, (size_t)size + 1);
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n > 0 && buf_add(ret, chunk, (size_t)n) < 0)
		return -EFBIG;
	return n == size ? 0 : fd_read_all(fd, ret);
}

int fs_read_at(int dirfd, const char *name, struct buf *ret, struct err *err)
{
	/* O_NONBLOCK: a FIFO under this name must not hang us; it is refused below */
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0)
		return err_set(err, errno, "open %s", name);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s is not a regular file", name);
	r = read_sized(fd, st.st_size, ret);
	return r < 0 ? err_set(err, -r, "read %s", name) : 0;
}

int fs_mkdirs_at(int dirfd, const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path);

	if (mkdirat(dirfd, path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !*path)
		return err_set(err, errno, "create directory %s", path);
	for (char *p = copy + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
			return err_set(err, errno, "create directory %s", copy);
		*p = '/';
	}
	if (mkdirat(dirfd, path, mode) < 0 && errno != EEXIST)
		return err_set(err, errno, "create directory %s", path);
	return 0;
}

int fs_opendir_at(int dirfd, const char *path, struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_set(err, errno, "open directory %s", path) : fd;
}

/* Removes what is below *@dirp, consuming it.  Depth is bounded by descriptors, so a deep tree is
   cut by moving what is too deep up to the top and starting over there. */
#define REMOVE_DEPTH_MAX 128

static int remove_below(int dirfd, int topfd, dev_t dev, unsigned depth)
{
	DIR *dir = fdopendir(dirfd);
	struct dirent *de;
	int r = 0;

	if (!dir) {
		r = -errno;
		fd_close(dirfd);
		return r;
	}
	while ((de = readdir(dir))) {
		struct stat st;
		int fd, q;

		if (str_eq(de->d_name, ".") || str_eq(de->d_name, ".."))
			continue;
		if (de->d_type != DT_DIR && unlinkat(dirfd, de->d_name, 0) == 0)
			continue;
		fd = openat(dirfd, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == EACCES && fchmodat(dirfd, de->d_name, 0700, 0) == 0)
			fd = openat(
				dirfd, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0) {
			if (unlinkat(dirfd, de->d_name, 0) < 0 && errno != ENOENT && r == 0)
				r = -errno;
			continue;
		}
		if (fstat(fd, &st) < 0 || st.st_dev != dev) {
			fd_close(fd);
			r = r ? r : -EXDEV;
			continue;
		}
		/* a directory without write permission for us, as the container's processes may
		 * leave it */
		if ((st.st_mode & 0700) != 0700)
			fchmod(fd, 0700);
		if (depth >= REMOVE_DEPTH_MAX) {
			char tmp[32] = ".deep-";

			fd_close(fd);
			fs_random_hex(tmp + strlen(tmp), 16);
			if (renameat(dirfd, de->d_name, topfd, tmp) < 0)
				r = r ? r : -errno;
			else
				r = r ? r : -EAGAIN;
			continue;
		}
		q = remove_below(fd, topfd, dev, depth + 1);
		if (q < 0)
			r = r && r != -EAGAIN ? r : q;
		if (unlinkat(dirfd, de->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT && r == 0)
			r = -errno;
	}
	closedir(dir);
	return r;
}

/* by descriptor: the name may be a link to somewhere else by now */
static bool make_accessible(int dirfd, const char *name)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char self[PATH_OF_FD_MAX];

	return fd >= 0 && chmod(path_of_fd(fd, self), 0700) == 0;
}

int fs_remove_tree_at(int dirfd, const char *name, struct err *err)
{
	_cleanup_close_ int top = -EBADF;
	struct stat st;
	int r;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_set(err, errno, "remove %s", name);
	top = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0 && errno == EACCES && make_accessible(dirfd, name))
		top = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "remove %s", name);
	if (fstat(top, &st) < 0)
		return err_set(err, errno, "stat %s", name);
	if ((st.st_mode & 0700) != 0700)
		fchmod(top, 0700);
	do {
		int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_set(err, errno, "open %s", name);
		r = remove_below(fd, top, st.st_dev, 0);
	} while (r == -EAGAIN);
	if (r < 0)
		return err_set(err, -r, "remove below %s", name);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set(err, errno, "remove %s", name);
	return 0;
}

int fs_list_at(int dirfd, const char *path, struct strv *ret, struct err *err)
{
	int fd = fs_opendir_at(dirfd, path, err);
	struct dirent *de;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return err_set(err, errno, "read directory %s", path);
	}
	while ((de = readdir(dir)))
		if (!str_eq(de->d_name, ".") && !str_eq(de->d_name, "..") &&
			!str_after(de->d_name, ".tmp-"))
			strv_add(ret, de->d_name);
	closedir(dir);
	strv_sort(ret);
	return 0;
}

int fs_free_bytes(int fd, uint64_t *ret)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return -errno;
	*ret = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}
