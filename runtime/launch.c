#include "runtime/launch.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/child.h"
#include "runtime/secrets.h"
#include "runtime/shared_ns.h"
#include "runtime/sync.h"
#include "runtime/sysctl.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

char *launch_dir_path(int fd)
{
	char link[PATH_OF_FD_MAX], path[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : readlink(path_of_fd(fd, link), path, sizeof(path));

	return n > 0 && n < PATH_MAX ? xstrndup(path, (size_t)n) : xstrdup("/");
}

/* All that can be wrong with the configuration is found before anything exists. */
static int prepare(const struct launch *l, struct child *c, struct err *err)
{
	const json_t *linux_ = json_object_get(l->config, "linux");
	int r;

	c->l = l;
	r = ns_parse(l->config, l->maps, &c->ns, err);
	if (r == 0)
		r = mounts_plan(l->config, &c->plan, err);
	if (r == 0)
		r = process_parse(
			json_object_get(l->config, "process"), l->config, &c->process, err);
	if (r == 0)
		r = secrets_env(
			json_object_get(l->config, "process"), l->bundle, &c->process.env, err);
	if (r == 0)
		r = sysctl_check(json_object_get(linux_, "sysctl"), c->ns.create, err);
	if (r == 0)
		r = seccomp_prepare(
			json_object_get(linux_, "seccomp"), l->seccomp_cache, &c->seccomp, err);
	c->bundle = launch_dir_path(l->bundle);
	if (r == 0)
		r = notify_prepare(&c->seccomp, l->config, c->bundle, 0, &c->notify, err);
	if (r < 0)
		return r;
	c->ns.cgroup = l->cgroup;
	c->ns.late_cgroup = l->cgroup >= 0 || l->place;
	if (l->driver && l->root < 0) {
		c->store_path = launch_dir_path(l->rootfs->store->fd);
		c->dir_path = launch_dir_path(l->rootfs->dirfd);
		if (l->rootfs->tree)
			c->data_path = launch_dir_path(l->rootfs->data);
	}
	c->trampoline = process_trampoline(
		json_string_value(json_path(l->config, "linux", "mountLabel", NULL)), err);
	return c->trampoline < 0 ? c->trampoline : 0;
}

/* before the child hides: it does so as soon as it has its maps */
static void note_namespaces(const struct ns *ns, struct launched *l)
{
	char path[32];

	if (ns->create & CLONE_NEWNET) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)l->pid);
		l->netns = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (ns->create & CLONE_NEWUSER)
		l->userns = shared_ns_own_userns(l->pid);
}

int launch_clone(const struct launch *l, struct launched *ret, struct err *err)
{
	_cleanup_(child_done) struct child c = CHILD_INIT;
	_cleanup_close_ int sync = -EBADF;
	int pidfd = -EBADF, fds[2] = {-EBADF, -EBADF}, r;
	pid_t pid;

	r = prepare(l, &c, err);
	if (r == 0)
		r = sync_pair(fds, err);
	if (r < 0)
		return r;
	sync = fds[0];
	c.sync = fds[1];
	pid = ns_clone(&c.ns, child_own_proc, &c, &pidfd, err);
	if (pid == 0) {
		/* its end only: a launcher that is gone must be seen as end of file */
		fd_close(sync);
		child_run(&c);
	}
	if (pid < 0)
		return pid;
	*ret = (struct launched){.pid = pid,
		.pidfd = pidfd,
		.console = -EBADF,
		.netns = -EBADF,
		.sync = take_fd(sync),
		.notify = c.notify};
	c.notify = (struct notify){0};
	note_namespaces(&c.ns, ret);
	process_raise_limits(&c.process, pid);
	r = l->place ? l->place(l->place_arg, pid, err) : 0;
	if (r == 0) {
		r = sync_send(ret->sync, SYNC_MAPPED, -EBADF);
		if (r < 0)
			err_set(err, -r, "start the container's process");
	}
	if (r < 0)
		launch_done(ret);
	return r;
}

static int died(const struct launched *l, struct err *err)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)l->pidfd, &info, WEXITED | WNOWAIT) == 0 &&
		info.si_code != CLD_EXITED)
		return err_set(err, ECHILD,
			"the container's process was killed by signal %d while it was set up",
			info.si_status);
	return err_set(err, ECHILD, "the container's process ended while it was set up");
}

int launch_wait(struct launched *l, struct err *err)
{
	struct sync_msg msg = {.fd = -EBADF};
	int r = sync_recv(l->sync, &msg, err);

	if (r < 0)
		return r;
	if (msg.type != SYNC_READY) {
		fd_close(msg.fd);
		return died(l, err);
	}
	l->console = msg.fd;
	return 0;
}

static int pass_listener(void *arg, int fd, struct err *err)
{
	struct launched *l = arg;
	int r;

	/* once: what comes when the filter is in force may come from somebody who got hold of rl-exec */
	if (!l->notify.path)
		return err_set(err, EPROTO, "the container's process wants a listener");
	r = notify_send(&l->notify, l->pid, fd, err);
	notify_done(&l->notify);
	return r;
}

int launch_exec(struct launched *l, struct err *err)
{
	int r = sync_send(l->sync, SYNC_GO, -EBADF);

	if (r < 0)
		return died(l, err);
	r = sync_wait_exec(l->sync, pass_listener, l, err);
	if (r < 0)
		return r;
	if (r == 0)
		return died(l, err);
	l->sync = fd_close(l->sync);
	notify_done(&l->notify);
	return 0;
}

void launch_done(struct launched *l)
{
	if (l->sync >= 0 && l->pid > 0) {
		proc_pidfd_kill(l->pidfd, SIGKILL);
		proc_wait(l->pid);
		l->pid = 0;
	}
	l->sync = fd_close(l->sync);
	l->console = fd_close(l->console);
	l->netns = fd_close(l->netns);
	l->pidfd = fd_close(l->pidfd);
	notify_done(&l->notify);
}
