#include "storage/transfer/node.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/transfer/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR_MAX ((size_t)64 << 10) /* XATTR_LIST_MAX and XATTR_SIZE_MAX */
#define CHUNK	  ((size_t)64 << 10)

void node_done(struct node *n)
{
	n->fd = fd_close(n->fd);
}

void xattrs_done(struct xattrs *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->v[i].name);
		free(x->v[i].value);
	}
	free(x->v);
	*x = (struct xattrs){0};
}

int node_of_fd(int fd, struct node *ret, struct err *err)
{
	struct node n = {.fd = fd};

	if (fstat(fd, &n.st) < 0) {
		int r = err_set(err, errno, "stat a file");

		fd_close(fd);
		return r;
	}
	*ret = n;
	return 0;
}

int node_open(int dirfd, const char *name, struct node *ret, struct err *err)
{
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : err_set(err, errno, "open %s", name);
	return node_of_fd(fd, ret, err);
}

int node_of_dir(int fd, struct node *ret, struct err *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return own < 0 ? err_set(err, errno, "open a directory") : node_of_fd(own, ret, err);
}

int node_read(const struct node *n, struct err *err)
{
	char path[PATH_OF_FD_MAX];
	int fd;

	if (!S_ISREG(n->st.st_mode))
		return err_set(err, EINVAL, "read a file");
	fd = open(path_of_fd(n->fd, path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? err_set(err, errno, "open a file") : fd;
}

int node_target(const struct node *n, char **ret, struct err *err)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(n->fd, "", target, sizeof(target) - 1);

	if (len < 0)
		return err_set(err, errno, "read a symbolic link");
	*ret = xstrndup(target, (size_t)len);
	return 0;
}

/*
 * Capabilities that a container's root has set carry the id of that root (VFS_CAP_REVISION_3).  In the image they belong
 * to whoever is root where it runs, which is what revision 2 says.
 */
static void without_root(struct xattr *x)
{
	struct vfs_ns_cap_data cap;

	if (!str_eq(x->name, "security.capability") || x->len != sizeof(cap))
		return;
	memcpy(&cap, x->value, sizeof(cap));
	if ((le32toh(cap.magic_etc) & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		return;
	cap.magic_etc = htole32(
		VFS_CAP_REVISION_2 | (le32toh(cap.magic_etc) & (uint32_t)VFS_CAP_FLAGS_EFFECTIVE));
	x->len = XATTR_CAPS_SZ_2;
	memcpy(x->value, &cap, x->len);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

static void add_xattr(struct xattrs *x, const char *path, const char *name)
{
	static char value[XATTR_MAX];
	ssize_t len = getxattr(path, name, value, sizeof(value));
	struct xattr *new;

	/* removed meanwhile */
	if (len < 0)
		return;
	x->v = xreallocarray(x->v, x->n + 1, sizeof(*x->v));
	new = &x->v[x->n++];
	*new = (struct xattr){xstrdup(name), xmemdup(value, len ? (size_t)len : 1), (size_t)len};
	without_root(new);
}

int node_xattrs(const struct node *n, struct xattrs *ret, struct err *err)
{
	static char names[XATTR_MAX];
	char path[PATH_OF_FD_MAX];
	struct xattrs x = {0};
	ssize_t len;

	/* users can set none on other files */
	if (!S_ISREG(n->st.st_mode) && !S_ISDIR(n->st.st_mode)) {
		*ret = x;
		return 0;
	}
	len = listxattr(path_of_fd(n->fd, path), names, sizeof(names));
	if (len < 0 && errno != ENOTSUP)
		return err_set(err, errno, "list extended attributes");
	for (char *name = names; name < names + len; name += strlen(name) + 1)
		if (whiteout_xattr_allowed(name))
			add_xattr(&x, path, name);
	if (x.n > 1)
		qsort(x.v, x.n, sizeof(*x.v), by_name);
	*ret = x;
	return 0;
}

static int equal_xattrs(const struct node *a, const struct node *b, struct err *err)
{
	_cleanup_(xattrs_done) struct xattrs x = {0}, y = {0};
	int r = node_xattrs(a, &x, err);

	if (r == 0)
		r = node_xattrs(b, &y, err);
	if (r < 0)
		return r;
	if (x.n != y.n)
		return 0;
	for (size_t i = 0; i < x.n; i++)
		if (!str_eq(x.v[i].name, y.v[i].name) || x.v[i].len != y.v[i].len ||
			memcmp(x.v[i].value, y.v[i].value, x.v[i].len) != 0)
			return 0;
	return 1;
}

static int equal_content(const struct node *a, const struct node *b, struct err *err)
{
	static char x[CHUNK], y[CHUNK];
	_cleanup_close_ int fa = node_read(a, err), fb = -EBADF;

	if (fa < 0)
		return fa;
	fb = node_read(b, err);
	if (fb < 0)
		return fb;
	for (;;) {
		ssize_t n = fd_read_full(fa, x, sizeof(x)), m;

		if (n < 0)
			return err_set(err, (int)-n, "read a file");
		m = fd_read_full(fb, y, sizeof(y));
		if (m < 0)
			return err_set(err, (int)-m, "read a file");
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
		if (n == 0)
			return 1;
	}
}

static int equal_targets(const struct node *a, const struct node *b, struct err *err)
{
	_cleanup_free_ char *x = NULL, *y = NULL;
	int r = node_target(a, &x, err);

	if (r == 0)
		r = node_target(b, &y, err);
	return r < 0 ? r : str_eq(x, y);
}

int node_equal(const struct node *a, const struct node *b, struct err *err)
{
	const struct stat *x = &a->st, *y = &b->st;
	int r;

	if (x->st_dev == y->st_dev && x->st_ino == y->st_ino)
		return 1;
	if (x->st_mode != y->st_mode || x->st_uid != y->st_uid || x->st_gid != y->st_gid ||
		x->st_rdev != y->st_rdev)
		return 0;
	if (!S_ISDIR(x->st_mode) &&
		(x->st_size != y->st_size || x->st_mtim.tv_sec != y->st_mtim.tv_sec ||
			x->st_mtim.tv_nsec != y->st_mtim.tv_nsec))
		return 0;
	if (S_ISLNK(x->st_mode))
		return equal_targets(a, b, err);
	r = equal_xattrs(a, b, err);
	/* a time can be set back: where all else is the same, the bytes decide */
	return r == 1 && S_ISREG(x->st_mode) ? equal_content(a, b, err) : r;
}
