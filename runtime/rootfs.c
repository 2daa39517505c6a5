#include "runtime/rootfs.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own limit */

int rootfs_attach(int fd, struct err *err)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};

	/* Mounts of ours must not appear on the host, and pivot_root(2) wants nothing shared.  A copy of
	   a shared mount in a less privileged namespace is a slave already; in host mode it is not. */
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_set(err, errno, "make the container's mounts private");
	if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_set(err, errno, "make the container's root private");
	/* On top of "/": the one directory that is certain to exist.  Paths of the host still resolve
	   below the old root, which remains this process's own. */
	if (move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, errno, "attach the container's root");
	return 0;
}

/* Files of procfs that a bind mount may replace, to show a container its own figures. */
static bool may_replace(const char *path)
{
	static const char *const names[] = {
		"/proc/cpuinfo",
		"/proc/diskstats",
		"/proc/meminfo",
		"/proc/stat",
		"/proc/swaps",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/slabinfo",
		"/proc/sys/kernel/ns_last_pid",
		"/proc/sys/crypto/fips_enabled",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], path))
			return true;
	return false;
}

/* Where a link without a target leads, as a path from the root; ".." in it is for the kernel to resolve. */
static char *dangling(int parent, const char *path, const char *base)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(parent, base, target, sizeof(target) - 1);
	const char *slash = strrchr(path, '/');

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return path_is_abs(target)
		       ? xstrdup(target)
		       : xasprintf("%.*s/%s", slash ? (int)(slash - path) : 0, path, target);
}

static int make_file(int root, const char *path, unsigned links, struct err *err)
{
	_cleanup_free_ char *base = NULL, *next = NULL;
	_cleanup_close_ int parent = -EBADF, fd = -EBADF;
	int code;

	parent = path_open_parent_in_root(root, path, true, &base, err);
	if (parent < 0)
		return parent;
	fd = openat(parent, base, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	code = errno;
	/* images of systems with systemd-resolved have such a link for resolv.conf */
	if (fd < 0 && code == EEXIST && links < LINKS_MAX)
		next = dangling(parent, path, base);
	if (next)
		return make_file(root, next, links + 1, err);
	if (fd < 0)
		return err_set(err, code, "create %s", path);
	fd_close(take_fd(fd));
	fd = openat(parent, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "open %s", path) : take_fd(fd);
}

int rootfs_target(int root, const char *path, bool is_dir, struct err *err)
{
	struct err why = {0};
	_cleanup_close_ int fd = path_open_in_root(root, path, O_PATH, 0, &why);
	struct stat st;

	if (fd < 0 && fd != -ENOENT && err)
		*err = why;
	if (fd == -ENOENT) {
		fd = is_dir ? path_mkdirs_in_root(root, path, 0755, err)
			    : make_file(root, path, 0, err);
		if (fd == -EROFS)
			return err_hint(err,
				"the image has no %s to mount on, and its root is read-only", path);
	}
	if (fd < 0)
		return err_wrap(err, "mount point %s in the container", path);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (is_dir && !S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "mount point %s in the container", path);
	if (!is_dir && S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "mount point %s in the container, for a file", path);
	if (mounts_is_proc(fd) && !may_replace(path)) {
		err_set(err, EPERM, "mount on %s", path);
		return err_hint(err, "nothing can be mounted over or inside the container's /proc");
	}
	return take_fd(fd);
}

static int open_no_links(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd < 0 ? -errno : fd;
	/* without openat2(2): step by step */
	{
		_cleanup_strv_ struct strv parts = {0};
		_cleanup_close_ int dir = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

		strv_split(&parts, path, "/");
		for (size_t i = 0; i < parts.n && dir >= 0; i++) {
			int next;

			if (!*parts.v[i])
				continue;
			if (str_eq(parts.v[i], ".."))
				return -EINVAL;
			next = openat(
				dir, parts.v[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (next < 0)
				return errno == ENOTDIR ? -ELOOP : -errno;
			fd_close(dir);
			dir = next;
		}
		return dir < 0 ? -errno : take_fd(dir);
	}
}

int rootfs_real_dir(int root, const char *path, struct err *err)
{
	int fd = open_no_links(root, path);

	if (fd == -ENOENT) {
		_cleanup_close_ int made = path_mkdirs_in_root(root, path, 0755, err);

		if (made < 0)
			return err_wrap(err, "mount point %s in the container", path);
		fd = open_no_links(root, path);
	}
	if (fd == -ELOOP || fd == -ENOTDIR) {
		err_set(err, -fd, "mount point %s in the container", path);
		return err_hint(err, "%s must be a real directory in the image, not a link", path);
	}
	return fd < 0 ? err_set(err, -fd, "mount point %s in the container", path) : fd;
}

static int hide_dir(int target, int *empty, const char *path, struct err *err)
{
	_cleanup_strv_ struct strv data = {0};

	/* one empty file system serves all: it is attached once and cloned for each further place */
	if (*empty < 0) {
		strv_add(&data, "size=0k");
		strv_add(&data, "nr_inodes=2");
		strv_add(&data, "mode=555");
		*empty = mounts_new_fs("tmpfs", "tmpfs", &data,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC,
			err);
		if (*empty < 0)
			return *empty;
		return mounts_attach(*empty, target, path, err);
	}
	return mounts_bind_fd(*empty, target, false, MOUNT_ATTR_RDONLY, path, err);
}

static int hide_one(int root, const char *path, int null, int *empty, struct err *err)
{
	_cleanup_close_ int fd = path_open_in_root(root, path, O_PATH, 0, err);
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES)
		return 0;
	if (fd < 0)
		return err_wrap(err, "mask %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	/* an image cannot put a directory of its own under /proc: that is a checked procfs by now */
	if (str_after(path, "/proc/") && !mounts_is_proc(fd) && !S_ISCHR(st.st_mode))
		return err_set(err, EPERM, "mask %s: it is not on the container's procfs", path);
	if (S_ISDIR(st.st_mode))
		return hide_dir(fd, empty, path, err);
	return mounts_bind_fd(null, fd, false, 0, path, err);
}

static int protect_one(int root, const char *path, struct err *err)
{
	_cleanup_close_ int fd = path_open_in_root(root, path, O_PATH, 0, err);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return err_wrap(err, "make %s read-only", path);
	return mounts_bind_fd(fd, fd, true, MOUNT_ATTR_RDONLY, path, err);
}

int rootfs_hide(int root, const json_t *config, int null, struct err *err)
{
	_cleanup_strv_ struct strv masked = {0}, readonly = {0};
	_cleanup_close_ int empty = -EBADF;
	const json_t *linux_ = json_object_get(config, "linux");
	int r = 0;

	json_get_strv(linux_, "maskedPaths", &masked);
	json_get_strv(linux_, "readonlyPaths", &readonly);
	for (size_t i = 0; i < readonly.n && r == 0; i++)
		r = protect_one(root, readonly.v[i], err);
	for (size_t i = 0; i < masked.n && r == 0; i++)
		r = hide_one(root, masked.v[i], null, &empty, err);
	return r;
}

int rootfs_workdir(int root, const char *cwd, bool make, struct err *err)
{
	int fd;

	if (!path_is_abs(cwd))
		return err_set(err, EINVAL, "working directory '%s' is not an absolute path", cwd);
	fd = make ? path_mkdirs_in_root(root, cwd, 0755, err)
		  : path_open_in_root(root, cwd, O_PATH | O_DIRECTORY, 0, err);
	if (fd < 0) {
		err_wrap(err, "working directory %s", cwd);
		if (fd == -ELOOP)
			return err_hint(
				err, "it must be a directory of the container's own file system");
		if (fd == -ENOENT && !make)
			return err_hint(err, "name a directory that the container has, or make it "
					     "first: rl exec NAME mkdir -p DIR");
	}
	return fd;
}

int rootfs_chdir(int fd, const char *name, struct err *err)
{
	char cwd[PATH_MAX];

	if (fchdir(fd) < 0)
		return err_set(err, errno, "change to working directory %s", name);
	/* the system call itself: libc's getcwd() invents a path where the kernel says "(unreachable)" */
	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0 || cwd[0] != '/')
		return err_set(err, EPERM,
			"working directory %s is outside of the container's root", name);
	return 0;
}

int rootfs_pivot(int root, struct err *err)
{
	_cleanup_close_ int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0)
		return err_set(err, errno, "open the old root");
	if (fchdir(root) < 0)
		return err_set(err, errno, "enter the container's root");
	/* "." twice: the old root ends up stacked below the new one, without a directory made for it */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return err_set(err, errno, "pivot_root");
	if (fchdir(old) < 0 || umount2(".", MNT_DETACH) < 0)
		return err_set(err, errno, "detach the old root");
	if (chdir("/") < 0)
		return err_set(err, errno, "enter the container's root");
	return 0;
}
