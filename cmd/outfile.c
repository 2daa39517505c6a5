#include "cmd/outfile.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* "DIR/.NAME.1234abcd" beside @path */
static char *hidden_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char digits[13];

	fs_random_hex(digits, 12);
	return xasprintf("%.*s.%.200s.%s", (int)(base - path), path, base, digits);
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
	const char *slash = strrchr(o->path, '/');
	_cleanup_free_ char *dir =
		slash ? xstrndup(o->path, (size_t)(slash - o->path) + 1) : xstrdup(".");

	/* without a name nothing has to be removed, even if we are killed */
	o->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	o->unnamed = o->fd >= 0;
	if (o->unnamed)
		return 0;
	o->tmp = hidden_name(o->path);
	o->fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (o->fd >= 0)
		return 0;
	free(take_ptr(o->tmp));
	return err_set(err, errno, "create %s", o->path);
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

int outfile_open_dir(struct outfile *o, const char *path, struct err *err)
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
		if (names.n) {
			err_set(err, ENOTEMPTY, "create %s", o->path);
			return err_hint(err, "name a directory that does not exist yet");
		}
	}
	o->tmp = hidden_name(o->path);
	if (mkdir(o->tmp, 0777) < 0) {
		free(take_ptr(o->tmp));
		return err_set(err, errno, "create %s", o->path);
	}
	o->fd = open(o->tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->fd < 0 ? err_set(err, errno, "open %s", o->tmp) : 0;
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
	if (rename(o->tmp, o->path) < 0)
		return err_set(err, errno, "create %s", o->path);
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
