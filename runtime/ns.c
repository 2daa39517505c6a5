#include "runtime/ns.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/group.h"
#include "runtime/sync.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *type, *name;
	unsigned flag;
} kinds[NS_KINDS] = {
	/* the user namespace first: joining it gives the rights that the others need */
	{"user", "user", CLONE_NEWUSER},
	{"mount", "mnt", CLONE_NEWNS},
	{"pid", "pid", CLONE_NEWPID},
	{"network", "net", CLONE_NEWNET},
	{"ipc", "ipc", CLONE_NEWIPC},
	{"uts", "uts", CLONE_NEWUTS},
	{"cgroup", "cgroup", CLONE_NEWCGROUP},
	{"time", "time", CLONE_NEWTIME},
};

unsigned ns_flag(const char *type)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		if (str_eq(kinds[i].type, type))
			return kinds[i].flag;
	return 0;
}

const char *ns_name(size_t kind)
{
	return kinds[kind].name;
}

unsigned ns_kind_flag(size_t kind)
{
	return kinds[kind].flag;
}

void ns_done(struct ns *ns)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		ns->fd[i] = fd_close(ns->fd[i]);
	ns->proc = fd_close(ns->proc);
	ns->sysfs = fd_close(ns->sysfs);
	ns->mqueue = fd_close(ns->mqueue);
	idmaps_done(&ns->maps);
}

static int parse_entry(const json_t *entry, struct ns *ns, struct err *err)
{
	const char *type = json_get_str(entry, "type", ""),
		   *path = json_get_str(entry, "path", NULL);
	unsigned flag = ns_flag(type);
	int nstype;

	if (!flag)
		return err_set(err, EINVAL, "linux.namespaces: unknown type '%s'", type);
	if ((ns->create | ns->join) & flag)
		return err_set(err, EINVAL, "linux.namespaces: '%s' is listed twice", type);
	if (str_empty(path)) {
		ns->create |= flag;
		return 0;
	}
	if (flag == CLONE_NEWNS)
		return err_set(
			err, ENOTSUP, "linux.namespaces: a mount namespace cannot be joined");
	for (size_t i = 0; i < NS_KINDS; i++) {
		if (kinds[i].flag != flag)
			continue;
		ns->fd[i] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (ns->fd[i] < 0)
			return err_set(err, errno, "open %s namespace %s", type, path);
		/* NS_GET_NSTYPE, which also proves that it is a namespace */
		nstype = (int)syscall(SYS_ioctl, ns->fd[i], 0xb703UL);
		if (nstype < 0 || (unsigned)nstype != flag)
			return err_set(err, EINVAL, "%s is not a %s namespace", path, type);
	}
	ns->join |= flag;
	return 0;
}

static int parse_maps(
	const json_t *config, const struct idmaps *parent, struct ns *ns, struct err *err)
{
	const json_t *uid = json_path(config, "linux", "uidMappings", NULL);
	const json_t *gid = json_path(config, "linux", "gidMappings", NULL);
	struct idmap m = {0};
	int r;

	if (!(ns->create & CLONE_NEWUSER)) {
		idmap_identity(&parent->uid, &ns->maps.uid);
		idmap_identity(&parent->gid, &ns->maps.gid);
		return 0;
	}
	if (json_array_size(uid)) {
		r = idmap_from_json(uid, &m, err);
		if (r == 0)
			r = idmap_split(&m, &parent->uid, &ns->maps.uid, err);
		idmap_done(&m);
		if (r < 0)
			return r;
	} else {
		idmap_identity(&parent->uid, &ns->maps.uid);
	}
	if (json_array_size(gid)) {
		r = idmap_from_json(gid, &m, err);
		if (r == 0)
			r = idmap_split(&m, &parent->gid, &ns->maps.gid, err);
		idmap_done(&m);
		if (r < 0)
			return r;
	} else {
		idmap_identity(&parent->gid, &ns->maps.gid);
	}
	return 0;
}

int ns_parse(const json_t *config, const struct idmaps *parent, struct ns *ret, struct err *err)
{
	const json_t *list = json_path(config, "linux", "namespaces", NULL), *entry;
	size_t i;
	int r;

	json_array_foreach ((json_t *)(uintptr_t)list, i, entry) {
		r = parse_entry(entry, ret, err);
		if (r < 0)
			return r;
	}
	if (!(ret->create & CLONE_NEWNS))
		return err_set(err, EINVAL,
			"linux.namespaces: a container needs a mount namespace of its own");
	return parse_maps(config, parent, ret, err);
}

pid_t ns_clone3(unsigned flags, int cgroup, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		/* with CLONE_PARENT the signal is the intermediate process's own, SIGCHLD */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	return pid < 0 ? -errno : (pid_t)pid;
}

static int clone_error(int code, const struct ns *ns, struct err *err)
{
	err_set(err, code, "create the container's namespaces");
	if (code == ENOSPC)
		return err_hint(err, "a limit in /proc/sys/user/max_*_namespaces is reached; raise "
				     "it with sysctl");
	if (code == EUSERS)
		return err_hint(err, "user namespaces are nested too deeply");
	if (code == EPERM && (ns->create & CLONE_NEWUSER))
		return err_hint(err, "user namespaces are not allowed here; `rl doctor` tells what "
				     "forbids them");
	if (code == ENOSYS)
		return err_hint(err, "clone3(2) is missing: the kernel is older than 5.3, or an "
				     "outer sandbox forbids it");
	return -code;
}

static int write_map(pid_t pid, const char *file, const struct idmap *m, struct err *err)
{
	_cleanup_free_ char *text = idmap_format(m);
	_cleanup_close_ int fd = -EBADF;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "open %s", path);
	/* the kernel takes the whole map in one write or not at all */
	n = write(fd, text, strlen(text));
	if (n != (ssize_t)strlen(text))
		return err_set(err, n < 0 ? errno : EIO, "write the container's %s", file);
	return 0;
}

/*
 * procfs, sysfs and mqueue show the namespace of the process that makes them, and making one needs rights over
 * the namespace's owner, which init will not have.  So a short-lived child of the intermediate process, whose
 * descriptors it shares, does it in a mount namespace of its own.
 */
static int make_joined_fs(const char *fstype, struct err *err)
{
	int pidfd = -EBADF, status, fs, fd;
	pid_t pid = ns_clone3(CLONE_FILES, -EBADF, &pidfd);

	if (pid < 0)
		return err_set(err, -pid, "fork");
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || (fs = fsopen(fstype, FSOPEN_CLOEXEC)) < 0 ||
			fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
			_exit(0);
		fd = fsmount(fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		_exit(fd > 0 && fd < 256 ? fd : 0);
	}
	fd_close(pidfd);
	status = proc_wait(pid);
	if (status <= 0 || status >= 256)
		return err_set(err, EPERM, "mount %s of the joined namespace", fstype);
	return status;
}

static int make_joined(struct ns *ns, struct err *err)
{
	const struct {
		unsigned flag;
		const char *fstype;
		int *fd;
	} shown[] = {
		{CLONE_NEWPID, "proc", &ns->proc},
		{CLONE_NEWNET, "sysfs", &ns->sysfs},
		{CLONE_NEWIPC, "mqueue", &ns->mqueue},
	};

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		if (!(ns->join & shown[i].flag))
			continue;
		*shown[i].fd = make_joined_fs(shown[i].fstype, err);
		if (*shown[i].fd < 0)
			return *shown[i].fd;
	}
	return 0;
}

/* what clone(2) is to make */
static unsigned cloned(const struct ns *ns)
{
	unsigned later = CLONE_NEWTIME | (ns->late_cgroup ? CLONE_NEWCGROUP : 0);

	return ns->create & ~later;
}

/* The intermediate process: join, clone, report.  In the new process returns 0. */
static pid_t join_and_clone(struct ns *ns, int sock, int (*early)(void *arg, struct err *err),
	void *arg, struct err *err)
{
	_cleanup_close_ int pidfd = -EBADF;
	pid_t pid;
	int r;

	/* while it can be reached: a cgroup namespace that is joined may not show it */
	if (ns->cgroup >= 0) {
		r = group_move(ns->cgroup, 0);
		if (r < 0)
			return err_set(err, -r, "enter the container's control group");
	}
	if (ns->join & CLONE_NEWUSER) {
		r = early(arg, err);
		if (r < 0)
			return r;
		prctl(PR_SET_DUMPABLE, 0);
	}
	for (size_t i = 0; i < NS_KINDS; i++)
		if (ns->fd[i] >= 0 && setns(ns->fd[i], (int)kinds[i].flag) < 0)
			return err_set(err, errno, "join the %s namespace", kinds[i].type);
	/* with a joined user namespace init has the rights itself */
	if (!(ns->join & CLONE_NEWUSER)) {
		r = make_joined(ns, err);
		if (r < 0)
			return r;
	}
	pid = ns_clone3(cloned(ns) | CLONE_PARENT, -EBADF, &pidfd);
	if (pid < 0)
		return clone_error(-pid, ns, err);
	if (pid > 0 && sync_send_pid(sock, pid, pidfd) < 0)
		return err_set(err, EIO, "report the container's process");
	return pid;
}

static pid_t clone_joined(struct ns *ns, int (*early)(void *arg, struct err *err), void *arg,
	int *ret_pidfd, struct err *err)
{
	_cleanup_close_ int ours = -EBADF, theirs = -EBADF;
	struct sync_msg msg = {.fd = -EBADF};
	pid_t helper, pid;
	int fds[2], r;

	r = sync_pair(fds, err);
	if (r < 0)
		return r;
	ours = fds[0];
	theirs = fds[1];
	helper = fork();
	if (helper < 0)
		return err_set(err, errno, "fork");
	if (helper == 0) {
		struct err e = {0};

		ours = fd_close(ours);
		pid = join_and_clone(ns, theirs, early, arg, &e);
		if (pid == 0)
			return 0;
		if (pid < 0)
			sync_send_error(theirs, &e);
		_exit(pid < 0);
	}
	theirs = fd_close(theirs);
	r = sync_recv(ours, &msg, err);
	proc_wait(helper);
	if (r < 0)
		return r;
	if (msg.type != SYNC_PID || msg.fd < 0)
		return err_set(err, EPROTO, "the helper that joins namespaces ended unexpectedly");
	*ret_pidfd = msg.fd;
	return msg.value;
}

pid_t ns_clone(struct ns *ns, int (*early)(void *arg, struct err *err), void *arg, int *ret_pidfd,
	struct err *err)
{
	int dumpable = prctl(PR_GET_DUMPABLE), r = 0;
	int pidfd = -EBADF;
	pid_t pid;

	/* The map files and the child's own /proc/self belong to us only while the process is dumpable; the
	   child inherits that, and gives it up as soon as they are written.  Nothing inside can look at it
	   in the meantime: who shares its pid namespace has no rights over its new user namespace.  Where a user
	   namespace is joined, with its inhabitants, it is given up before. */
	prctl(PR_SET_DUMPABLE, 1);
	if (ns->join)
		pid = clone_joined(ns, early, arg, &pidfd, err);
	else
		pid = ns_clone3(cloned(ns), ns->cgroup, &pidfd);
	if (pid == 0)
		return 0;
	prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1 : 0);
	if (pid < 0)
		return ns->join ? pid : clone_error(-pid, ns, err);
	if (ns->create & CLONE_NEWUSER) {
		r = write_map(pid, "uid_map", &ns->maps.uid, err);
		if (r == 0)
			r = write_map(pid, "gid_map", &ns->maps.gid, err);
	}
	if (r < 0) {
		proc_pidfd_kill(pidfd, SIGKILL);
		proc_wait(pid);
		fd_close(pidfd);
		return r;
	}
	*ret_pidfd = pidfd;
	return pid;
}

int ns_enter_cgroup(const struct ns *ns, struct err *err)
{
	if (!ns->late_cgroup || !(ns->create & CLONE_NEWCGROUP))
		return 0;
	return unshare(CLONE_NEWCGROUP) < 0 ? err_set(err, errno, "create a cgroup namespace") : 0;
}

static int offset_line(const json_t *offsets, const char *clock, struct buf *out, struct err *err)
{
	const json_t *o = json_object_get(offsets, clock);
	int64_t secs = json_get_int(o, "secs", 0), nanos = json_get_int(o, "nanosecs", 0);

	if (!o)
		return 0;
	if (nanos < 0 || nanos > 999999999)
		return err_set(
			err, EINVAL, "linux.timeOffsets.%s: nanosecs is out of range", clock);
	return buf_addf(out, "%s %lld %lld\n", clock, (long long)secs, (long long)nanos);
}

int ns_enter_time(const json_t *config, struct err *err)
{
	const json_t *offsets = json_path(config, "linux", "timeOffsets", NULL);
	_cleanup_close_ int fd = -EBADF, self = -EBADF;
	_cleanup_buf_ struct buf text = {0};
	int r;

	if (unshare(CLONE_NEWTIME) < 0) {
		err_set(err, errno, "create a time namespace");
		return err_hint(
			err, "time namespaces need Linux 5.6; use --time=host without them");
	}
	r = offset_line(offsets, "monotonic", &text, err);
	if (r == 0)
		r = offset_line(offsets, "boottime", &text, err);
	if (r < 0)
		return r;
	if (text.len) {
		fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return err_set(err, errno, "open timens_offsets");
		if (write(fd, text.data, text.len) != (ssize_t)text.len)
			return err_set(err, errno, "set the offsets of the container's clocks");
	}
	self = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (self < 0 || setns(self, CLONE_NEWTIME) < 0)
		return err_set(err, errno, "enter the time namespace");
	return 0;
}
