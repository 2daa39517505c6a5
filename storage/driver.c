#include "storage/driver.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "storage/ref.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct driver *const drivers[] = {
	&driver_overlay,
	&driver_fuse_overlayfs,
	&driver_vfs,
};

/* by name ("fuse-overlayfs" is accepted for fuse_overlayfs); NULL if there is none */
static const struct driver *driver_find(const char *name)
{
	if (str_eq(name, "fuse-overlayfs"))
		return &driver_fuse_overlayfs;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}

static int unknown(const char *name, struct err *err)
{
	err_say(err, EINVAL, "unknown storage driver \"%.100s\"", name);
	return err_hint(err, "the drivers are overlay, fuse_overlayfs and vfs");
}

/* the choice that was made when the store was first used */
static int recorded(const struct store *s, const struct driver **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = 64};
	struct err why = {0};
	const struct driver *d;
	int r = fs_read_at(s->fd, "driver", &b, &why);

	/* no failure, and nothing of it is to be left in @err */
	if (r == -ENOENT)
		return -ENODATA;
	if (r < 0 && err)
		*err = why;
	if (r < 0)
		return r;
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	d = driver_find(buf_str(&b));
	if (!d) {
		err_say(err, EBADMSG, "%s/driver names no storage driver: \"%.40s\"", s->path,
			buf_str(&b));
		return err_hint(err, "write overlay, fuse_overlayfs or vfs into it");
	}
	*ret = d;
	return 0;
}

static int choose(const struct store *s, const struct driver *want, const struct driver **ret,
	struct err *err)
{
	struct err why = {0};

	if (want) {
		int r = want->probe(s, err);

		if (r < 0)
			return err_wrap(err, "storage driver %s does not work here", want->name);
		*ret = want;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (drivers[i]->probe(s, &why) == 0) {
			*ret = drivers[i];
			return 0;
		}
		log_debug("storage driver %s: %s", drivers[i]->name, why.msg);
	}
	if (err)
		*err = why;
	return err_wrap(err, "no storage driver works on %s", s->path);
}

int store_driver(struct store *s, bool probe, struct err *err)
{
	const struct driver *d = NULL, *want = NULL;
	char text[64];
	int r;

	if (!str_empty(s->wanted)) {
		want = driver_find(s->wanted);
		if (!want)
			return unknown(s->wanted, err);
	}
	r = recorded(s, &d, err);
	if (r == -ENODATA && !probe)
		return err_say(
			err, ENODATA, "no storage driver has been chosen for %s yet", s->path);
	if (r < 0 && r != -ENODATA)
		return r;
	if (r == -ENODATA) {
		r = choose(s, want, &d, err);
		if (r < 0)
			return r;
		snprintf(text, sizeof(text), "%s\n", d->name);
		r = fs_write_at(s->fd, "driver", text, strlen(text), 0600, FS_EXCL | FS_SYNC, err);
		/* another invocation was faster: its choice holds */
		if (r == -EEXIST)
			r = recorded(s, &d, err);
		if (r < 0)
			return r;
	}
	if (want && want != d) {
		err_say(err, EINVAL, "the store %s uses the storage driver %s, not %s", s->path,
			d->name, want->name);
		return err_hint(err,
			"choose another store with --root, or remove its containers and edit "
			"the file 'driver' in it");
	}
	s->driver = d;
	return 0;
}

void driver_layer_path(const struct rootfs *r, size_t i, char ret[META_PATH_MAX])
{
	const char *hex = str_after(r->diff_ids.v[i], "sha256:");

	if (r->tree)
		snprintf(ret, META_PATH_MAX, "%s", r->tree);
	else
		snprintf(ret, META_PATH_MAX, "layers/%.64s/diff", hex ? hex : "");
}

int driver_open_layer(const struct rootfs *r, size_t i, struct err *err)
{
	const char *diff_id = r->diff_ids.v[i];
	char path[META_PATH_MAX];
	int fd;

	if (r->base) {
		fd = open(r->base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? err_set(err, errno, "open %s", r->base) : fd;
	}
	if (!r->tree && !ref_digest_ok(diff_id))
		return err_say(err, EBADMSG, "bad DiffID %.100s", diff_id);
	driver_layer_path(r, i, path);
	fd = openat(r->store->fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		err_say(err, ENOENT, "layer %.19s is missing from the store", diff_id);
		return err_hint(err, "pull or load the image again");
	}
	return fd < 0 ? err_set(err, errno, "open %s/%s", r->store->path, path) : fd;
}

size_t driver_bottom(const struct rootfs *r)
{
	for (size_t i = r->tree || r->base ? 0 : r->diff_ids.n; i-- > 0;) {
		const char *hex = str_after(r->diff_ids.v[i], "sha256:");
		char path[96];

		snprintf(path, sizeof(path), "layers/%.64s/opaque", hex ? hex : "");
		if (faccessat(r->store->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return i;
	}
	return 0;
}

/* without a trace in the directory's time */
static int add_place(int dir, const char *name, bool is_dir, struct err *err)
{
	struct timespec times[2];
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstat(dir, &st) < 0)
		return err_set(err, errno, "stat a directory");
	if (is_dir) {
		if (mkdirat(dir, name, 0755) < 0 || fchmodat(dir, name, 0755, 0) < 0)
			return err_set(err, errno, "create %s", name);
	} else {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0 || fchmod(fd, 0644) < 0) {
			fd_close(fd);
			return err_set(err, errno, "create %s", name);
		}
		fd_close(fd);
	}
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(dir, times) < 0 ? err_set(err, errno, "set the time of a directory") : 0;
}

int driver_skeleton(int root, struct err *err)
{
	static const char *const dirs[] = {"dev", "etc", "proc", "run", "sys"};
	static const char *const files[][2] = {{"etc", "hostname"}, {"etc", "hosts"},
		{"etc", "resolv.conf"}, {"run", ".containerenv"}};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		r = add_place(root, dirs[i], true, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		/* an image may have a link there, which is its own business */
		_cleanup_close_ int dir =
			openat(root, files[i][0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		r = dir < 0 ? 0 : add_place(dir, files[i][1], false, err);
	}
	return r;
}

static int copy_root_attributes(const struct rootfs *r, int upper, struct err *err)
{
	_cleanup_close_ int top = -EBADF;
	struct stat st;

	if (!r->diff_ids.n)
		return 0;
	top = driver_open_layer(r, r->diff_ids.n - 1, err);
	if (top < 0)
		return top;
	if (fstat(top, &st) < 0)
		return err_set(err, errno, "stat the highest layer");
	/* a directory of the host may be somebody's whom R does not know: copies of its files are the user's */
	if (!r->base && (st.st_uid || st.st_gid) && fchown(upper, st.st_uid, st.st_gid) < 0)
		return err_set(err, errno, "set the owner of the root directory");
	if (fchmod(upper, st.st_mode & 07777) < 0)
		return err_set(err, errno, "set the mode of the root directory");
	return 0;
}

/* A volatile overlay leaves a mark in work/ against being mounted again, which only means that it may be damaged if the
   machine went down meanwhile. */
static int renew_work(const struct rootfs *r, struct err *err)
{
	int e = fs_remove_tree_at(r->dirfd, "work", err);

	if (e < 0)
		return e;
	return mkdirat(r->dirfd, "work", 0755) < 0
		       ? err_set(err, errno, "create the directory work")
		       : 0;
}

int driver_make_upper(const struct rootfs *r, struct err *err)
{
	_cleanup_close_ int upper = -EBADF;
	int e;

	if (mkdirat(r->dirfd, "work", 0755) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create the directory work");
		e = r->fleeting ? renew_work(r, err) : 0;
		if (e < 0)
			return e;
	}
	if (mkdirat(r->dirfd, "upper", 0755) < 0)
		return errno == EEXIST ? 0 : err_set(err, errno, "create the directory upper");
	upper = fs_opendir_at(r->dirfd, "upper", err);
	return upper < 0 ? upper : copy_root_attributes(r, upper, err);
}

int driver_make_dirs(const struct rootfs *r, struct err *err)
{
	static const char *const dirs[] = {"merged", "lower"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(r->dirfd, dirs[i], 0755) < 0 && errno != EEXIST)
			return err_set(err, errno, "create the directory %s", dirs[i]);
	return driver_make_upper(r, err);
}

int driver_clone_tree(const struct rootfs *r, const char *name, struct err *err)
{
	int fd = open_tree(
		r->dirfd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	return fd < 0 ? err_set(err, errno, "clone the mount of %s", name) : fd;
}

int driver_show_tree(int fd, const char *path, struct err *err)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV};
	_cleanup_close_ int tree =
		open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0 ||
		move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, errno, "mount a layer at %s", path);
	return 0;
}

/* A mount namespace of our own, and the directory opened in it: what was opened outside cannot be mounted here. */
struct probe {
	const struct store *store;
	const char *tmp;
	int (*fn)(const struct store *s, int dirfd, struct err *err);
};

static int probe_in(void *arg, struct err *err)
{
	const struct probe *p = arg;
	_cleanup_free_ char *path = path_join(p->store->path, p->tmp);
	_cleanup_close_ int dir = -EBADF;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "make a mount namespace");
	dir = fs_opendir_at(AT_FDCWD, path, err);
	return dir < 0 ? dir : p->fn(p->store, dir, err);
}

int driver_probe_in_child(const struct store *s,
	int (*fn)(const struct store *s, int dirfd, struct err *err), struct err *err)
{
	char tmp[64];
	struct probe p = {s, tmp, fn};
	_cleanup_close_ int held = store_tmp(s, tmp, err);
	int r;

	if (held < 0)
		return held;
	r = proc_call("tries a storage driver", probe_in, &p, err);
	store_discard(s, "tmp", tmp + strlen("tmp/"), NULL);
	return r;
}
