/*
 * vfs keeps a complete copy of the layers for each container: slow and large, but it works wherever a user
 * namespace does.  The copy is made as tree.tmp/ and renamed when it is complete.
 *
 * Layers are applied from the lowest up.  The tree has been made by this process alone and nobody else
 * writes below it, yet nothing is ever resolved by a path: each directory is reached from its parent's
 * descriptor without following links.  Only hard links are made by path, below directories that the same layer made.
 */
#include "storage/driver.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 400 /* two descriptors each, below the usual limit of 1024 */

/* a file of the layer with several names, and where its first copy went */
struct link {
	ino_t ino;
	char *path;
};

struct copy {
	int root;	 /* of the tree */
	struct buf path; /* from root to what is being copied */
	struct link *links;
	size_t nlinks, size;
	unsigned depth;
};

static void copy_done(struct copy *c)
{
	buf_done(&c->path);
	for (size_t i = 0; i < c->nlinks; i++)
		free(c->links[i].path);
	free(c->links);
}

/* where @ino is or would be; the table is open-addressed, its size a power of two */
static struct link *find_link(struct copy *c, ino_t ino)
{
	size_t i;

	for (i = (ino * 0x9e3779b97f4a7c15ULL) & (c->size - 1); c->links[i].path;
		i = (i + 1) & (c->size - 1))
		if (c->links[i].ino == ino)
			break;
	return &c->links[i];
}

static void add_link(struct copy *c, ino_t ino, const char *path)
{
	if (2 * c->nlinks >= c->size) {
		struct link *old = c->links;
		size_t n = c->size;

		c->size = n ? 2 * n : 64;
		c->links = xcalloc(c->size, sizeof(*c->links));
		for (size_t i = 0; i < n; i++)
			if (old[i].path)
				*find_link(c, old[i].ino) = old[i];
		free(old);
	}
	*find_link(c, ino) = (struct link){ino, xstrdup(path)};
	c->nlinks++;
}

static void forget_links(struct copy *c)
{
	for (size_t i = 0; i < c->size; i++)
		free(c->links[i].path);
	free(take_ptr(c->links));
	c->nlinks = c->size = 0;
}

static int copy_xattrs(int from, int to)
{
	char names[65536], path[PATH_OF_FD_MAX], value[65536];
	ssize_t n = listxattr(path_of_fd(from, path), names, sizeof(names));

	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *name = names; name < names + n; name += strlen(name) + 1) {
		ssize_t len;

		if (str_after(name, "user.overlay."))
			continue;
		len = getxattr(path_of_fd(from, path), name, value, sizeof(value));
		if (len < 0)
			continue;
		/* labels and the like that only the system may set */
		if (setxattr(path_of_fd(to, path), name, value, (size_t)len, 0) < 0 &&
			errno != EPERM && errno != ENOTSUP)
			return -errno;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	static char chunk[1 << 17];
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL)
		return -errno;
	while ((n = read(from, chunk, sizeof(chunk))) > 0) {
		int r = fd_write_full(to, chunk, (size_t)n);

		if (r < 0)
			return r;
	}
	return n < 0 ? -errno : 0;
}

/* owner before mode, which chown clears set-id bits of; then capabilities, which chown drops; times last */
static int copy_attributes(int from, int to, const struct stat *st)
{
	char path[PATH_OF_FD_MAX];
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	int r;

	if (fchownat(to, "", st->st_uid, st->st_gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if (chmod(path_of_fd(to, path), st->st_mode & 07777) < 0)
		return -errno;
	r = copy_xattrs(from, to);
	if (r < 0)
		return r;
	return utimensat(AT_FDCWD, path_of_fd(to, path), times, 0) < 0 ? -errno : 0;
}

static int copy_regular(int from, int dir, const char *name, const struct stat *st)
{
	_cleanup_close_ int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK),
			    out = -EBADF;
	int r;

	if (in < 0)
		return -errno;
	out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = copy_bytes(in, out);
	return r < 0 ? r : copy_attributes(in, out, st);
}

static int copy_symlink(int from, int dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, dir, name) < 0 ||
		fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_special(int from, int dir, const char *name, const struct stat *st)
{
	_cleanup_close_ int in = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), out = -EBADF;

	if (in < 0)
		return -errno;
	if (mknodat(dir, name, (st->st_mode & S_IFMT) | 0600, 0) < 0)
		return -errno;
	out = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? -errno : copy_attributes(in, out, st);
}

static int copy_leaf(struct copy *c, int from, int dir, const char *name, const struct stat *st)
{
	int r;

	if (st->st_nlink > 1 && c->size) {
		const struct link *l = find_link(c, st->st_ino);

		/* a path that has become too long, or a file with all the links it may have, is copied */
		if (l->path && linkat(c->root, l->path, dir, name, 0) == 0)
			return 0;
	}
	if (S_ISREG(st->st_mode))
		r = copy_regular(from, dir, name, st);
	else if (S_ISLNK(st->st_mode))
		r = copy_symlink(from, dir, name, st);
	else if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode))
		r = copy_special(from, dir, name, st);
	else
		return 0;
	if (r == 0 && st->st_nlink > 1)
		add_link(c, st->st_ino, buf_str(&c->path) + 1);
	return r;
}

static int copy_dir(struct copy *c, int from, int to, struct err *err);

static bool is_opaque(int dir)
{
	char value;

	return fgetxattr(dir, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static int copy_subdir(struct copy *c, int from, int dir, const char *name, struct err *err)
{
	_cleanup_close_ int in = openat(
				    from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    to = -EBADF;
	struct stat st;
	int r;

	if (in < 0)
		return err_set(err, errno, "open %s", buf_str(&c->path));
	if (is_opaque(in)) {
		r = fs_remove_tree_at(dir, name, err);
		if (r < 0)
			return r;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		unlinkat(dir, name, 0);
	if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create %s", buf_str(&c->path));
	to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_set(err, errno, "open %s", buf_str(&c->path));
	return copy_dir(c, in, to, err);
}

static int copy_entry(struct copy *c, int from, int to, const char *name, struct err *err)
{
	struct stat st;
	int r;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, errno, "stat %s", buf_str(&c->path));
	if (S_ISDIR(st.st_mode))
		return copy_subdir(c, from, to, name, err);
	r = fs_remove_tree_at(to, name, err);
	if (r < 0)
		return r;
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return 0;
	r = copy_leaf(c, from, to, name, &st);
	return r < 0 ? err_set(err, -r, "copy %s", buf_str(&c->path)) : 0;
}

/* copies what is in @from into @to, both borrowed, and then @from's own attributes */
static int copy_dir(struct copy *c, int from, int to, struct err *err)
{
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 3), r = 0;
	size_t len = c->path.len;
	struct dirent *de;
	struct stat st;
	DIR *dir;

	if (c->depth >= DEPTH_MAX) {
		fd_close(fd);
		return err_say(err, E2BIG, "directories are nested more than %d deep", DEPTH_MAX);
	}
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = err_set(err, errno, "read %s", buf_str(&c->path));
		fd_close(fd);
		return r;
	}
	c->depth++;
	while (r == 0 && (de = readdir(dir))) {
		if (str_eq(de->d_name, ".") || str_eq(de->d_name, ".."))
			continue;
		buf_addf(&c->path, "/%s", de->d_name);
		r = copy_entry(c, from, to, de->d_name, err);
		c->path.data[c->path.len = len] = '\0';
	}
	c->depth--;
	closedir(dir);
	if (r < 0)
		return r;
	r = fstat(from, &st) < 0 ? -errno : copy_attributes(from, to, &st);
	return r < 0 ? err_set(err, -r, "copy the attributes of %s", buf_str(&c->path)) : 0;
}

static int driver_prepare(const struct rootfs *r, struct err *err)
{
	_cleanup_(copy_done) struct copy c = {.root = -EBADF};
	_cleanup_close_ int tree = -EBADF;
	int q;

	if (faccessat(r->dirfd, "tree", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	q = fs_remove_tree_at(r->dirfd, "tree.tmp", err);
	if (q < 0)
		return q;
	if (mkdirat(r->dirfd, "tree.tmp", 0755) < 0)
		return err_set(err, errno, "create the container's tree");
	tree = fs_opendir_at(r->dirfd, "tree.tmp", err);
	if (tree < 0)
		return tree;
	c.root = tree;
	buf_adds(&c.path, "");
	for (size_t i = driver_bottom(r); q == 0 && i < r->diff_ids.n; i++) {
		_cleanup_close_ int layer = driver_open_layer(r, i, err), in = -EBADF;

		if (layer < 0)
			return layer;
		in = fs_opendir_at(layer, ".", err);
		q = in < 0 ? in : copy_dir(&c, in, tree, err);
		/* inode numbers are of one layer: the same file may be replaced by a later one */
		forget_links(&c);
	}
	if (q == 0 && syncfs(tree) < 0)
		q = err_set(err, errno, "write the container's tree to disk");
	if (q == 0 && renameat(r->dirfd, "tree.tmp", r->dirfd, "tree") < 0)
		q = err_set(err, errno, "put the container's tree in place");
	if (q < 0) {
		fs_remove_tree_at(r->dirfd, "tree.tmp", NULL);
		return err_wrap(err, "copy the image for the container");
	}
	return 0;
}

static int driver_mount(const struct rootfs *r, struct err *err)
{
	return driver_clone_tree(r, "tree", err);
}

/* works wherever files can be made; the last resort is not refused for a whim */
static int driver_probe(const struct store *s, struct err *err)
{
	char tmp[64];
	_cleanup_close_ int held = store_tmp(s, tmp, err);

	if (held < 0)
		return held;
	return store_discard(s, "tmp", tmp + strlen("tmp/"), err);
}

const struct driver driver_vfs = {
	.name = "vfs",
	.whole = true,
	.probe = driver_probe,
	.prepare = driver_prepare,
	.mount = driver_mount,
};
