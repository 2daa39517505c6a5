#include "storage/copy.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/links.h"
#include "storage/meta.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SMALL	  (64 << 10)
#define DEPTH_MAX 400 /* two descriptors each, below the usual limit of 1024 */

struct copy {
	const struct copy_opts *o;
	int root;	 /* of the target */
	struct buf path; /* from there to what is being copied */
	struct links links;
	unsigned depth;
	bool lowest; /* there is nothing to replace */
};

static void copy_done(struct copy *c)
{
	buf_done(&c->path);
	links_done(&c->links);
}

/*
 * The ids that @value of "security.capability" counts for are those below one id, which is the root there.  R's own root,
 * for which no id is kept, becomes the one that the map gives to id 0.
 */
static int map_capability(const struct idmaps *owners, void *value, ssize_t *len)
{
	struct vfs_ns_cap_data cap = {0};
	uint32_t magic, root;

	if (*len != (ssize_t)XATTR_CAPS_SZ_2 && *len != (ssize_t)XATTR_CAPS_SZ_3)
		return -EBADMSG;
	memcpy(&cap, value, (size_t)*len);
	magic = le32toh(cap.magic_etc);
	if (!idmap_to_outside(&owners->uid, le32toh(cap.rootid), &root))
		return -EINVAL;
	cap.magic_etc = htole32((magic & ~VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_3);
	cap.rootid = htole32(root);
	memcpy(value, &cap, sizeof(cap));
	*len = sizeof(cap);
	return 0;
}

static int copy_xattrs(const struct copy *c, int from, int to)
{
	char names[65536], path[PATH_OF_FD_MAX], value[65536];
	ssize_t n = flistxattr(from, names, sizeof(names));

	/* O_PATH */
	if (n < 0 && errno == EBADF)
		n = listxattr(path_of_fd(from, path), names, sizeof(names));
	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *name = names; name < names + n; name += strlen(name) + 1) {
		ssize_t len;
		int r;

		if (str_after(name, "user.overlay."))
			continue;
		len = getxattr(path_of_fd(from, path), name, value, sizeof(value));
		if (len < 0)
			continue;
		if (c->o->owners && str_eq(name, "security.capability")) {
			r = map_capability(c->o->owners, value, &len);
			if (r < 0)
				return r;
		}
		/* labels and the like that only the system may set */
		if (setxattr(path_of_fd(to, path), name, value, (size_t)len, 0) < 0 &&
			errno != EPERM && errno != ENOTSUP)
			return -errno;
	}
	return 0;
}

int copy_bytes(int from, int to)
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

static int owner_of(const struct copy *c, const struct stat *st, uid_t *ret_uid, gid_t *ret_gid)
{
	uint32_t uid = st->st_uid, gid = st->st_gid;

	if (c->o->owners && (!idmap_to_outside(&c->o->owners->uid, st->st_uid, &uid) ||
				    !idmap_to_outside(&c->o->owners->gid, st->st_gid, &gid)))
		return -EINVAL;
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

/* an owner that this namespace has no number for */
static bool may_keep(const struct copy *c, int code)
{
	return c->o->strangers && code == EINVAL;
}

/* owner before mode, which chown clears set-id bits of; then capabilities, which chown drops; times last */
static int copy_attributes(const struct copy *c, int from, int to, const struct stat *st)
{
	char path[PATH_OF_FD_MAX];
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	uid_t uid;
	gid_t gid;
	int r = owner_of(c, st, &uid, &gid);

	if (r < 0)
		return r;
	if (fchownat(to, "", uid, gid, AT_EMPTY_PATH) < 0 && !may_keep(c, errno))
		return -errno;
	if (fchmod(to, st->st_mode & 07777) < 0 &&
		(errno != EBADF || chmod(path_of_fd(to, path), st->st_mode & 07777) < 0))
		return -errno;
	r = copy_xattrs(c, from, to);
	if (r < 0)
		return r;
	if (futimens(to, times) < 0 &&
		(errno != EBADF || utimensat(AT_FDCWD, path_of_fd(to, path), times, 0) < 0))
		return -errno;
	return 0;
}

/* Some programs want files of configuration to have one name: cron, for one.  So those are not given a second one. */
static bool wants_one_name(const struct copy *c, const struct stat *st)
{
	static const char *const dirs[] = {"/etc/", "/home/", "/root/", "/var/"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (str_after(c->path.data, dirs[i]))
			return st->st_size <= SMALL;
	return false;
}

/* a name in @links for the file @name of @from; it may be there already, of another layer's tree or another map */
static bool link_content(
	const struct copy *c, int from, const char *name, const struct stat *st, char ret[24])
{
	struct stat there;

	snprintf(ret, 24, "/%llu", (unsigned long long)st->st_ino);
	if (linkat(from, name, c->o->links, ret + 1, 0) == 0)
		return true;
	return errno == EEXIST && fstatat(c->o->links, ret + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       there.st_ino == st->st_ino && there.st_dev == st->st_dev;
}

/* Return: 1 and where the content is in the data-only layer, 0 if it is to be copied, or a negative errno */
static int reference(const struct copy *c, int in, int from, const char *name,
	const struct stat *st, struct buf *ret)
{
	char text[PATH_MAX];
	ssize_t n;

	if (st->st_size == 0)
		return 0;
	switch (c->o->content) {
	case COPY_PATHS:
		buf_addf(ret, "%s%s", c->o->data, c->path.data);
		return 1;
	case COPY_LINKS:
		if (wants_one_name(c, st) || !link_content(c, from, name, st, text))
			return 0;
		buf_adds(ret, text);
		return 1;
	case COPY_REFERENCES:
		n = fgetxattr(in, META_REDIRECT, text, sizeof(text));
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		buf_add(ret, text, (size_t)n);
		return 1;
	default:
		return 0;
	}
}

static int point_to(int fd, const struct stat *st, const struct buf *path)
{
	if (ftruncate(fd, st->st_size) < 0 || fsetxattr(fd, META_XATTR, "", 0, 0) < 0 ||
		fsetxattr(fd, META_REDIRECT, path->data, path->len, 0) < 0)
		return -errno;
	return 0;
}

static int copy_regular(
	const struct copy *c, int from, int dir, const char *name, const struct stat *st)
{
	_cleanup_close_ int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK),
			    out = -EBADF;
	_cleanup_buf_ struct buf path = {0};
	int r;

	if (in < 0)
		return -errno;
	out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = reference(c, in, from, name, st, &path);
	if (r >= 0)
		r = r ? point_to(out, st, &path) : copy_bytes(in, out);
	return r < 0 ? r : copy_attributes(c, in, out, st);
}

static int copy_symlink(
	const struct copy *c, int from, int dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);
	uid_t uid = 0;
	gid_t gid = 0;
	int r = n < 0 ? -errno : owner_of(c, st, &uid, &gid);

	if (r < 0)
		return r;
	target[n] = '\0';
	if (symlinkat(target, dir, name) < 0 ||
		(fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && !may_keep(c, errno)))
		return -errno;
	utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_special(
	const struct copy *c, int from, int dir, const char *name, const struct stat *st)
{
	_cleanup_close_ int in = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), out = -EBADF;

	if (in < 0)
		return -errno;
	if (mknodat(dir, name, (st->st_mode & S_IFMT) | 0600, 0) < 0)
		return -errno;
	out = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? -errno : copy_attributes(c, in, out, st);
}

static int copy_leaf(struct copy *c, int from, int dir, const char *name, const struct stat *st)
{
	int r;

	const char *first = st->st_nlink > 1 ? links_find(&c->links, st->st_ino) : NULL;

	/* a path that has become too long, or a file with all the links it may have, is copied */
	if (first && linkat(c->root, first, dir, name, 0) == 0)
		return 0;
	if (S_ISREG(st->st_mode))
		r = copy_regular(c, from, dir, name, st);
	else if (S_ISLNK(st->st_mode))
		r = copy_symlink(c, from, dir, name, st);
	else if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode))
		r = copy_special(c, from, dir, name, st);
	else
		return 0;
	if (r == 0 && st->st_nlink > 1 && !first)
		links_add(&c->links, st->st_ino, buf_str(&c->path) + 1);
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
	r = c->lowest ? 0 : fs_remove_tree_at(to, name, err);
	if (r < 0)
		return r;
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return 0;
	r = copy_leaf(c, from, to, name, &st);
	if (r == -EINVAL && c->o->owners)
		return err_say(err, EINVAL, "%s belongs to %u:%u, which the map has no place for",
			buf_str(&c->path), (unsigned)st.st_uid, (unsigned)st.st_gid);
	return r < 0 ? err_set(err, -r, "copy %s", buf_str(&c->path)) : 0;
}

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
	r = fstat(from, &st) < 0 ? -errno : copy_attributes(c, from, to, &st);
	return r < 0 ? err_set(err, -r, "copy the attributes of %s", buf_str(&c->path)) : 0;
}

int copy_tree(int from, int to, const struct copy_opts *o, struct err *err)
{
	_cleanup_(copy_done) struct copy c = {.o = o, .root = to};
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(to, ".", &names, err);

	if (r < 0)
		return r;
	c.lowest = !names.n;
	buf_adds(&c.path, "");
	return copy_dir(&c, from, to, err);
}
