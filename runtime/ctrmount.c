#include "runtime/ctrmount.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/ctrfs.h"
#include "runtime/ctrroot.h"

#include "storage/shown.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "mounted"

/* a mount can only be cloned in the namespace that it is in */
struct visit {
	int pidfd, sock;
};

static int clone_there(void *arg, struct err *err)
{
	const struct visit *v = arg;
	_cleanup_close_ int fd = -EBADF;
	char byte = 0;
	int r;

	if (setns(v->pidfd, CLONE_NEWNS) < 0)
		return err_set(err, errno, "enter the container's mount namespace");
	fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "clone the container's root");
	r = fd_send(v->sock, &byte, 1, &fd, 1);
	return r < 0 ? err_set(err, -r, "send the container's root") : 0;
}

static int clone_running(const struct container *c, struct err *err)
{
	_cleanup_close_ int pidfd = container_pidfd(c, err), here = -EBADF, there = -EBADF;
	int sock[2], fd = -EBADF, r;
	struct visit v;
	char byte;

	if (pidfd < 0)
		return pidfd;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		return err_set(err, errno, "make a socket");
	here = sock[0];
	there = sock[1];
	v = (struct visit){pidfd, there};
	r = proc_call("looks into the container", clone_there, &v, err);
	if (r < 0)
		return r;
	if (fd_recv(here, &byte, 1, &fd, 1) != 1 || fd < 0)
		return err_say(err, ECHILD, "the container's root did not come");
	return fd;
}

static int mount_stopped(struct container *c, struct err *err)
{
	_cleanup_(ctrroot_done) struct ctrroot root = CTRROOT_INIT;
	_cleanup_json_ json_t *config = NULL;
	int r = store_driver(c->cs->store, true, err);

	if (r == 0 && c->cs->store->driver->helper) {
		err_say(err, EOPNOTSUPP, "the storage driver %s mounts only what runs",
			c->cs->store->driver->name);
		return err_hint(err, "start it first, or use 'rl cp'");
	}
	if (r == 0)
		r = ctrmount_check(c, err);
	if (r == 0)
		r = container_config(c, &config, err);
	if (r == 0)
		r = ctrroot_mount(&root, c, config, err);
	return r < 0 ? r : take_fd(root.fd);
}

int ctrmount_show(struct container *c, char **ret, struct err *err)
{
	_cleanup_(ctrfs_done) struct ctrfs lock = CTRFS_INIT;
	_cleanup_close_ int fd = -EBADF;
	int r = ctrfs_lock(c, &lock, err);

	if (r >= 0)
		r = fd = r ? clone_running(c, err) : mount_stopped(c, err);
	if (r < 0)
		return r;
	if (mknodat(c->dirfd, MARK, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_set(err, errno, "create the file " MARK);
	/* with the lock held: who starts it then sees the mount */
	return shown_attach(c->cs->runpath, c->id, fd, ret, err);
}

void ctrmount_forget(const struct container *c)
{
	if (c->dirfd >= 0)
		unlinkat(c->dirfd, MARK, 0);
}

int ctrmount_check(const struct container *c, struct err *err)
{
	pid_t pid;

	if (faccessat(c->dirfd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	pid = shown_where(c->cs->runpath, c->id);
	if (pid > 0) {
		err_say(err, EBUSY, "the root of container %s is mounted where process %d is",
			container_label(c), (int)pid);
		return err_hint(
			err, "'rl unmount %s' there, or end that 'rl unshare'", container_label(c));
	}
	/* the namespace has ended, and the mount with it */
	ctrmount_forget(c);
	return 0;
}
