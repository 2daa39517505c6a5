#include "storage/transfer/cp_place.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define LINKS_MAX 40   /* as the kernel's own limit */
#define UP_MAX	  4096 /* PATH_MAX has room for fewer */

void cp_source_done(struct cp_source *s)
{
	node_done(&s->node);
	free(take_ptr(s->name));
}

void cp_target_done(struct cp_target *t)
{
	t->dir = fd_close(t->dir);
	free(take_ptr(t->name));
}

/* the last component without slashes behind it; owned by the caller */
static char *base_of(const char *path)
{
	size_t len = strlen(path), start;

	while (len && path[len - 1] == '/')
		len--;
	for (start = len; start && path[start - 1] != '/'; start--)
		;
	return xstrndup(path + start, len - start);
}

/* /dev/stdout and the like lead to links whose targets are no paths */
static int refuse_loop(const char *path, struct err *err)
{
	err_say(err, ELOOP, "%s leads in a circle, or to a descriptor in /proc: it is not followed",
		path);
	return err_hint(err, "'-' stands for standard input and output, as a tar archive");
}

int cp_source_open(int root, const char *path, bool follow, struct cp_source *ret, struct err *err)
{
	_cleanup_free_ char *base = base_of(path);
	bool contents = !*base || str_eq(base, ".") || str_eq(base, "..");
	bool dir = contents || str_ends(path, "/");
	int fd = path_open_in_root(root, path,
		O_PATH | (dir ? O_DIRECTORY : 0) | (dir || follow ? 0 : O_NOFOLLOW), 0, err);
	struct cp_source s = {.contents = contents};
	int r = fd == -ELOOP ? refuse_loop(path, err) : fd < 0 ? fd : node_of_fd(fd, &s.node, err);

	if (r < 0)
		return r;
	s.name = contents ? xstrdup("") : take_ptr(base);
	*ret = s;
	return 0;
}

/* Return: whether @dir is the directory @top or below it */
static bool is_below(int dir, const struct stat *top)
{
	_cleanup_close_ int at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, up;

	for (unsigned i = 0; at >= 0 && i < UP_MAX; i++) {
		int parent;

		if (fstat(at, &st) < 0)
			return false;
		if (st.st_dev == top->st_dev && st.st_ino == top->st_ino)
			return true;
		parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0 || fstat(parent, &up) < 0 ||
			(up.st_dev == st.st_dev && up.st_ino == st.st_ino)) {
			fd_close(parent);
			return false;
		}
		fd_close(at);
		at = parent;
	}
	return false;
}

/* Return: where the link @base in @dir leads, as a path below the root, owned by the caller; NULL if it is none */
static char *link_target(int dir, const char *path, const char *base)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, base, target, sizeof(target) - 1);
	size_t len = strlen(path);

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	if (path_is_abs(target))
		return xstrdup(target);
	while (len && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	return xasprintf("%.*s%s", (int)len, path, target);
}

/* a place in a directory that is there; @ret_next: a path to look at instead, owned by the caller */
static int by_parent(
	int root, const char *path, struct cp_target *ret, char **ret_next, struct err *err)
{
	_cleanup_free_ char *base = NULL;
	_cleanup_close_ int dir = path_open_parent_in_root(root, path, false, &base, err);

	if (dir == -ENOENT)
		err_hint(err, "make the directory first that it is to be in");
	if (dir < 0)
		return dir;
	*ret_next = link_target(dir, path, base);
	if (*ret_next)
		return 0;
	ret->dir = take_fd(dir);
	ret->name = take_ptr(base);
	return 0;
}

static int check_missing(const char *path, const struct cp_source *src, struct err *err)
{
	if (src && (S_ISDIR(src->node.st.st_mode) || !str_ends(path, "/")))
		return 0;
	err_set(err, ENOENT, "open %s", path);
	return err_hint(err, src ? "a path that ends in a slash is a directory: make it first"
				 : "an archive goes into a directory: make it first");
}

static int check_other(const char *path, const struct cp_source *src, bool replace, struct err *err)
{
	if (!src)
		return err_set(err, ENOTDIR, "unpack the archive in %s", path);
	if (!S_ISDIR(src->node.st.st_mode) || replace)
		return 0;
	err_set(err, ENOTDIR, "copy a directory to %s", path);
	return err_hint(err, "--overwrite replaces what is there");
}

static int target_dir(int dir, const struct cp_source *src, struct cp_target *ret)
{
	ret->dir = dir;
	ret->name = xstrdup(src ? src->name : "");
	return 0;
}

static int find_target(int root, const char *path, const struct cp_source *src, bool replace,
	struct cp_target *ret, char **ret_next, struct err *err)
{
	struct err why = {0};
	_cleanup_close_ int fd = path_open_in_root(root, path, O_PATH, 0, &why);
	struct stat st;
	int r;

	if (fd >= 0 && fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (fd >= 0 && S_ISDIR(st.st_mode))
		return target_dir(take_fd(fd), src, ret);
	if (fd == -ELOOP)
		return refuse_loop(path, err);
	if (fd < 0 && fd != -ENOENT) {
		*err = why;
		return fd;
	}
	r = fd < 0 ? check_missing(path, src, err) : check_other(path, src, replace, err);
	return r < 0 ? r : by_parent(root, path, ret, ret_next, err);
}

int cp_target_open(int root, const char *path, const struct cp_source *src, bool replace,
	struct cp_target *ret, struct err *err)
{
	_cleanup_(cp_target_done) struct cp_target t = {.dir = -EBADF};
	_cleanup_free_ char *at = xstrdup(path);

	for (unsigned i = 0; t.dir < 0; i++) {
		char *next = NULL;
		int r = i > LINKS_MAX ? err_set(err, ELOOP, "open %s", path)
				      : find_target(root, at, src, replace, &t, &next, err);

		if (r < 0)
			return r;
		if (next) {
			free(at);
			at = next;
		}
	}
	if (src && S_ISDIR(src->node.st.st_mode) && is_below(t.dir, &src->node.st)) {
		err_say(err, EINVAL, "%s is inside of what is to be copied", path);
		return err_hint(err, "copy it to another directory");
	}
	*ret = t;
	t = (struct cp_target){.dir = -EBADF};
	return 0;
}
