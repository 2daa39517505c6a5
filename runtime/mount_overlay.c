/* Overlays over directories of the host, and images (mount_parts.h). */
#include "runtime/mount_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_dir(const char *path, struct err *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_set(err, errno, "open %s", path) : fd;
}

/* made if it is missing; then the upper one looks like the directory that it covers */
static int open_own(const char *path, const struct stat *like, struct err *err)
{
	_cleanup_free_ char *parent = xasprintf("%s/..", path), *clean = path_clean(parent);
	int r = fs_mkdirs_at(AT_FDCWD, clean, 0700, err);

	if (r < 0)
		return r;
	if (mkdir(path, 0700) == 0 && like) {
		/* of an owner that the container does not know, it cannot be: then it is the user's */
		if (chown(path, like->st_uid, like->st_gid) < 0 && errno != EPERM &&
			errno != EINVAL)
			return err_set(err, errno, "set the owner of %s", path);
		if (chmod(path, like->st_mode & 07777) < 0)
			return err_set(err, errno, "set the mode of %s", path);
	}
	return open_dir(path, err);
}

int mount_open_overlay(struct mount_op *op, struct err *err)
{
	struct stat st;

	op->layer = xcalloc(op->lower.n, sizeof(*op->layer));
	for (size_t i = 0; i < op->lower.n; i++)
		op->layer[i] = -EBADF;
	for (size_t i = 0; i < op->lower.n; i++) {
		op->layer[i] = open_dir(op->lower.v[i], err);
		if (op->layer[i] < 0)
			return op->layer[i];
	}
	op->is_dir = true;
	if (!op->upper_path)
		return 0;
	if (fstat(op->layer[0], &st) < 0)
		return err_set(err, errno, "stat %s", op->lower.v[0]);
	op->upper = open_own(op->upper_path, &st, err);
	if (op->upper < 0)
		return op->upper;
	op->work = open_own(op->work_path, NULL, err);
	return op->work < 0 ? op->work : 0;
}

static void add_fd(struct strv *data, const char *key, int fd)
{
	char path[PATH_OF_FD_MAX];

	strv_addf(data, "%s=%s", key, path_of_fd(fd, path));
}

/* @each: kernels before 6.7 want all lower directories in one option */
static int try_overlay(const struct mount_op *op, bool each, struct err *err)
{
	_cleanup_strv_ struct strv data = {0}, paths = {0};
	_cleanup_free_ char *all = NULL;
	char path[PATH_OF_FD_MAX];

	for (size_t i = 0; i < op->lower.n; i++) {
		if (each)
			add_fd(&data, "lowerdir+", op->layer[i]);
		else
			strv_add(&paths, path_of_fd(op->layer[i], path));
	}
	if (!each) {
		all = strv_join(&paths, ":");
		strv_addf(&data, "lowerdir=%s", all);
	}
	if (op->upper >= 0) {
		add_fd(&data, "upperdir", op->upper);
		add_fd(&data, "workdir", op->work);
	}
	strv_add(&data, "userxattr");
	strv_add(&data, "index=off");
	return mounts_new_fs("overlay", NULL, &data, 0, err);
}

/* A layer that is alone needs nothing to be put together. */
static int single(const struct mount_op *op, struct err *err)
{
	int fd = open_tree(op->layer[0], "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return fd < 0 ? err_set(err, errno, "bind mount %s", op->lower.v[0]) : fd;
}

static int stacked(const struct mount_op *op, struct err *err)
{
	struct err why = {0};
	int fd;

	if (op->lower.n == 1 && op->upper < 0)
		return single(op, err);
	fd = try_overlay(op, true, &why);
	if (fd == -EINVAL)
		fd = try_overlay(op, false, &why);
	if (fd >= 0)
		return fd;
	if (err)
		*err = why;
	if (fd == -EPERM || fd == -ENODEV || fd == -EINVAL)
		return err_hint(err, "overlays of users need Linux 5.11, and a file system below "
				     "them that keeps attributes of users");
	return fd;
}

/* The mount is on @target already: what is to be seen of it goes over it. */
static int over_itself(const struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int whole = rootfs_target(env->root, op->target, true, err);
	_cleanup_close_ int part =
		whole < 0 ? whole
			  : path_open_in_root(whole, op->subpath, O_PATH | O_DIRECTORY, 0, err);

	if (part < 0)
		return err_wrap(err, "subpath %s", op->subpath);
	return mounts_bind_fd(part, whole, false, op->set, op->target, err);
}

int mount_overlay(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int fd = stacked(op, err), target = -EBADF;
	int r;

	if (fd < 0)
		return err_wrap(err, "mount point %s", op->target);
	target = rootfs_target(env->root, op->target, true, err);
	if (target < 0)
		return target;
	r = mount_give(op, fd, env, err);
	if (r == 0)
		r = mount_set_attributes(fd, op, op->set, err);
	if (r == 0)
		r = mounts_attach(fd, target, op->target, err);
	return r < 0 || !op->subpath ? r : over_itself(op, env, err);
}
