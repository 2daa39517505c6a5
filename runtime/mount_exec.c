/* The executor of a mount plan (mounts.h). */
#include "runtime/mount_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/mount_secret.h"
#include "runtime/ns.h"
#include "runtime/rootfs.h"
#include "runtime/tmpcopy.h"
#include "runtime/tree_owner.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

bool mounts_is_proc(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
}

/* what the file system itself has to say, without its "e " prefix; "" if nothing */
static void read_fs_log(int fs, char *line, size_t size)
{
	ssize_t n;

	*line = '\0';
	for (;;) {
		char text[256];

		n = read(fs, text, sizeof(text) - 1);
		if (n <= 2)
			return;
		text[n] = '\0';
		if (text[n - 1] == '\n')
			text[n - 1] = '\0';
		snprintf(line, size, " (%.200s)", text + 2);
	}
}

static int fs_error(int fs, int code, const char *what, const char *fstype, struct err *err)
{
	char log[256] = "";

	if (fs >= 0)
		read_fs_log(fs, log, sizeof(log));
	return err_set(err, code, "%s %s%s", what, fstype, log);
}

int mounts_new_fs(const char *fstype, const char *source, const struct strv *data, uint64_t attrs,
	struct err *err)
{
	_cleanup_close_ int fs = fsopen(fstype, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return fs_error(-EBADF, errno, "open file system", fstype, err);
	/* every other file system here has no source, and procfs and sysfs ignore it */
	if (!str_empty(source) && fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return fs_error(fs, errno, "set the source of", fstype, err);
	for (size_t i = 0; data && i < data->n; i++) {
		_cleanup_free_ char *key = xstrdup(data->v[i]);
		char *value = strchr(key, '=');
		int r;

		if (value)
			*value++ = '\0';
		r = value ? fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0)
			  : fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0);
		if (r < 0) {
			int code = errno;
			_cleanup_free_ char *what = xasprintf("option '%s' of", data->v[i]);

			return fs_error(fs, code, what, fstype, err);
		}
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_error(fs, errno, "mount", fstype, err);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
	return fd < 0 ? fs_error(fs, errno, "mount", fstype, err) : fd;
}

int mounts_attach(int fd, int target, const char *name, struct err *err)
{
	if (move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(err, errno, "mount on %s", name);
	return 0;
}

int mounts_bind_fd(
	int fd, int target, bool recursive, uint64_t set, const char *name, struct err *err)
{
	struct mount_attr attr = {.attr_set = set, .propagation = MS_PRIVATE};
	unsigned flags = recursive ? AT_RECURSIVE : 0;
	_cleanup_close_ int copy =
		open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | flags);

	if (copy < 0)
		return err_set(err, errno, "clone the mount for %s", name);
	if (mount_setattr(copy, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0)
		return err_set(err, errno, "set mount attributes of %s", name);
	return mounts_attach(copy, target, name, err);
}

/* options that name an id the container does not have would fail the whole mount: devpts without its
   usual gid=5 still works, where only one id is mapped */
static void drop_unmapped_ids(struct strv *data, const struct idmaps *maps)
{
	size_t kept = 0;

	for (size_t i = 0; i < data->n; i++) {
		const char *gid = str_after(data->v[i], "gid="),
			   *uid = str_after(data->v[i], "uid=");
		uint64_t id;
		uint32_t outside;

		if ((gid || uid) && parse_u64_max(gid ? gid : uid, UINT32_MAX, &id) == 0 &&
			!idmap_to_outside(gid ? &maps->gid : &maps->uid, (uint32_t)id, &outside)) {
			free(data->v[i]);
			continue;
		}
		data->v[kept++] = data->v[i];
	}
	data->n = kept;
	if (data->v)
		data->v[kept] = NULL;
}

static bool has_key(const struct strv *data, const char *key)
{
	strv_foreach (i, option, data)
		if (str_after(option, key))
			return true;
	return false;
}

/* The image's directory says what its tmpfs is like, options say it louder.  A directory that the image does not have
   is made with the mode of a fresh tmpfs, so that it is the same when the container is started again. */
static int fill(const struct mount_op *op, int target, bool made, int fd, struct err *err)
{
	_cleanup_close_ int dir = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0 || (made && fchmod(dir, 01777) < 0))
		return err_set(err, errno, "prepare %s", op->target);
	r = tmpcopy(dir, fd, !has_key(&op->data, "mode="),
		!has_key(&op->data, "uid=") && !has_key(&op->data, "gid="), err);
	return r < 0 ? err_wrap(err, "copy %s up into its tmpfs", op->target) : 0;
}

int mount_user(const struct mount_env *env, uid_t *ret_uid, gid_t *ret_gid, struct err *err)
{
	_cleanup_(user_done) struct user u = {0};
	int r = user_resolve(env->root, env->user, &u, err);

	if (r < 0)
		return r;
	*ret_uid = u.uid;
	*ret_gid = u.gid;
	return 0;
}

int mount_give(const struct mount_op *op, int fd, const struct mount_env *env, struct err *err)
{
	uid_t uid = 0;
	gid_t gid = 0;
	struct stat st;
	int r = 0;

	if (op->label)
		r = tree_label(fd, op->label, err);
	if (r == 0 && op->chown)
		r = mount_user(env, &uid, &gid, err);
	/* a directory that is the user's already is not walked through at each start, as with podman */
	if (r == 0 && op->chown &&
		(fstat(fd, &st) < 0 || st.st_uid != uid || st.st_gid != gid ||
			!S_ISDIR(st.st_mode)))
		r = tree_give(fd, uid, gid, err);
	return r < 0 ? err_wrap(err, "mount of %s", op->target) : 0;
}

int mount_set_attributes(int fd, const struct mount_op *op, uint64_t set, struct err *err)
{
	struct mount_attr attr = {.attr_set = set, .propagation = op->propagation};
	bool rec = op->kind == MOUNT_BIND && op->recursive;

	/* first everything below: read-only and private hold for submounts as well, and no flag that the
	   host locked is touched, because nothing is ever cleared */
	if (!attr.propagation || op->propagation_rec)
		attr.propagation = op->propagation ? op->propagation : MS_PRIVATE;
	if (op->atime) {
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	}
	if (mount_setattr(fd, "", AT_EMPTY_PATH | (rec ? AT_RECURSIVE : 0), &attr, sizeof(attr)) <
		0) {
		int code = errno;

		err_set(err, code, "set mount options of %s", op->target);
		if (code == EPERM && op->atime)
			return err_hint(err, "the host fixes the access times of %s", op->source);
		return -code;
	}
	return 0;
}

static int attach_fs(struct mount_op *op, int fd, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int found =
		op->copyup ? path_open_in_root(env->root, op->target, O_PATH, 0, NULL) : -EBADF;
	_cleanup_close_ int target = rootfs_target(env->root, op->target, true, err);
	int r;

	if (target < 0)
		return target;
	if (op->copyup) {
		r = fill(op, target, found < 0, fd, err);
		if (r < 0)
			return r;
	}
	r = mount_give(op, fd, env, err);
	if (r < 0)
		return r;
	r = mount_set_attributes(fd, op, op->set, err);
	return r < 0 ? r : mounts_attach(fd, target, op->target, err);
}

static int new_fs(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;

	if (str_eq(op->fstype, "devpts") || str_eq(op->fstype, "tmpfs"))
		drop_unmapped_ids(&op->data, env->maps);
	fd = mounts_new_fs(op->fstype, op->source, &op->data, 0, err);
	if (fd < 0)
		return err_wrap(err, "mount point %s", op->target);
	return attach_fs(op, fd, env, err);
}

/* a subtree of the host's, everything below included, in place of a file system that cannot be made */
static int host_tree(struct mount_op *op, const char *path, uint64_t set,
	const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int target = -EBADF, fd = -EBADF;
	int r;

	fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		return err_set(err, errno, "bind the host's %s", path);
	target = str_eq(path, "/dev/mqueue") ? rootfs_target(env->root, op->target, true, err)
					     : rootfs_real_dir(env->root, op->target, err);
	if (target < 0)
		return target;
	op->kind = MOUNT_BIND;
	op->recursive = true;
	op->atime = false;
	r = mount_set_attributes(fd, op, set, err);
	return r < 0 ? r : mounts_attach(fd, target, op->target, err);
}

static int proc(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int target = -EBADF, own = -EBADF;
	int r, fd = env->proc;

	if (fd < 0 && op->data.n)
		return err_say(err, EINVAL,
			"mount of %s: options are for a procfs of its own, and this container has "
			"the host's",
			op->target);
	if (fd < 0)
		return host_tree(op, "/proc", op->set, env, err);
	/* the one that the launcher works with shows everything */
	if (op->data.n)
		fd = own = mounts_new_fs("proc", "proc", &op->data, 0, err);
	if (fd < 0)
		return err_wrap(err, "mount point %s", op->target);
	target = rootfs_real_dir(env->root, op->target, err);
	if (target < 0)
		return target;
	if (op->set) {
		r = mount_set_attributes(fd, op, op->set, err);
		if (r < 0)
			return r;
	}
	return mounts_attach(fd, target, op->target, err);
}

static int sysfs(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int fd = -EBADF, target = -EBADF;

	/* a sysfs shows the network namespace of its maker, who needs rights over it */
	if (env->sysfs >= 0)
		fd = fcntl(env->sysfs, F_DUPFD_CLOEXEC, 3);
	else if (env->create & CLONE_NEWNET)
		fd = mounts_new_fs("sysfs", "sysfs", &op->data, 0, err);
	if (fd < 0)
		return host_tree(op, "/sys", op->set | MOUNT_ATTR_RDONLY, env, err);
	target = rootfs_real_dir(env->root, op->target, err);
	if (target < 0)
		return target;
	if (mount_set_attributes(fd, op, op->set, err) < 0)
		return -err->code;
	return mounts_attach(fd, target, op->target, err);
}

static int mqueue(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int fd = env->mqueue >= 0
					 ? fcntl(env->mqueue, F_DUPFD_CLOEXEC, 3)
					 : mounts_new_fs("mqueue", "mqueue", &op->data, 0, err);

	if (fd >= 0)
		return attach_fs(op, fd, env, err);
	if (env->create & CLONE_NEWIPC)
		return err_wrap(err, "mount point %s", op->target);
	/* the queues of a shared ipc namespace: the host's mount of them where it has one */
	if (access("/dev/mqueue/.", F_OK) < 0)
		return 0;
	return host_tree(op, "/dev/mqueue", op->set, env, err);
}

static int cgroup(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_strv_ struct strv data = {0};
	_cleanup_close_ int fd = -EBADF;
	struct statfs st;

	/* Only the unified hierarchy is shown to containers.  On a host with the old or the mixed layout
	   there is nothing to show, but programs expect the directory. */
	if (statfs("/sys/fs/cgroup", &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC) {
		/* without one of its own it is that of whoever started it */
		if (!env->own_group && (env->create & CLONE_NEWCGROUP))
			op->set |= MOUNT_ATTR_RDONLY;
		fd = mounts_new_fs("cgroup2", "cgroup", NULL, 0, NULL);
		if (fd < 0 && !(env->create & CLONE_NEWCGROUP))
			fd = open_tree(AT_FDCWD, "/sys/fs/cgroup",
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	}
	if (fd < 0) {
		op->set |= MOUNT_ATTR_RDONLY;
		strv_add(&data, "size=0k");
		strv_add(&data, "mode=555");
		fd = mounts_new_fs("tmpfs", "cgroup", &data, 0, err);
	}
	if (fd < 0)
		return err_wrap(err, "mount point %s", op->target);
	op->propagation = 0;
	op->copyup = false;
	return attach_fs(op, fd, env, err);
}

static int secret(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	_cleanup_close_ int fd = mount_secret_make(op, env->root, err), target = -EBADF;
	int r;

	if (fd < 0)
		return fd;
	target = rootfs_target(env->root, op->target, false, err);
	if (target < 0)
		return target;
	r = mount_set_attributes(fd, op, op->set, err);
	return r < 0 ? r : mounts_attach(fd, target, op->target, err);
}

static int layers(struct mount_op *op, const struct mount_env *env, struct err *err)
{
	if (env->layers < 0)
		return err_set(
			err, EINVAL, "mount point %s: there are no layers for it", op->target);
	return attach_fs(op, env->layers, env, err);
}

int mounts_execute(struct mount_plan *plan, const struct mount_env *env, struct err *err)
{
	static int (*const execute[])(struct mount_op *, const struct mount_env *, struct err *) = {
		[MOUNT_BIND] = mount_bind,
		[MOUNT_OVERLAY] = mount_overlay,
		[MOUNT_FS] = new_fs,
		[MOUNT_PROC] = proc,
		[MOUNT_SYSFS] = sysfs,
		[MOUNT_MQUEUE] = mqueue,
		[MOUNT_SECRET] = secret,
		[MOUNT_LAYERS] = layers,
		[MOUNT_CGROUP] = cgroup,
	};

	for (size_t i = 0; i < plan->n; i++) {
		int r = execute[plan->op[i].kind](&plan->op[i], env, err);

		if (r < 0)
			return r;
	}
	return 0;
}
