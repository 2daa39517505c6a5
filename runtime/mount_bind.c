/* Bind mounts, volumes among them (mount_parts.h). */
#include "runtime/mount_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/copyup.h"
#include "runtime/mount_secret.h"
#include "runtime/ns.h"
#include "runtime/rootfs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Return: 1 where the source is a link, whose target is kept, 0 where it is none, or a negative errno */
static int read_link(struct mount_op *op, const char *path, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return errno == EINVAL ? 0 : err_set(err, errno, "read the link %s", op->source);
	target[n] = '\0';
	op->link = xstrdup(target);
	return 1;
}

/* whatever links the volume has, it stays in it */
static int open_subpath(struct mount_op *op, const char *path, unsigned flags, struct err *err)
{
	_cleanup_close_ int base = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;

	if (base < 0)
		return err_set(err, errno, "bind mount %s", op->source);
	fd = path_open_in_root(base, op->subpath, O_PATH, 0, err);
	if (fd < 0) {
		err_wrap(err, "subpath %s", op->subpath);
		return fd == -ENOENT ? err_hint(err, "it must be in the volume already") : fd;
	}
	op->fd = open_tree(fd, "", flags | AT_EMPTY_PATH);
	return op->fd < 0 ? err_set(err, errno, "bind mount %s of %s", op->subpath, op->source) : 0;
}

static int open_tree_at(struct mount_op *op, const char *path, unsigned flags, struct err *err)
{
	int code;

	op->fd = open_tree(AT_FDCWD, path, flags);
	if (op->fd >= 0)
		return 0;
	code = errno;
	err_set(err, code, "bind mount %s", op->source);
	if (code == EINVAL && !op->recursive)
		return err_hint(
			err, "there are mounts below it that belong to the host: use rbind");
	if (code == ENOENT)
		return err_hint(err, "create it first: mkdir -p %s", op->source);
	return -code;
}

/* the directory that a volume's is in: containers never see it */
static int open_home(struct mount_op *op, const char *path, struct err *err)
{
	_cleanup_free_ char *home = xasprintf("%s/..", path);

	op->home = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return op->home < 0 ? err_set(err, errno, "open volume %s", op->source) : 0;
}

int mount_open_bind(struct mount_op *op, const char *bundle, struct err *err)
{
	_cleanup_free_ char *path =
		path_is_abs(op->source) ? xstrdup(op->source) : path_join(bundle, op->source);
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (op->recursive ? AT_RECURSIVE : 0);
	struct stat st;
	int r = op->no_follow ? read_link(op, path, err) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	r = op->subpath ? open_subpath(op, path, flags, err) : open_tree_at(op, path, flags, err);
	if (r == 0 && op->copyup)
		r = open_home(op, path, err);
	if (r < 0)
		return r;
	if (fstat(op->fd, &st) < 0)
		return err_set(err, errno, "stat %s", op->source);
	op->is_dir = S_ISDIR(st.st_mode);
	return 0;
}

/* a link of the same text may be left from an earlier start */
static int make_link(const struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_free_ char *base = NULL;
	_cleanup_close_ int parent =
		path_open_parent_in_root(env->root, op->target, true, &base, err);
	char there[PATH_MAX];
	ssize_t n;
	int code;

	if (parent < 0)
		return err_wrap(err, "link %s in the container", op->target);
	if (symlinkat(op->link, parent, base) == 0)
		return 0;
	code = errno;
	n = readlinkat(parent, base, there, sizeof(there) - 1);
	if (n >= 0) {
		there[n] = '\0';
		if (str_eq(there, op->link))
			return 0;
	}
	return err_set(err, code, "link %s in the container", op->target);
}

/* what a fresh volume begins with */
static int fill(const struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int from = path_open_in_root(
		env->root, op->target, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0, NULL);
	struct copyup c = {.home = op->home, .data = op->fd, .from = from};
	int r;

	if (!copyup_wanted(op->home))
		return 0;
	r = from < 0 ? mount_user(env, &c.uid, &c.gid, err) : 0;
	if (r == 0)
		r = copyup(&c, err);
	return r < 0 ? err_wrap(err, "copy %s up into its volume", op->target) : 0;
}

int mount_bind(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int target = -EBADF;
	int r;

	if (op->link)
		return make_link(op, env, err);
	r = op->copyup ? fill(op, env, err) : 0;
	if (r < 0)
		return r;
	if (mounts_is_proc(op->fd) && str_eq(op->target, "/proc")) {
		if (env->create & CLONE_NEWPID) {
			err_set(err, EPERM, "mount on /proc");
			return err_hint(err, "the host's /proc is for containers with --pid=host");
		}
		target = rootfs_real_dir(env->root, op->target, err);
	} else {
		target = rootfs_target(env->root, op->target, op->is_dir, err);
	}
	if (target < 0)
		return target;
	r = mount_give(op, op->fd, env, err);
	if (r == 0)
		r = mount_set_attributes(op->fd, op, op->set | op->rec_set, err);
	return r < 0 ? r : mounts_attach(op->fd, target, op->target, err);
}

static int open_source(struct mount_op *op, const char *bundle, struct err *err)
{
	_cleanup_free_ char *path = NULL;

	switch (op->kind) {
	case MOUNT_BIND:
		return mount_open_bind(op, bundle, err);
	case MOUNT_OVERLAY:
		return mount_open_overlay(op, err);
	case MOUNT_SECRET:
		path = path_is_abs(op->source) ? xstrdup(op->source)
					       : path_join(bundle, op->source);
		return mount_secret_open(op, path, err);
	default:
		return 0;
	}
}

int mounts_open_sources(struct mount_plan *plan, const char *bundle, struct err *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		int r = open_source(&plan->op[i], bundle, err);

		if (r < 0)
			return r;
	}
	return 0;
}
