/*
 * Theory of operation: a child in R opens the root and sends it over a socket.  A mount namespace that was made for it ends
 * with its last process, and what is mounted below the root would be gone with it; so would the process that
 * serves the driver's file system.  Therefore the child waits until the socket is shut down.
 */
#include "runtime/ctrfs.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/ctrmount.h"
#include "runtime/ctrroot.h"
#include "runtime/mounts.h"
#include "runtime/rootfs.h"
#include "runtime/state.h"
#include "runtime/user.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOCK_STEP_MS 200
#define LOCK_WAIT_MS 60000

/* the child's answer: an error, or the user; the root comes with it */
struct answer {
	struct err err;
	uint32_t user[2];
};

static int open_running(const struct container *c, struct err *err)
{
	_cleanup_close_ int pidfd = container_pidfd(c, err), root = -EBADF;
	char path[40];

	if (pidfd < 0)
		return pidfd;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)c->pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_set(err, errno, "open the root of container %s", container_label(c));
	/* still alive: then the root was its own */
	if (proc_pidfd_kill(pidfd, 0) < 0)
		return err_set(err, ESRCH, "container %s has just ended", container_label(c));
	return take_fd(root);
}

static int own_mounts(struct container *c, struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(err, errno, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "make the mount namespace private");
	return store_reopen(c->cs->store, &c->dirfd, 1, err);
}

/* what else the container would mount is made anew at each start, and nothing that is in it stays */
static void keep_binds(struct mount_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		struct mount_op op = plan->op[i];

		if (op.kind != MOUNT_BIND && op.kind != MOUNT_OVERLAY)
			continue;
		plan->op[i] = plan->op[n];
		plan->op[n++] = op;
	}
	plan->n = n;
}

static int mount_all(
	struct container *c, struct ctrroot *root, const json_t *config, struct err *err)
{
	struct mount_plan plan = {0};
	struct mount_env env = {.proc = -EBADF, .sysfs = -EBADF, .mqueue = -EBADF};
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	size_t all;
	int r = mounts_plan(config, &plan, err);

	all = plan.n; /* for the end: all are owned */
	keep_binds(&plan);
	if (r == 0)
		r = mounts_open_sources(&plan, "/", err);
	if (r == 0)
		r = ctrroot_mount(root, c, config, err);
	if (r == 0)
		r = rootfs_attach(root->fd, err);
	env.root = root->fd;
	env.user = json_path(config, "process", "user", NULL);
	if (r == 0)
		r = mounts_execute(&plan, &env, err);
	if (r == 0 && json_is_true(json_path(config, "root", "readonly", NULL)) &&
		mount_setattr(root->fd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		r = err_set(err, errno, "make the root read-only");
	plan.n = all;
	mount_plan_done(&plan);
	return r;
}

static int open_root(struct container *c, struct ctrroot *root, struct answer *a, struct err *err)
{
	_cleanup_json_ json_t *config = NULL;
	struct user user = {0};
	int r = container_config(c, &config, err);

	if (r < 0)
		return r;
	if (container_is_running(c)) {
		r = root->fd = open_running(c, err);
	} else {
		r = ctrmount_check(c, err);
		if (r == 0)
			r = own_mounts(c, err);
		if (r == 0)
			r = mount_all(c, root, config, err);
	}
	if (r < 0)
		return r;
	/* who is not in its passwd is nobody whom files could be given to */
	if (user_resolve(root->fd, json_path(config, "process", "user", NULL), &user, NULL) == 0) {
		a->user[0] = user.uid;
		a->user[1] = user.gid;
	}
	user_done(&user);
	return 0;
}

static _Noreturn void keeper_main(struct container *c, int sock)
{
	struct ctrroot root = CTRROOT_INIT;
	struct answer a = {0};
	char end;
	int r;

	/* whoever waits for us says when it is over, on a socket that ends with him */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	r = open_root(c, &root, &a, &a.err);
	/* what was looked for and not found on the way is no failure */
	if (r == 0)
		a.err = (struct err){0};
	if (fd_send(sock, &a, sizeof(a), &root.fd, r < 0 ? 0 : 1) == 0 && r >= 0)
		while (read(sock, &end, 1) < 0 && errno == EINTR)
			;
	ctrroot_done(&root);
	_exit(0);
}

static int start_keeper(struct container *c, struct ctrfs *f, struct err *err)
{
	int sock[2], r = 0;
	struct answer a;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		return err_set(err, errno, "make a socket");
	f->keeper = sock[0];
	f->pid = userns_fork(c->cs->rundir, err);
	if (f->pid == 0) {
		fd_close(sock[0]);
		keeper_main(c, sock[1]);
	}
	fd_close(sock[1]);
	if (f->pid < 0)
		return f->pid;
	n = fd_recv(f->keeper, &a, sizeof(a), &f->root, 1);
	if (n != sizeof(a))
		return err_say(err, ECHILD, "the process that opens the file system died");
	if (a.err.code) {
		*err = a.err;
		r = -a.err.code;
	}
	memcpy(f->user, a.user, sizeof(f->user));
	return r < 0 ? err_wrap(err, "look into container %s", container_label(c)) : 0;
}

static int lock_taken(struct container *c, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	/* an init that outlived its monitor would still write */
	state_kill_orphan(c);
	/* by our own lock it looks as if it were starting or running */
	c->status = CONTAINER_EXITED;
	return 0;
}

int ctrfs_lock(struct container *c, struct ctrfs *f, struct err *err)
{
	f->c = c;
	for (int64_t until = clock_ms() + LOCK_WAIT_MS;;) {
		int r = container_refresh(c, err);

		if (r < 0)
			return r;
		if (c->status == CONTAINER_DAMAGED)
			return err_say(err, EBADMSG, "container %s is damaged", container_label(c));
		if (c->held && container_is_running(c))
			return 1;
		f->lock = state_lock(c->cs, c->id, LOCK_STEP_MS, &f->runfd, NULL);
		if (f->lock >= 0)
			break;
		if (f->lock != -EWOULDBLOCK)
			return err_set(err, -f->lock, "lock container %s", container_label(c));
		if (clock_ms() > until)
			return err_say(err, EBUSY, "container %s is in use by another command",
				container_label(c));
	}
	return lock_taken(c, err);
}

int ctrfs_open(struct container *c, struct ctrfs *ret, struct err *err)
{
	struct ctrfs f = CTRFS_INIT;
	int r;

	r = ctrfs_lock(c, &f, err);
	if (r >= 0)
		r = start_keeper(c, &f, err);
	if (r < 0) {
		ctrfs_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}

/* the directory that the lock made, if nothing else is in it */
static void remove_rundir(const struct ctrfs *f)
{
	_cleanup_strv_ struct strv names = {0};

	if (fs_list_at(f->runfd, ".", &names, NULL) == 0 && names.n == 1)
		state_clear(f->c->cs, f->c->id);
}

void ctrfs_done(struct ctrfs *f)
{
	f->root = fd_close(f->root);
	if (f->keeper >= 0)
		shutdown(f->keeper, SHUT_RDWR);
	f->keeper = fd_close(f->keeper);
	if (f->pid > 0)
		proc_wait(f->pid);
	f->pid = 0;
	if (f->lock >= 0)
		remove_rundir(f);
	f->lock = fd_close(f->lock);
	f->runfd = fd_close(f->runfd);
}
