/*
 * fuse-overlayfs stacks the layers in a process of its own, where the kernel's overlay cannot be mounted with a
 * user's rights.  It serves merged/ in the monitor's mount namespace; the container gets a clone of that mount.
 */
#include "storage/driver.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROGRAM	     "fuse-overlayfs"
#define READY_MS     10000
#define STOP_MS	     2000
#define CONTAINER_FD 3
#define BASE_FD	     5 /* after the log */
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

static int not_installed(struct err *err)
{
	err_say(err, ENOENT, PROGRAM " is not installed");
	return err_hint(err, "install the package fuse-overlayfs");
}

static bool is_mounted(int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, "merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs st;

	return fd >= 0 && fstatfs(fd, &st) == 0 && st.f_type == FUSE_SUPER_MAGIC;
}

/* What it printed last is the only cause it gives; warnings come before. */
static int died(int log, struct err *err)
{
	char text[2048], *last;
	ssize_t n = read(log, text, sizeof(text) - 1);
	size_t len = n > 0 ? (size_t)n : 0;

	while (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;
	err_say(err, EIO, PROGRAM " does not start%s%.300s", *last ? ": " : "", last);
	return err_hint(err, "see 'rl doctor': /dev/fuse must exist and be accessible");
}

/* There is no message when the mount is there, so it is looked for, at first often. */
static int wait_ready(const struct rootfs *r, pid_t pid, int log, struct err *err)
{
	_cleanup_close_ int pidfd = proc_pidfd(pid);
	int waited_us = 0, step_us = 200;

	while (waited_us < READY_MS * 1000) {
		struct pollfd p = {.fd = pidfd, .events = POLLIN};
		struct timespec step = {.tv_nsec = step_us * 1000L};

		if (is_mounted(r->dirfd))
			return 0;
		if (ppoll(&p, 1, &step, NULL) > 0)
			return died(log, err);
		waited_us += step_us;
		if (step_us < 5000)
			step_us += step_us / 2;
	}
	return err_say(err, ETIMEDOUT, PROGRAM " did not mount within %d seconds", READY_MS / 1000);
}

static int add_layers(const struct rootfs *r, struct buf *o, struct err *err)
{
	buf_adds(o, "lowerdir=");
	if (r->base) {
		buf_addf(o, "/proc/self/fd/%d", BASE_FD);
		return 0;
	}
	/* relative to the store, so that no character of its path can be mistaken for a separator */
	for (size_t i = r->diff_ids.n, bottom = driver_bottom(r); i-- > bottom;) {
		_cleanup_close_ int fd = driver_open_layer(r, i, err);
		char path[META_PATH_MAX];

		if (fd < 0)
			return fd;
		driver_layer_path(r, i, path);
		buf_addf(o, "%s%s", path, i > bottom ? ":" : "");
	}
	return 0;
}

static int make_options(const struct rootfs *r, struct buf *o, struct err *err)
{
	int q;

	buf_addf(o, "upperdir=/proc/self/fd/%d/upper,workdir=/proc/self/fd/%d/work,", CONTAINER_FD,
		CONTAINER_FD);
	q = add_layers(r, o, err);
	if (q < 0)
		return q;
	if (!r->diff_ids.n)
		buf_addf(o, "/proc/self/fd/%d/lower", CONTAINER_FD);
	return 0;
}

static void end_helper(pid_t pid, int patience_ms)
{
	static const int signals[] = {0, SIGTERM, SIGKILL};
	_cleanup_close_ int pidfd = proc_pidfd(pid);
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	for (size_t i = patience_ms ? 0 : 1; pidfd >= 0 && i < ARRAY_SIZE(signals); i++) {
		if (signals[i])
			proc_pidfd_kill(pidfd, signals[i]);
		if (poll(&p, 1, patience_ms ? patience_ms : STOP_MS) > 0)
			break;
	}
	proc_wait(pid);
}

static int helper_start(const struct rootfs *r, pid_t *ret_pid, struct err *err)
{
	_cleanup_buf_ struct buf o = {0};
	_cleanup_close_ int log = -EBADF, log_in = -EBADF, base = -EBADF;
	char store[PATH_OF_FD_MAX], merged[64];
	int q;
	pid_t pid;

	q = make_options(r, &o, err);
	if (q < 0)
		return q;
	q = fd_pipe(&log, &log_in, err);
	if (q == 0 && r->base)
		q = base = driver_open_layer(r, 0, err);
	if (q < 0)
		return q;
	/* It may write warnings for as long as it lives.  It must neither block on a full pipe nor die of
	   SIGPIPE, so it holds the reading end as well. */
	fd_set_nonblock(log_in, true);
	fd_set_nonblock(log, true);
	snprintf(merged, sizeof(merged), "/proc/self/fd/%d/merged", CONTAINER_FD);
	{
		char *argv[] = {(char *)PROGRAM, (char *)"-f", (char *)"-o", o.data, merged, NULL};
		struct proc_fd pass[] = {{r->dirfd, CONTAINER_FD}, {log, CONTAINER_FD + 1},
			{log_in, 2}, {base, BASE_FD}};
		struct proc_opts opts = {
			.path = PROGRAM,
			.argv = argv,
			.fds = pass,
			.nfds = ARRAY_SIZE(pass) - !r->base,
			.chdir = path_of_fd(r->store->fd, store),
			.pdeathsig = SIGTERM,
			.search = true,
		};

		pid = proc_spawn(&opts, err);
	}
	if (pid == -ENOENT)
		return not_installed(err);
	if (pid < 0)
		return pid;
	log_in = fd_close(log_in);
	q = wait_ready(r, pid, log, err);
	if (q < 0) {
		end_helper(pid, 0);
		return q;
	}
	*ret_pid = pid;
	return 0;
}

static void helper_stop(const struct rootfs *r, pid_t helper)
{
	_cleanup_close_ int fd = openat(r->dirfd, "merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_OF_FD_MAX];

	/* with its last mount gone it writes back what it has and ends by itself */
	if (fd >= 0)
		umount2(path_of_fd(fd, path), MNT_DETACH);
	fd = fd_close(fd);
	if (helper > 0)
		end_helper(helper, STOP_MS);
}

static int driver_mount(const struct rootfs *r, struct err *err)
{
	if (!is_mounted(r->dirfd))
		return err_say(err, ENOTCONN, PROGRAM " does not serve this container");
	return driver_clone_tree(r, "merged", err);
}

/* It goes into the background when the mount is there, and ends when it is unmounted. */
static int driver_show(const struct rootfs *r, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf o = {0};
	char store[PATH_OF_FD_MAX];
	int q = add_layers(r, &o, err);

	if (q < 0)
		return q;
	{
		char *argv[] = {
			(char *)PROGRAM, (char *)"-o", o.data, (char *)(uintptr_t)path, NULL};
		struct proc_opts opts = {
			.path = PROGRAM,
			.argv = argv,
			.chdir = path_of_fd(r->store->fd, store),
			.search = true,
		};

		q = proc_run(&opts, err);
	}
	if (q == -ENOENT)
		return not_installed(err);
	if (q > 0)
		return err_say(err, EIO, PROGRAM " cannot mount the layers at %s", path);
	return q;
}

/* two layers as they are in a store: a file that the upper one hides, and an opaque directory */
static int make_layers(const struct store *s, int dirfd, struct rootfs *r, struct err *err)
{
	static const char low_id[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	static const char high_id[] =
		"1111111111111111111111111111111111111111111111111111111111111111";
	const char *ids[] = {low_id, high_id};
	_cleanup_close_ int opaque = -EBADF;

	(void)s;
	if (mkdirat(dirfd, "layers", 0700) < 0 || mkdirat(dirfd, "ctr", 0700) < 0)
		return err_set(err, errno, "create a directory");
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *d = xasprintf("layers/%s/diff/d", ids[i]);
		int q = fs_mkdirs_at(dirfd, d, 0755, err);

		if (q < 0)
			return q;
		strv_addf(&r->diff_ids, "sha256:%s", ids[i]);
	}
	{
		_cleanup_free_ char *hidden = xasprintf("layers/%s/diff/hidden", low_id);
		_cleanup_free_ char *below = xasprintf("layers/%s/diff/d/hidden", low_id);
		_cleanup_free_ char *white = xasprintf("layers/%s/diff/hidden", high_id);
		_cleanup_free_ char *d = xasprintf("layers/%s/diff/d", high_id);

		if (mknodat(dirfd, hidden, S_IFREG | 0644, 0) < 0 ||
			mknodat(dirfd, below, S_IFREG | 0644, 0) < 0 ||
			mknodat(dirfd, white, S_IFCHR | 0, makedev(0, 0)) < 0)
			return err_set(err, errno, "create a file");
		opaque = openat(dirfd, d, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fsetxattr(opaque, "user.overlay.opaque", "y", 1, 0) < 0)
		return err_set(err, errno, "set an extended attribute");
	return 0;
}

static int probe_serve(const struct rootfs *r, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int file;

	fd = driver_mount(r, err);
	if (fd < 0)
		return fd;
	if (faccessat(fd, "hidden", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		faccessat(fd, "d/hidden", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_say(
			err, EOPNOTSUPP, PROGRAM " does not understand the layers' whiteouts");
	file = openat(fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		return err_set(err, errno, "write through " PROGRAM);
	fd_close(file);
	return 0;
}

static int probe_child(const struct store *s, int dirfd, struct err *err)
{
	/* a store of its own for the short time */
	struct store tmp = {.fd = dirfd, .path = s->path};
	struct rootfs r = {.store = &tmp, .dirfd = -EBADF, .data = -EBADF};
	pid_t pid;
	int q;

	q = make_layers(s, dirfd, &r, err);
	if (q < 0)
		return q;
	r.dirfd = fs_opendir_at(dirfd, "ctr", err);
	if (r.dirfd < 0)
		return r.dirfd;
	q = driver_make_dirs(&r, err);
	if (q < 0)
		return q;
	q = helper_start(&r, &pid, err);
	if (q < 0)
		return q;
	q = probe_serve(&r, err);
	helper_stop(&r, pid);
	return q;
}

static int driver_probe(const struct store *s, struct err *err)
{
	return driver_probe_in_child(s, probe_child, err);
}

const struct driver driver_fuse_overlayfs = {
	.name = "fuse_overlayfs",
	.marker_files = true,
	.probe = driver_probe,
	.prepare = driver_make_dirs,
	.helper = helper_start,
	.mount = driver_mount,
	.show = driver_show,
	.stop = helper_stop,
};
