/*
 * Layers, upper/ and work/ are named by descriptor (/proc/self/fd/N), so no character of the store's path can
 * be mistaken for a separator, and many layers fit into the page that mount(2) takes.  userxattr
 * everywhere, also for the real root: the markers in the store are the same whoever mounts it.
 */
#include "storage/driver.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPTIONS_MAX 4096 /* mount(2) takes one page */
#define SKELETON    "skel"
#define LAYERS_MAX  500 /* OVL_MAX_STACK */

/* descriptors of everything that is stacked; lower[0] is the highest */
struct stack {
	int *lower;
	size_t n;
	int upper, work;
	int data; /* contents of files of layers that are names only; borrowed, -EBADF where there are none */
};

static void stack_done(struct stack *st)
{
	for (size_t i = 0; i < st->n; i++)
		fd_close(st->lower[i]);
	free(st->lower);
	fd_close(st->upper);
	fd_close(st->work);
}

static int open_dir(const struct rootfs *r, const char *name, struct err *err)
{
	int fd = openat(r->dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_set(err, errno, "open the container's directory %s", name) : fd;
}

/* The store is ours, and nobody sees the skeleton before it has its name. */
static int skeleton_make(int store, struct err *err)
{
	char tmp[40] = "tmp/skel-";
	_cleanup_close_ int fd = -EBADF;
	int r;

	fs_random_hex(tmp + strlen(tmp), 16);
	/* whatever the umask */
	if (mkdirat(store, tmp, 0755) < 0 || fchmodat(store, tmp, 0755, 0) < 0)
		return err_set(err, errno, "create %s", tmp);
	fd = fs_opendir_at(store, tmp, err);
	r = fd < 0 ? fd : driver_skeleton(fd, err);
	if (r == 0 && renameat2(store, tmp, store, SKELETON, RENAME_NOREPLACE) < 0 &&
		errno != EEXIST)
		r = err_set(err, errno, "create %s", SKELETON);
	fs_remove_tree_at(store, tmp, NULL);
	return r;
}

/*
 * The lowest layer of every container: the places that something is mounted on.  An image that lacks them would
 * have them made in upper/ at each start, which costs a copied directory and an inode each, and leaves traces
 * that the container did not make.
 */
static int skeleton_open(const struct rootfs *r, struct err *err)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(r->store->fd, SKELETON, flags), e;

	if (fd < 0 && errno == ENOENT) {
		e = skeleton_make(r->store->fd, err);
		if (e < 0)
			return e;
		fd = openat(r->store->fd, SKELETON, flags);
	}
	return fd < 0 ? err_set(err, errno, "open %s", SKELETON) : fd;
}

static int stack_open(const struct rootfs *r, struct stack *st, struct err *err)
{
	int fd;

	/* the skeleton is one as well */
	if (r->diff_ids.n >= LAYERS_MAX)
		return err_say(err, E2BIG, "the image has %zu layers; overlay stacks at most %d",
			r->diff_ids.n, LAYERS_MAX - 1);
	st->lower = xcalloc(r->diff_ids.n + 1, sizeof(*st->lower));
	for (size_t i = r->diff_ids.n, bottom = driver_bottom(r); i-- > bottom;) {
		fd = driver_open_layer(r, i, err);
		if (fd < 0)
			return fd;
		st->lower[st->n++] = fd;
	}
	st->data = r->tree ? r->data : -EBADF;
	/* a tree whose contents are elsewhere has these places itself: nothing may lie below it (storage/meta.h) */
	if (st->data < 0 && !r->bare) {
		fd = skeleton_open(r, err);
		if (fd < 0)
			return fd;
		st->lower[st->n++] = fd;
	}
	st->upper = open_dir(r, "upper", err);
	if (st->upper < 0)
		return st->upper;
	st->work = open_dir(r, "work", err);
	return st->work < 0 ? st->work : 0;
}

/* the kernel's own words, which say more than the errno */
static int config_failed(int fs, int code, const char *what, struct err *err)
{
	char log[256];
	ssize_t n = read(fs, log, sizeof(log) - 1);

	if (n <= 2)
		return err_set(err, code, "mount overlay: %s", what);
	log[n] = '\0';
	while (n && log[n - 1] == '\n')
		log[--n] = '\0';
	return err_set(err, code, "mount overlay: %s (%s)", what, log + 2);
}

static int set_fd(int fs, const char *key, int dir, struct err *err)
{
	char path[PATH_OF_FD_MAX];

	if (fsconfig(fs, FSCONFIG_SET_STRING, key, path_of_fd(dir, path), 0) < 0)
		return config_failed(fs, errno, key, err);
	return 0;
}

/*
 * Before Linux 6.5 overlay's options are text that is not looked at until the mount: any is taken, also one that no kernel
 * has.  Return: the context, or -EOPNOTSUPP if it is of that kind, or there are none
 */
static int config_open(struct err *err)
{
	_cleanup_close_ int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	char log[256];

	if (fs < 0)
		return errno == ENOSYS ? -EOPNOTSUPP
				       : err_set(err, errno, "open the overlay file system");
	if (fsconfig(fs, FSCONFIG_SET_FLAG, "no-such-option", NULL, 0) == 0)
		return -EOPNOTSUPP;
	/* its words on that are not for config_failed() */
	(void)!read(fs, log, sizeof(log));
	return take_fd(fs);
}

/*
 * -EOPNOTSUPP when the kernel does not know "lowerdir+".
 * "volatile" (Linux 5.10): otherwise the kernel writes back all of the store's file system when the container ends.
 */
static int mount_new(const struct stack *st, bool fleeting, const char *label, struct err *err)
{
	_cleanup_close_ int fs = config_open(err);
	char path[PATH_OF_FD_MAX];
	int fd, r;

	if (fs < 0)
		return fs;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", path_of_fd(st->lower[0], path), 0) < 0) {
		if (errno == EINVAL)
			return -EOPNOTSUPP;
		return config_failed(fs, errno, "lowerdir+", err);
	}
	for (size_t i = 1; i < st->n; i++) {
		r = set_fd(fs, "lowerdir+", st->lower[i], err);
		if (r < 0)
			return r;
	}
	/* Linux 6.16: together with userxattr.  They come below all others. */
	r = st->data >= 0 ? set_fd(fs, "datadir+", st->data, err) : 0;
	if (r == 0)
		r = set_fd(fs, "upperdir", st->upper, err);
	if (r == 0)
		r = set_fd(fs, "workdir", st->work, err);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		return config_failed(fs, errno, "userxattr", err);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "index", "off", 0) < 0)
		return config_failed(fs, errno, "index=off", err);
	if (fleeting && fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return config_failed(fs, errno, "volatile", err);
	if (label && fsconfig(fs, FSCONFIG_SET_STRING, "context", label, 0) < 0)
		return config_failed(fs, errno, "context", err);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return config_failed(fs, errno, "create", err);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? config_failed(fs, errno, "mount", err) : fd;
}

static int mount_legacy(const struct rootfs *r, const struct stack *st, struct err *err)
{
	_cleanup_buf_ struct buf o = {.cap = OPTIONS_MAX - 1};
	_cleanup_close_ int below = -EBADF, over = -EBADF;
	char path[PATH_OF_FD_MAX];
	int fd;

	if (st->data >= 0) {
		err_say(err, EOPNOTSUPP, "this kernel cannot mount an image of a shared store");
		return err_hint(err, "remove the file data-only and the directory meta of %s",
			r->store->path);
	}
	if (mkdirat(r->dirfd, "merged", 0755) < 0 && errno != EEXIST)
		return err_set(err, errno, "create the directory merged");
	below = open_dir(r, "merged", err);
	if (below < 0)
		return below;
	/* its categories are separated by a comma */
	if (r->label)
		buf_addf(&o, "context=\"%s\",", r->label);
	buf_addf(&o,
		"%suserxattr,index=off,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/"
		"%d,lowerdir=",
		r->fleeting ? "volatile," : "", st->upper, st->work);
	for (size_t i = 0; i < st->n; i++)
		buf_addf(&o, "%s/proc/self/fd/%d", i ? ":" : "", st->lower[i]);
	if (o.full) {
		err_say(err, E2BIG, "%zu layers are more than this kernel's mount(2) takes", st->n);
		return err_hint(
			err, "use a kernel from 6.7 on, or the storage driver fuse_overlayfs");
	}
	if (mount("overlay", path_of_fd(below, path), "overlay", 0, o.data) < 0)
		return err_set(err, errno, "mount overlay");
	fd = driver_clone_tree(r, "merged", err);
	over = open_dir(r, "merged", NULL);
	umount2(path_of_fd(over, path), MNT_DETACH);
	return fd;
}

/* a detached overlay mount; kernels without "lowerdir+" (before 6.7) need mount(2) and one page of options */
static int driver_mount(const struct rootfs *r, struct err *err)
{
	_cleanup_(stack_done) struct stack st = {.upper = -EBADF, .work = -EBADF, .data = -EBADF};
	int fd = stack_open(r, &st, err);

	if (fd < 0)
		return fd;
	fd = mount_new(&st, r->fleeting, r->label, err);
	return fd == -EOPNOTSUPP ? mount_legacy(r, &st, err) : fd;
}

/* A stack without a writable layer; the old way where the kernel has no "lowerdir+".  Return: 0 or a negative errno */
static int show_stack(const struct stack *st, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf o = {.cap = OPTIONS_MAX - 1};
	_cleanup_close_ int fs = config_open(NULL), fd = -EBADF;
	char self[PATH_OF_FD_MAX];

	if (fs >= 0 && fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+",
			       path_of_fd(st->lower[0], self), 0) == 0) {
		for (size_t i = 1; i < st->n; i++) {
			int r = set_fd(fs, "lowerdir+", st->lower[i], err);

			if (r < 0)
				return r;
		}
		if (fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
			fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
			return config_failed(fs, errno, "create", err);
		fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
		if (fd < 0 || move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return err_set(err, errno, "mount overlay at %s", path);
		return 0;
	}
	buf_adds(&o, "userxattr,lowerdir=");
	for (size_t i = 0; i < st->n; i++)
		buf_addf(&o, "%s/proc/self/fd/%d", i ? ":" : "", st->lower[i]);
	if (o.full)
		return err_say(
			err, E2BIG, "%zu layers are more than this kernel's mount(2) takes", st->n);
	if (mount("overlay", path, "overlay", MS_RDONLY | MS_NODEV, o.data) < 0)
		return err_set(err, errno, "mount overlay at %s", path);
	return 0;
}

static int driver_show(const struct rootfs *r, const char *path, struct err *err)
{
	_cleanup_(stack_done) struct stack st = {.upper = -EBADF, .work = -EBADF};

	st.lower = xcalloc(r->diff_ids.n, sizeof(*st.lower));
	for (size_t i = r->diff_ids.n, bottom = driver_bottom(r); i-- > bottom;) {
		int fd = driver_open_layer(r, i, err);

		if (fd < 0)
			return fd;
		st.lower[st.n++] = fd;
	}
	return show_stack(&st, path, err);
}

/* what a layer with a file, a whiteout above it and an opaque directory must look like when stacked */
static int try_stack(int dirfd, struct err *err)
{
	struct stack st = {.lower = (int[]){-EBADF, -EBADF},
		.n = 2,
		.upper = -EBADF,
		.work = -EBADF,
		.data = -EBADF};
	static const char *const dirs[] = {"low", "low/d", "high", "high/d", "upper", "work"};
	_cleanup_close_ int low = -EBADF, high = -EBADF, upper = -EBADF, work = -EBADF, fd = -EBADF;
	int file;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(dirfd, dirs[i], 0755) < 0)
			return err_set(err, errno, "create a directory");
	if (mknodat(dirfd, "low/hidden", S_IFREG | 0644, 0) < 0 ||
		mknodat(dirfd, "low/kept", S_IFREG | 0644, 0) < 0 ||
		mknodat(dirfd, "low/d/hidden", S_IFREG | 0644, 0) < 0)
		return err_set(err, errno, "create a file");
	if (mknodat(dirfd, "high/hidden", S_IFCHR | 0, makedev(0, 0)) < 0)
		return err_set(err, errno, "create a whiteout");
	low = openat(dirfd, "low", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	high = openat(dirfd, "high/d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fsetxattr(high, "user.overlay.opaque", "y", 1, 0) < 0)
		return err_set(err, errno, "set an extended attribute");
	fd_close(high);
	high = openat(dirfd, "high", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	upper = openat(dirfd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	work = openat(dirfd, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	st.lower[0] = high;
	st.lower[1] = low;
	st.upper = upper;
	st.work = work;
	fd = mount_new(&st, false, NULL, err);
	/* the old way is not tried here: it differs only in how the options are passed */
	if (fd == -EOPNOTSUPP)
		return 0;
	if (fd < 0)
		return fd;
	if (faccessat(fd, "hidden", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		faccessat(fd, "d/hidden", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_say(err, EOPNOTSUPP, "overlay does not see whiteouts here");
	file = openat(fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0 || unlinkat(fd, "kept", 0) < 0) {
		fd_close(file);
		return err_set(err, errno, "write to an overlay");
	}
	fd_close(file);
	return 0;
}

static int probe_child(const struct store *s, int dirfd, struct err *err)
{
	(void)s;
	return try_stack(dirfd, err);
}

static int driver_probe(const struct store *s, struct err *err)
{
	return driver_probe_in_child(s, probe_child, err);
}

/* a file whose contents are in the data-only layer: read, and then written, which copies it */
static int try_data_file(int root, struct err *err)
{
	_cleanup_close_ int fd = openat(root, "f", O_RDWR | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) != 5 || !str_eq(text, "there"))
		return err_say(
			err, EOPNOTSUPP, "overlay does not find contents in a data-only layer");
	if (pwrite(fd, "T", 1, 0) != 1 || pread(fd, text, 5, 0) != 5 || !str_eq(text, "There"))
		return err_say(err, EOPNOTSUPP, "overlay cannot copy a file of a data-only layer");
	return 0;
}

static int try_data(const struct store *s, int dirfd, struct err *err)
{
	static const char *const dirs[] = {"names", "objects", "upper", "work"};
	int fds[4] = {-EBADF, -EBADF, -EBADF, -EBADF}, fd = -EBADF, mnt = -EBADF, r = 0;
	struct stack st = {.lower = fds, .n = 1};

	(void)s;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		if (mkdirat(dirfd, dirs[i], 0755) < 0)
			r = err_set(err, errno, "create a directory");
		else
			r = fds[i] = fs_opendir_at(dirfd, dirs[i], err);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = fs_write_at(fds[1], "o", "there", 5, 0444, FS_FRESH, err);
	fd = r < 0 ? -EBADF : openat(fds[0], "f", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (r == 0 && (fd < 0 || ftruncate(fd, 5) < 0 || fsetxattr(fd, META_XATTR, "", 0, 0) < 0 ||
			      fsetxattr(fd, META_REDIRECT, "/o", 2, 0) < 0))
		r = err_set(err, errno, "make a file of names only");
	fd_close(fd);
	st.data = fds[1];
	st.upper = fds[2];
	st.work = fds[3];
	if (r == 0)
		r = mnt = mount_new(&st, false, NULL, err);
	if (mnt >= 0)
		r = try_data_file(mnt, err);
	fd_close(mnt);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fd_close(fds[i]);
	return r;
}

static int driver_probe_data(const struct store *s, struct err *err)
{
	return driver_probe_in_child(s, try_data, err);
}

const struct driver driver_overlay = {
	.name = "overlay",
	.skeleton = true,
	.probe = driver_probe,
	.probe_data = driver_probe_data,
	.prepare = driver_make_upper,
	.mount = driver_mount,
	.show = driver_show,
};
