#include "runtime/tmpcopy.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 256

static int copy_dir(int from, int to, unsigned depth, struct err *err);

/*
 * An owner that the container's user namespace does not have (EINVAL) cannot be given: then it stays the copying one, who
 * must not get a program of somebody else's rights by that.
 */
static int give(int fd, const struct stat *st, bool owner, bool mode)
{
	mode_t m = st->st_mode & 07777;

	/* the owner first: a change of it may clear bits of the mode */
	if (owner && fchown(fd, st->st_uid, st->st_gid) < 0) {
		if (errno != EINVAL)
			return -errno;
		m &= 01777;
	}
	return mode && fchmod(fd, m) < 0 ? -errno : 0;
}

static int copy_meta(int fd, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	int r = give(fd, st, true, true);

	if (r < 0)
		return r;
	futimens(fd, times);
	return 0;
}

static int copy_file(int dir, const char *name, int to, const struct stat *st)
{
	_cleanup_close_ int in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
			    out = -EBADF;
	ssize_t n;

	if (in < 0)
		return -errno;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? -errno : copy_meta(out, st);
}

static int copy_link(int dir, const char *name, int to, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		return -errno;
	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) == 0 || errno == EINVAL)
		return 0;
	return -errno;
}

static int copy_subdir(
	int dir, const char *name, int to, const struct stat *st, unsigned depth, struct err *err)
{
	_cleanup_close_ int in = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    out = -EBADF;
	int r;

	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return err_set(err, errno, "copy directory %s", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_set(err, errno, "copy directory %s", name);
	r = copy_dir(in, out, depth + 1, err);
	if (r == 0 && (r = copy_meta(out, st)) < 0)
		return err_set(err, -r, "copy directory %s", name);
	return r;
}

static int copy_one(int dir, const char *name, int to, unsigned depth, struct err *err)
{
	struct stat st;
	int r = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, errno, "stat %s", name);
	if (S_ISDIR(st.st_mode))
		return copy_subdir(dir, name, to, &st, depth, err);
	if (S_ISREG(st.st_mode))
		r = copy_file(dir, name, to, &st);
	else if (S_ISLNK(st.st_mode))
		r = copy_link(dir, name, to, &st);
	return r < 0 ? err_set(err, -r, "copy %s", name) : 0;
}

static int copy_dir(int from, int to, unsigned depth, struct err *err)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		r = err_set(err, errno, "read directory");
		fd_close(fd);
		return r;
	}
	if (depth > DEPTH_MAX)
		r = err_set(err, ELOOP, "directories are nested too deeply");
	while (r == 0 && (de = readdir(d)))
		if (!str_eq(de->d_name, ".") && !str_eq(de->d_name, ".."))
			r = copy_one(dirfd(d), de->d_name, to, depth, err);
	closedir(d);
	return r;
}

int tmpcopy(int from, int to, bool mode, bool owner, struct err *err)
{
	_cleanup_close_ int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		return err_set(err, errno, "open the directories");
	r = copy_dir(in, out, 0, err);
	if (r < 0)
		return r;
	r = give(out, &st, owner, mode);
	return r < 0 ? err_set(err, -r, "set owner and mode") : 0;
}
