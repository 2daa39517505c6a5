#include "cmd/outfile.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS 12

/* "DIR/.NAME.rl-" beside @path: DIGITS more make the name of something that is not complete */
static char *hidden_prefix(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return xasprintf("%.*s.%.200s.rl-", (int)(base - path), path, base);
}

static char *hidden_name(const char *path)
{
	_cleanup_free_ char *prefix = hidden_prefix(path);
	char digits[DIGITS + 1];

	fs_random_hex(digits, DIGITS);
	return xasprintf("%s%s", prefix, digits);
}

/* the directory of @path, as a path */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
}

/*
 * Whoever makes something under a hidden name holds flock(2) on it from its beginning to its end: directories can be locked
 * in no other way.  What can be locked was left by one that was killed, and is locked while it goes, so that nobody
 * takes it for his own in the moment between making and locking it.
 */
static void remove_if_stale(int dirfd, const char *name)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
		(!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fd_is_named(fd, dirfd, name))
		fs_remove_tree_at(dirfd, name, NULL);
}

/* what was to become @path when its maker was killed; best effort */
static void remove_stale(const char *path)
{
	_cleanup_free_ char *prefix = hidden_prefix(path), *dir = dir_of(path);
	const char *slash = strrchr(prefix, '/'), *base = slash ? slash + 1 : prefix;
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		const char *rest = str_after(e->d_name, base);

		if (rest && str_is_hex(rest, DIGITS))
			remove_if_stale(dirfd(d), e->d_name);
	}
	if (d)
		closedir(d);
}

/* Return: whether what has just been made under @o->tmp is ours: another one may have taken it for left over */
static bool hold(struct outfile *o)
{
	/* where there are no locks nobody can take one, and nothing is ever taken for left over */
	if (flock(o->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return fd_is_named(o->fd, AT_FDCWD, o->tmp);
}

static int refuse_terminal(int fd, const char *hint, struct err *err)
{
	if (!isatty(fd))
		return 0;
	err_say(err, ERR_USAGE, "an archive is not written to a terminal");
	return err_hint(err, "%s", hint);
}

static int open_new(struct outfile *o, struct err *err)
{
	_cleanup_free_ char *dir = dir_of(o->path);

	remove_stale(o->path);
	/* without a name nothing has to be removed, even if we are killed */
	o->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	o->unnamed = o->fd >= 0;
	if (o->unnamed)
		return 0;
	do {
		fd_close(o->fd);
		free(o->tmp);
		o->tmp = hidden_name(o->path);
		o->fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd < 0) {
			free(take_ptr(o->tmp));
			return err_set(err, errno, "create %s", o->path);
		}
	} while (!hold(o));
	return 0;
}

int outfile_open(struct outfile *o, const char *path, const char *hint, struct err *err)
{
	struct stat st;

	if (!path) {
		o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return o->fd < 0 ? err_set(err, errno, "write standard output")
				 : refuse_terminal(o->fd, hint, err);
	}
	if (stat(path, &st) < 0) {
		o->path = xstrdup(path);
		return open_new(o, err);
	}
	if (S_ISREG(st.st_mode)) {
		/* where a link leads to */
		o->path = realpath(path, NULL);
		return o->path ? open_new(o, err) : err_set(err, errno, "find %s", path);
	}
	o->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return o->fd < 0 ? err_set(err, errno, "open %s", path) : refuse_terminal(o->fd, hint, err);
}

int outfile_open_dir(struct outfile *o, const char *path, const char *marker, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct stat st;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	o->path = xstrndup(path, len);
	o->dir = true;
	if (stat(o->path, &st) == 0) {
		int r = S_ISDIR(st.st_mode) ? fs_list_at(AT_FDCWD, o->path, &names, err)
					    : err_set(err, ENOTDIR, "create %s", o->path);

		if (r < 0)
			return r;
		o->replace = names.n > 0;
		if (names.n && (!marker || !strv_has(&names, marker))) {
			err_set(err, ENOTEMPTY, "create %s", o->path);
			return err_hint(err, "name a directory that does not exist yet");
		}
	}
	remove_stale(o->path);
	do {
		fd_close(o->fd);
		free(o->tmp);
		o->tmp = hidden_name(o->path);
		if (mkdir(o->tmp, 0777) < 0) {
			free(take_ptr(o->tmp));
			return err_set(err, errno, "create %s", o->path);
		}
		o->fd = open(o->tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (o->fd < 0 && errno != ENOENT)
			return err_set(err, errno, "open %s", o->tmp);
	} while (o->fd < 0 || !hold(o));
	return 0;
}

int outfile_commit(struct outfile *o, struct err *err)
{
	char self[PATH_OF_FD_MAX];

	if (o->unnamed) {
		path_of_fd(o->fd, self);
		if (linkat(AT_FDCWD, self, AT_FDCWD, o->path, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			return err_set(err, errno, "create %s", o->path);
		o->tmp = hidden_name(o->path);
		if (linkat(AT_FDCWD, self, AT_FDCWD, o->tmp, AT_SYMLINK_FOLLOW) < 0) {
			free(take_ptr(o->tmp));
			return err_set(err, errno, "create %s", o->path);
		}
	}
	if (!o->tmp)
		return 0;
	if (renameat2(AT_FDCWD, o->tmp, AT_FDCWD, o->path, o->replace ? RENAME_EXCHANGE : 0) < 0)
		return err_set(err, errno, "create %s", o->path);
	/* what was there goes with outfile_done() */
	if (o->replace)
		return 0;
	free(take_ptr(o->tmp));
	return 0;
}

void outfile_done(struct outfile *o)
{
	if (o->tmp && o->dir)
		fs_remove_tree_at(AT_FDCWD, o->tmp, NULL);
	else if (o->tmp)
		unlink(o->tmp);
	free(take_ptr(o->tmp));
	free(take_ptr(o->path));
	o->fd = fd_close(o->fd);
}
