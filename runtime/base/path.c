#include "runtime/base/path.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own limit, path_resolution(7) */

char *path_clean(const char *path)
{
	_cleanup_strv_ struct strv in = {0};
	_cleanup_buf_ struct buf out = {0};
	bool abs = path_is_abs(path);
	_cleanup_free_ const char **keep = NULL;
	size_t n = 0;

	strv_split(&in, path, "/");
	keep = xcalloc(in.n, sizeof(*keep));
	for (size_t i = 0; i < in.n; i++) {
		const char *part = in.v[i];

		if (!*part || str_eq(part, "."))
			continue;
		if (str_eq(part, "..")) {
			if (n && !str_eq(keep[n - 1], "..")) {
				n--;
				continue;
			}
			if (abs)
				continue;
		}
		keep[n++] = part;
	}
	if (abs)
		buf_addc(&out, '/');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&out, '/');
		buf_adds(&out, keep[i]);
	}
	if (!out.len)
		buf_addc(&out, '.');
	return buf_take(&out);
}

char *path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (*b == '/')
		b++;
	if (n == 1 && *a == '/')
		return xasprintf("/%s", b);
	return xasprintf("%.*s/%s", (int)n, a, b);
}

char *path_of_fd(int fd, char *buf)
{
	snprintf(buf, PATH_OF_FD_MAX, "/proc/self/fd/%d", fd);
	return buf;
}

/* The walk without openat2(2): a stack of directories that were reached, and what is left to
 * resolve. */
struct walk {
	int *dirs; /* dirs[0] is the root, borrowed; the rest is owned */
	size_t n;
	struct strv todo; /* reversed: the next component is the last member */
	unsigned links;
};

static void walk_done(struct walk *w)
{
	for (size_t i = 1; i < w->n; i++)
		fd_close(w->dirs[i]);
	free(w->dirs);
	strv_done(&w->todo);
}

static void walk_push(struct walk *w, const char *path)
{
	_cleanup_strv_ struct strv parts = {0};

	strv_split(&parts, path, "/");
	for (size_t i = parts.n; i-- > 0;)
		if (*parts.v[i] && !str_eq(parts.v[i], "."))
			strv_add(&w->todo, parts.v[i]);
}

static void walk_up(struct walk *w, bool to_root)
{
	while (w->n > 1) {
		fd_close(w->dirs[--w->n]);
		if (!to_root)
			return;
	}
}

/* one step into @name, which is not the last component or is a link to follow */
static int walk_step(struct walk *w, const char *name)
{
	char target[PATH_MAX];
	_cleanup_close_ int fd = openat(w->dirs[w->n - 1], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t len;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		if (++w->links > LINKS_MAX)
			return -ELOOP;
		len = readlinkat(fd, "", target, sizeof(target) - 1);
		if (len < 0)
			return -errno;
		target[len] = '\0';
		if (path_is_abs(target))
			walk_up(w, true);
		walk_push(w, target);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	w->dirs = xreallocarray(w->dirs, w->n + 1, sizeof(*w->dirs));
	w->dirs[w->n++] = take_fd(fd);
	return 0;
}

static bool is_link(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int open_by_walk(int rootfd, const char *path, int flags, mode_t mode)
{
	_cleanup_(walk_done) struct walk w = {.n = 1};
	/* as in the kernel, O_EXCL makes a link at the end count as existing */
	bool nofollow = (flags & O_NOFOLLOW) || ((flags & O_CREAT) && (flags & O_EXCL));
	bool want_dir = str_ends(path, "/") || str_ends(path, "/.") || str_eq(path, ".");

	w.dirs = xmalloc(sizeof(*w.dirs));
	w.dirs[0] = rootfd;
	walk_push(&w, path);
	while (w.todo.n) {
		_cleanup_free_ char *name = w.todo.v[--w.todo.n];
		int fd, r;

		w.todo.v[w.todo.n] = NULL;
		if (str_eq(name, "..")) {
			walk_up(&w, false);
			continue;
		}
		if (w.todo.n || want_dir || (!nofollow && is_link(w.dirs[w.n - 1], name))) {
			r = walk_step(&w, name);
			if (r < 0)
				return r;
			continue;
		}
		fd = openat(w.dirs[w.n - 1], name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
		return fd < 0 ? -errno : fd;
	}
	{
		int fd = openat(w.dirs[w.n - 1], ".", (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC);

		return fd < 0 ? -errno : fd;
	}
}

static int open_in_root(int rootfd, const char *path, int flags, mode_t mode)
{
	static bool missing;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (!missing) {
		/* EAGAIN: something was renamed on the way while ".." was resolved; bounded, for
		   an attacker can keep renaming */
		for (int i = 0; i < 64; i++) {
			int fd = (int)syscall(SYS_openat2, rootfd, path, &how, sizeof(how));

			if (fd >= 0)
				return fd;
			if (errno == ENOSYS || errno == EPERM) {
				missing = errno == ENOSYS;
				break;
			}
			if (errno != EAGAIN && errno != EINTR)
				return -errno;
		}
	}
	return open_by_walk(rootfd, path, flags, mode);
}

int path_open_in_root(int rootfd, const char *path, int flags, mode_t mode, struct err *err)
{
	int fd = open_in_root(rootfd, *path ? path : ".", flags, mode);

	if (fd < 0)
		return err_set(err, -fd, "open %s", path);
	return fd;
}

int path_mkdirs_in_root(int rootfd, const char *path, mode_t mode, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};
	_cleanup_buf_ struct buf done = {0};
	int fd = open_in_root(rootfd, *path ? path : ".", O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	if (fd != -ENOENT)
		return err_set(err, -fd, "open directory %s", path);
	strv_split(&parts, path, "/");
	fd = open_in_root(rootfd, ".", O_PATH | O_DIRECTORY, 0);
	for (size_t i = 0; i < parts.n && fd >= 0; i++) {
		_cleanup_close_ int parent = fd;

		if (!*parts.v[i] || str_eq(parts.v[i], ".")) {
			fd = take_fd(parent);
			continue;
		}
		/* the whole path from the root each time: ".." and links may lead anywhere in it */
		buf_addf(&done, "/%s", parts.v[i]);
		fd = open_in_root(rootfd, buf_str(&done), O_PATH | O_DIRECTORY, 0);
		if (fd == -ENOENT) {
			if (mkdirat(parent, parts.v[i], mode) < 0 && errno != EEXIST)
				return err_set(err, errno, "create directory %s", path);
			fd = open_in_root(rootfd, buf_str(&done), O_PATH | O_DIRECTORY, 0);
		}
	}
	if (fd < 0)
		return err_set(err, -fd, "create directory %s", path);
	return fd;
}

int path_open_parent_in_root(
	int rootfd, const char *path, bool mkdirs, char **ret_base, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path);
	size_t n = strlen(copy);
	char *slash;
	int fd;

	while (n && copy[n - 1] == '/')
		copy[--n] = '\0';
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	{
		const char *base = slash ? slash + 1 : copy;
		const char *dir = slash ? copy : ".";

		if (!*base || str_eq(base, ".") || str_eq(base, ".."))
			return err_set(err, EINVAL, "path %s has no file name", path);
		if (!*dir)
			dir = ".";
		fd = mkdirs ? path_mkdirs_in_root(rootfd, dir, 0755, err)
			    : path_open_in_root(rootfd, dir, O_PATH | O_DIRECTORY, 0, err);
		if (fd < 0)
			return fd;
		*ret_base = xstrdup(base);
	}
	return fd;
}
