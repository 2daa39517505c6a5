/*
 * A further process in a running container (launch_join).
 *
 *     caller ──fork──▶ helper: setns ──clone3(CLONE_PARENT)──▶ process ──▶ command
 *
 * Only a child enters a pid namespace, so two processes are needed; but the second is the caller's own child, and the
 * helper is gone before the command runs: nothing has to pass on exit codes.  The helper is born in the container's control group;
 * where only systemd may put a process of ours there, it waits until that is done.  Both are not dumpable from the
 * first moment on, so no process of the container can look at their memory, their descriptors or their executable.
 */
#include "runtime/launch.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/caps.h"
#include "runtime/child.h"
#include "runtime/cgroup.h"
#include "runtime/devices.h"
#include "runtime/group.h"
#include "runtime/ns.h"
#include "runtime/process.h"
#include "runtime/rootfs.h"
#include "runtime/sync.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* what is prepared outside */
struct joiner {
	struct process process;
	struct seccomp seccomp;
	struct notify notify;
	const struct join *j;
	int trampoline, sync, pidfd, cgroup;
	int proc; /* the caller's procfs, where a security label is to be set; of no use to the container, and gone before its command runs */
	char *group; /* where init is */
	bool moved;  /* the helper has to wait until it is put there */
	bool given; /* the group belongs to a user of the container's: the helper goes there as one who may do all inside */
	unsigned flags;
};

static void joiner_done(struct joiner *o)
{
	process_done(&o->process);
	seccomp_done(&o->seccomp);
	notify_done(&o->notify);
	fd_close(o->trampoline);
	fd_close(o->sync);
	fd_close(o->pidfd);
	fd_close(o->cgroup);
	fd_close(o->proc);
	free(o->group);
}

/* the namespaces in which the container is not where we are: joining one's own is an error for some */
static int differing(pid_t pid, unsigned *ret, struct err *err)
{
	for (size_t i = 0; i < NS_KINDS; i++) {
		struct stat ours, theirs;
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_name(i));
		if (stat(path, &ours) < 0)
			continue; /* a kernel without this kind */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns_name(i));
		if (stat(path, &theirs) < 0)
			return err_set(err, errno == ENOENT ? ESRCH : errno,
				"look at the container's namespaces");
		if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
			*ret |= ns_kind_flag(i);
	}
	return 0;
}

/* The group that init is in by now: one that manages groups of its own has left the first, and nobody else may be in that then. */
static int find_group(const struct join *j, struct joiner *o, struct err *err)
{
	char pid[16];

	if (!j->group)
		return 0;
	snprintf(pid, sizeof(pid), "%d", (int)j->pid);
	o->group = group_of(pid);
	if (!o->group || !str_after(o->group, j->group))
		return err_set(err, ESRCH, "find the container's control group");
	o->cgroup = group_open(CGROUP_ROOT, o->group, err);
	return o->cgroup < 0 ? o->cgroup : 0;
}

static int prepare(const struct join *j, struct joiner *o, struct err *err)
{
	const json_t *seccomp = json_path(j->config, "linux", "seccomp", NULL);
	_cleanup_free_ char *bundle = NULL;
	int r = process_parse(j->process, j->config, &o->process, err);

	if (r < 0)
		return r;
	if (j->privileged) {
		o->process.caps.bounding = o->process.caps.permitted = caps_all();
		o->process.caps.effective = o->process.caps.permitted;
		o->process.no_new_privs = false;
		seccomp = NULL;
	}
	r = seccomp_prepare(seccomp, j->seccomp_cache, &o->seccomp, err);
	if (r == 0 && o->seccomp.notifies) {
		bundle = launch_dir_path(j->bundle);
		r = notify_prepare(&o->seccomp, j->config, bundle, j->pid, &o->notify, err);
	}
	if (r < 0)
		return r;
	o->trampoline = process_trampoline(
		json_string_value(json_path(j->config, "linux", "mountLabel", NULL)), err);
	if (o->trampoline < 0)
		return o->trampoline;
	o->pidfd = proc_pidfd(j->pid);
	if (o->pidfd < 0)
		return err_set(err, -o->pidfd, "the container's process is gone");
	/* checked while the pidfd holds it: the number may belong to another process by now */
	if (j->start_time && proc_start_time(j->pid) != j->start_time)
		return err_set(err, ESRCH, "the container's process is gone");
	/* the container's own /proc is what the container made of it */
	if (lsm_wanted(&o->process.label)) {
		o->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (o->proc < 0)
			return err_set(err, errno, "open /proc");
	}
	r = find_group(j, o, err);
	return r < 0 ? r : differing(j->pid, &o->flags, err);
}

/* inside, as a member of the pid namespace */
static int process_main(struct joiner *o, struct err *err)
{
	_cleanup_close_ int root = -EBADF, cwd = -EBADF, master = -EBADF, slave = -EBADF,
			    attr = -EBADF;
	struct process_env env = {
		.sync = o->sync,
		.trampoline = o->trampoline,
		.stdio = {o->j->stdio[0], o->j->stdio[1], o->j->stdio[2]},
		.seccomp = &o->seccomp,
		.preserve = o->j->preserve,
	};
	struct sync_msg msg = {.fd = -EBADF};
	int r;

	if (o->proc >= 0) {
		attr = lsm_open_attr(o->proc, err);
		if (attr < 0)
			return attr;
		o->proc = fd_close(o->proc);
	}
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_set(err, errno, "open the container's root");
	cwd = rootfs_workdir(root, o->process.cwd, false, err);
	if (cwd < 0)
		return cwd;
	if (o->process.terminal) {
		master = devices_console(root, o->process.console_size, NULL, &slave, err);
		if (master < 0)
			return master;
	}
	r = sync_send(o->sync, SYNC_READY, master);
	master = fd_close(master);
	if (r < 0)
		_exit(1);
	r = sync_recv(o->sync, &msg, err);
	if (r < 0 || msg.type != SYNC_GO)
		_exit(1);
	env.cwd = cwd;
	env.attr = attr;
	env.slave = slave;
	return process_become(&o->process, &env, err);
}

static int enter_given(struct joiner *o, struct err *err)
{
	int r = setns(o->pidfd, CLONE_NEWUSER) < 0 ? -errno : group_move(o->cgroup, 0);

	o->flags &= ~(unsigned)CLONE_NEWUSER;
	return r < 0 ? err_set(err, -r, "enter the container's control group") : 0;
}

static int enter(struct joiner *o, struct err *err)
{
	int r;

	process_raise_limits(&o->process, 0);
	r = process_set_oom(&o->process, err);
	if (r < 0)
		return r;
	/* before the first of the container's processes can see this one */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_set(err, errno, "clear the dumpable flag");
	if (o->given && (r = enter_given(o, err)) < 0)
		return r;
	if (o->flags && setns(o->pidfd, (int)o->flags) < 0) {
		err_set(err, errno, "enter the container's namespaces");
		if (err->code == ESRCH)
			return err_hint(err, "the container has just ended");
		return -err->code;
	}
	return 0;
}

static void wait_moved(struct joiner *o)
{
	struct sync_msg msg = {.fd = -EBADF};

	if (o->moved && (sync_recv(o->sync, &msg, NULL) < 0 || msg.type != SYNC_MAPPED))
		_exit(1);
}

static void helper_main(struct joiner *o) __attribute__((noreturn));
static void helper_main(struct joiner *o)
{
	int pidfd = -EBADF;
	struct err err = {0};
	pid_t pid;

	proc_reset_signals();
	umask(022);
	wait_moved(o);
	if (enter(o, &err) == 0) {
		pid = ns_clone3(CLONE_PARENT, -EBADF, &pidfd);
		if (pid == 0) {
			process_main(o, &err);
			sync_send_error(o->sync, &err);
			_exit(1);
		}
		if (pid > 0)
			_exit(sync_send_pid(o->sync, pid, pidfd) < 0);
		err_set(&err, -pid, "fork inside the container");
	}
	sync_send_error(o->sync, &err);
	_exit(1);
}

/* SYNC_PID and SYNC_READY come from two processes, in any order */
static int wait_ready(struct launched *l, struct err *err)
{
	bool ready = false;

	while (!ready || l->pid <= 0) {
		struct sync_msg msg = {.fd = -EBADF};
		int r = sync_recv(l->sync, &msg, err);

		if (r < 0)
			return r;
		if (msg.type == SYNC_PID && l->pid <= 0) {
			l->pid = msg.value;
			l->pidfd = msg.fd;
		} else if (msg.type == SYNC_READY && !ready) {
			ready = true;
			l->console = msg.fd;
		} else {
			fd_close(msg.fd);
			return err_set(err, ECHILD, "the process ended while it was set up");
		}
	}
	return 0;
}

/* a process of a login session may not go into @group of @unit by itself, and systemd may send it */
static int ask_systemd(
	const char *address, const char *unit, const char *group, pid_t pid, struct err *err)
{
	struct scope_call call = SCOPE_CALL_INIT;
	int r = scope_attach(address, unit, group, pid, &call, err);

	return r < 0 ? r : scope_wait(&call, err);
}

/* Return: as fork(2), or a negative errno */
static pid_t fork_helper(struct joiner *o, int sync, struct err *err)
{
	_cleanup_free_ char *address = NULL, *unit = NULL;
	const char *below;
	int pidfd = -EBADF;
	pid_t pid = ns_clone3(0, o->cgroup, &pidfd);

	if (pid > 0)
		fd_close(pidfd);
	if (pid != -EACCES || o->cgroup < 0)
		return pid < 0 ? err_set(err, -pid, "fork") : pid;
	address = scope_address();
	below = scope_unit_of(o->group, &unit);
	o->moved = address && below;
	o->given = !o->moved;
	if (o->given && !(o->flags & CLONE_NEWUSER))
		return err_set(err, EACCES, "enter the container's control group");
	pid = fork();
	if (pid <= 0)
		return pid < 0 ? err_set(err, errno, "fork") : 0;
	if (o->given)
		return pid;
	if (ask_systemd(address, unit, below, pid, err) == 0) {
		sync_send(sync, SYNC_MAPPED, -EBADF);
		return pid;
	}
	kill(pid, SIGKILL);
	proc_wait(pid);
	return err_wrap(err, "enter the container's control group");
}

int launch_join(const struct join *j, struct launched *ret, struct err *err)
{
	_cleanup_(joiner_done) struct joiner o = {.j = j,
		.trampoline = -EBADF,
		.sync = -EBADF,
		.pidfd = -EBADF,
		.cgroup = -EBADF,
		.proc = -EBADF};
	struct launched l = LAUNCHED_INIT;
	int fds[2] = {-EBADF, -EBADF}, r;
	pid_t helper;

	r = prepare(j, &o, err);
	if (r == 0)
		r = sync_pair(fds, err);
	if (r < 0)
		return r;
	l.sync = fds[0];
	l.notify = o.notify;
	o.notify = (struct notify){0};
	o.sync = fds[1];
	helper = fork_helper(&o, l.sync, err);
	if (helper < 0) {
		launch_done(&l);
		return helper;
	}
	if (helper == 0) {
		fd_close(l.sync);
		helper_main(&o);
	}
	o.sync = fd_close(o.sync);
	r = wait_ready(&l, err);
	proc_wait(helper);
	if (r == 0)
		r = launch_exec(&l, err);
	if (r < 0) {
		launch_done(&l);
		return r;
	}
	*ret = l;
	return 0;
}
