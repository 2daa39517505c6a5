#include "runtime/devices.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/mounts.h"
#include "runtime/rootfs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static const struct {
	const char *path;
	unsigned major, minor;
} standard[] = {
	{"/dev/null", 1, 3},
	{"/dev/zero", 1, 5},
	{"/dev/full", 1, 7},
	{"/dev/random", 1, 8},
	{"/dev/urandom", 1, 9},
	{"/dev/tty", 5, 0},
};

static const struct {
	const char *target, *name;
} links[] = {
	{"/proc/self/fd", "fd"},
	{"/proc/self/fd/0", "stdin"},
	{"/proc/self/fd/1", "stdout"},
	{"/proc/self/fd/2", "stderr"},
	{"/proc/kcore", "core"},
	{"pts/ptmx", "ptmx"},
};

static bool is_device(int fd, mode_t type, dev_t dev)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == dev;
}

static int open_device(const char *path, mode_t type, dev_t dev, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno, "device %s of the host", path);
	if (!is_device(fd, type, dev))
		return err_set(err, ENODEV, "%s of the host is not device %u:%u", path, major(dev),
			minor(dev));
	return take_fd(fd);
}

int devices_null(struct err *err)
{
	return open_device("/dev/null", S_IFCHR, makedev(1, 3), err);
}

static int bind_device(int root, int fd, const char *path, mode_t type, dev_t dev, struct err *err)
{
	_cleanup_close_ int target = rootfs_target(root, path, false, err);
	struct statvfs st;

	if (target < 0)
		return target;
	/* the user bound the host's /dev: what is there already is the device itself, if devices work there */
	if (is_device(target, type, dev) && fstatvfs(target, &st) == 0 && !(st.f_flag & ST_NODEV))
		return 0;
	return mounts_bind_fd(fd, target, false, 0, path, err);
}

/* what is mounted on @path by the plan: nobody else's business then */
static const struct mount_op *mounted(const struct mount_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n; i++)
		if (str_eq(plan->op[i].target, path))
			return &plan->op[i];
	return NULL;
}

/* The user's own directory is /dev: nothing is made in it that would stay there. */
static bool is_bound(const struct mount_plan *plan)
{
	const struct mount_op *op = mounted(plan, "/dev");

	return op && op->kind == MOUNT_BIND;
}

static bool has_node(int root, const char *path, mode_t type, dev_t dev)
{
	_cleanup_close_ int fd = path_open_in_root(root, path, O_PATH, 0, NULL);

	return fd >= 0 && is_device(fd, type, dev);
}

/* A device of linux.devices is given by its numbers; the host's node of the same name is tried first. */
static int find_device(const char *path, mode_t type, dev_t dev, struct err *err)
{
	char byid[64];
	int fd = open_device(path, type, dev, NULL);

	if (fd >= 0)
		return fd;
	snprintf(byid, sizeof(byid), "/dev/%s/%u:%u", type == S_IFBLK ? "block" : "char",
		major(dev), minor(dev));
	fd = open_device(byid, type, dev, NULL);
	if (fd >= 0)
		return fd;
	err_set(err, ENODEV, "device %s (%u:%u)", path, major(dev), minor(dev));
	return err_hint(err,
		"the host has no node for it in /dev; bind one with --device HOSTPATH:%s", path);
}

static int extra_device(int root, const json_t *entry, struct err *err)
{
	const char *path = json_get_str(entry, "path", ""), *type = json_get_str(entry, "type", "");
	int64_t maj = json_get_int(entry, "major", -1), min = json_get_int(entry, "minor", -1);
	mode_t fmt = str_eq(type, "b") ? S_IFBLK : S_IFCHR;
	_cleanup_close_ int fd = -EBADF;
	dev_t dev;

	if (!path_is_abs(path))
		return err_set(err, EINVAL, "linux.devices: '%s' is not an absolute path", path);
	if (!str_eq(type, "c") && !str_eq(type, "u") && !str_eq(type, "b"))
		return err_set(
			err, EINVAL, "linux.devices: %s: type '%s' is not c or b", path, type);
	if (maj < 0 || min < 0 || maj > UINT32_MAX || min > UINT32_MAX)
		return err_set(err, EINVAL, "linux.devices: %s: bad device numbers", path);
	dev = makedev((unsigned)maj, (unsigned)min);
	fd = find_device(path, fmt, dev, err);
	return fd < 0 ? fd : bind_device(root, fd, path, fmt, dev, err);
}

static int standard_devices(int root, const struct mount_plan *plan, int null, struct err *err)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(standard); i++) {
		dev_t number = makedev(standard[i].major, standard[i].minor);
		_cleanup_close_ int fd = -EBADF;

		/* what the user wants there instead */
		if (mounted(plan, standard[i].path))
			continue;
		/* the host's /dev has it, though mounted so that devices do not work */
		if (is_bound(plan) && !has_node(root, standard[i].path, S_IFCHR, number))
			continue;
		if (i > 0) {
			fd = open_device(standard[i].path, S_IFCHR, number, err);
			if (fd < 0)
				return fd;
		}
		r = bind_device(root, i ? fd : null, standard[i].path, S_IFCHR, number, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int devices_make(
	int root, const json_t *config, const struct mount_plan *plan, int null, struct err *err)
{
	json_t *list = (json_t *)(uintptr_t)json_path(config, "linux", "devices", NULL), *entry;
	_cleanup_close_ int dev = -EBADF;
	size_t i;
	int r = standard_devices(root, plan, null, err);

	if (r < 0)
		return r;
	json_array_foreach (list, i, entry) {
		r = extra_device(root, entry, err);
		if (r < 0)
			return r;
	}
	if (is_bound(plan))
		return 0;
	dev = path_open_in_root(root, "/dev", O_PATH | O_DIRECTORY, 0, err);
	if (dev < 0)
		return dev;
	/* the image's own may be read-only, or have them already */
	for (i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST &&
			errno != EROFS && errno != EACCES)
			return err_set(err, errno, "link /dev/%s", links[i].name);
	return 0;
}

static int open_master(int root, struct err *err)
{
	/* not "/dev/ptmx": that is a link the image could have made */
	_cleanup_close_ int pts = path_open_in_root(root, "/dev/pts", O_PATH | O_DIRECTORY, 0, err),
			    fd = -EBADF;
	struct statfs st;
	int off = 0;

	if (pts < 0)
		return pts;
	if (fstatfs(pts, &st) < 0 || st.f_type != DEVPTS_SUPER_MAGIC) {
		err_set(err, ENODEV, "/dev/pts of the container is not a devpts file system");
		return err_hint(err, "a terminal needs a devpts mount in config.json");
	}
	fd = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "open a terminal in the container");
	if (ioctl(fd, TIOCSPTLCK, &off) < 0)
		return err_set(err, errno, "unlock the container's terminal");
	return take_fd(fd);
}

static int bind_console(int root, const struct mount_plan *plan, int slave, struct err *err)
{
	_cleanup_close_ int target = -EBADF;

	if (mounted(plan, "/dev/console"))
		return 0;
	target = is_bound(plan) ? path_open_in_root(root, "/dev/console", O_PATH, 0, NULL)
				: rootfs_target(root, "/dev/console", false, err);
	if (target < 0)
		return is_bound(plan) ? 0 : target;
	return mounts_bind_fd(slave, target, false, 0, "/dev/console", err);
}

int devices_console(int root, const json_t *size, const struct mount_plan *plan, int *ret_slave,
	struct err *err)
{
	_cleanup_close_ int master = open_master(root, err), slave = -EBADF;
	int64_t rows = json_get_int(size, "height", 0), cols = json_get_int(size, "width", 0);
	int r;

	if (master < 0)
		return master;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_set(err, errno, "open the container's terminal");
	if (rows > 0 && cols > 0 && rows <= UINT16_MAX && cols <= UINT16_MAX) {
		struct winsize ws = {
			.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

		ioctl(slave, TIOCSWINSZ, &ws);
	}
	r = plan ? bind_console(root, plan, slave, err) : 0;
	if (r < 0)
		return r;
	*ret_slave = take_fd(slave);
	return take_fd(master);
}
