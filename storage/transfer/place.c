#include "storage/transfer/place.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/transfer/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static void forget(struct place *p)
{
	free(take_ptr(p->dir));
	free(take_ptr(p->real));
	p->dirfd = fd_close(p->dirfd);
	p->stale = false;
}

void place_done(struct place *p)
{
	forget(p);
	free(take_ptr(p->root_path));
}

/* Walks from the root and makes what is missing.  A whiteout on the way becomes an opaque directory: this
   layer deletes what was there and puts something new in its place. */
static int make_parents(struct place *p, const char *dir, struct err *err)
{
	_cleanup_free_ char *path = xstrdup(dir);

	for (char *at = path, *slash; at; at = slash ? slash + 1 : NULL) {
		_cleanup_close_ int parent = -EBADF, fd = -EBADF;
		_cleanup_free_ char *base = NULL;
		struct stat st;
		int r;

		slash = strchr(at, '/');
		if (slash)
			*slash = '\0';
		parent = path_open_parent_in_root(p->root, path, false, &base, err);
		if (parent < 0)
			return parent;
		if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (!whiteout_is(&st)) {
				if (slash)
					*slash = '/';
				continue;
			}
			if (unlinkat(parent, base, 0) < 0)
				return err_set(err, errno, "replace %s", path);
		} else {
			st.st_mode = 0;
		}
		if (mkdirat(parent, base, 0755) < 0)
			return err_set(err, errno, "create directory %s", path);
		if (S_ISCHR(st.st_mode)) {
			fd = openat(parent, base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			r = fd < 0 ? err_set(err, errno, "open %s", path)
				   : whiteout_set_opaque(fd, err);
			if (r < 0)
				return r;
		}
		if (slash)
			*slash = '/';
	}
	return 0;
}

int place_enter(struct place *p, struct entry *en, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	char *slash = strrchr(en->path, '/');
	int fd;

	en->base = slash ? slash + 1 : en->path;
	dir = slash ? xstrndup(en->path, (size_t)(slash - en->path)) : xstrdup(".");
	if (!p->dir || p->stale || !str_eq(dir, p->dir)) {
		forget(p);
		fd = path_open_in_root(p->root, dir, O_PATH | O_DIRECTORY, 0, err);
		if (fd == -ENOENT || fd == -ENOTDIR) {
			int r = make_parents(p, dir, err);

			if (r == 0)
				fd = path_open_in_root(p->root, dir, O_PATH | O_DIRECTORY, 0, err);
			else if (r != -ENOTDIR && r != -ENOENT && r != -ELOOP)
				return r;
		}
		if (fd == -ENOTDIR || fd == -ENOENT || fd == -ELOOP)
			return entry_refuse(err, en->path, "what it lies in is not a directory");
		if (fd < 0)
			return fd;
		p->dirfd = fd;
		p->dir = take_ptr(dir);
	}
	en->parent = p->dirfd;
	return 0;
}

int place_clear(struct place *p, const struct entry *en, struct err *err)
{
	struct stat st;
	int parent, r;

	if (fstatat(en->parent, en->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "stat %s", en->path);
	p->stale = true;
	if (p->record) {
		r = record_keep(p->record, en->parent, en->base, &st, err);
		if (r < 0)
			return r;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(en->parent, en->base, 0) < 0 && errno != ENOENT)
			return err_set(err, errno, "replace %s", en->path);
		return whiteout_is(&st);
	}
	/* a removal reads directories, which O_PATH cannot */
	parent = openat(en->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_set(err, errno, "open the parent of %s", en->path);
	r = fs_remove_tree_at(parent, en->base, err);
	fd_close(parent);
	return r;
}

/* The path of @fd as the kernel knows it, which is without links.  @ret: PATH_MAX bytes; Return: whether there is one */
static bool kernel_path(int fd, char *ret)
{
	char self[PATH_OF_FD_MAX];
	ssize_t n = readlink(path_of_fd(fd, self), ret, PATH_MAX);

	if (n <= 0 || n >= PATH_MAX)
		return false;
	ret[n] = '\0';
	return true;
}

const char *place_real(struct place *p)
{
	_cleanup_free_ char *path = xmalloc(PATH_MAX);
	const char *rest;

	if (p->real)
		return p->real;
	if (!p->root_path)
		p->root_path = xstrdup(kernel_path(p->root, path) ? path : "");
	rest = *p->root_path && kernel_path(p->dirfd, path) ? str_after(path, p->root_path) : NULL;
	p->real = rest && !*rest ? xstrdup(".") : xstrdup(rest && *rest == '/' ? rest + 1 : "");
	return p->real;
}
