#include "cmd/doctor.h"

#include "cmd/human.h"
#include "network/net.h"
#include "network/slirp.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/cgroup.h"
#include "runtime/group.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "storage/driver.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* below it, the next pull is likely to fail */
#define FREE_WANTED ((uint64_t)1 << 30)

void doctor_workers(struct doctor *d, struct finding *f)
{
	static const char *const names[] = {"rl-subid", "rl-seccomp", "rl-transfer", "rl-init"};

	(void)d;
	finding_set(f, FINDING_OK, "installed");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = proc_libexec(names[i]);

		if (access(path, X_OK) == 0)
			continue;
		finding_set(f, FINDING_FAIL, "%s cannot be executed", path);
		finding_mend(f, "install rl again: make && make install");
		return;
	}
}

struct try_driver {
	const struct store *store;
	const struct driver *driver;
};

static int try_driver(void *arg, struct err *err)
{
	const struct try_driver *t = arg;

	return t->driver->probe(t->store, err);
}

/* Return: 0, or a negative errno when it was tried and did not work */
static int probe_driver(struct doctor *d, const struct driver *driver, struct err *err)
{
	struct try_driver t = {.driver = driver};
	int r = ctx_store(d->ctx, err);

	if (r < 0)
		return r;
	if (d->rundir < 0)
		return err_say(err, EIO, "not tried for lack of a runtime directory");
	t.store = &d->ctx->store;
	return userns_call(d->rundir, try_driver, &t, err);
}

void doctor_overlay(struct doctor *d, struct finding *f)
{
	struct err err = {0};

	if (probe_driver(d, &driver_overlay, &err) == 0) {
		finding_set(f, FINDING_OK, "the kernel's, in a user namespace");
		return;
	}
	finding_set(f, FINDING_WARN,
		"%s; rl uses fuse-overlayfs or copies instead, which is slower", err.msg);
	finding_mend(f, "use a kernel of 5.13 or newer, and a store on ext4, xfs or btrfs (rl "
			"--root DIR or RL_ROOT)");
}

void doctor_fuse(struct doctor *d, struct finding *f)
{
	_cleanup_close_ int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct err err = {0};

	if (fd < 0) {
		finding_set(f, FINDING_WARN, "open /dev/fuse: %s", strerror(errno));
		finding_mend(f, "as root: modprobe fuse && chmod 666 /dev/fuse   (needed only "
				"where overlay does not work)");
		return;
	}
	if (probe_driver(d, &driver_fuse_overlayfs, &err) == 0) {
		finding_set(f, FINDING_OK, "works");
		return;
	}
	finding_err(f, FINDING_WARN, &err);
	if (!*f->mend)
		finding_mend(f,
			"as root: apt install fuse-overlayfs, or dnf install fuse-overlayfs   "
			"(needed only where overlay does not work)");
}

void doctor_tun(struct doctor *d, struct finding *f)
{
	_cleanup_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)d;
	if (fd >= 0) {
		finding_set(f, FINDING_OK, "can be opened");
		return;
	}
	finding_set(f, FINDING_FAIL, "open /dev/net/tun: %s", strerror(errno));
	finding_mend(f, "as root: modprobe tun && chmod 666 /dev/net/tun");
	finding_mend(f, "and add the line 'tun' to /etc/modules-load.d/tun.conf to keep it; or use "
			"--network none or host");
}

/* In R: let slirp4netns bring up a network namespace, as for a container. */
static int try_slirp(void *arg, struct err *err)
{
	_cleanup_close_ int rd = -EBADF, wr = -EBADF, netns = -EBADF;
	struct net_conf conf = {.mode = NET_SLIRP};
	struct net n = NET_INIT;
	int r;
	char one = 0, path[32];
	pid_t pid;

	(void)arg;
	/* its sandbox unmounts what it sees, and where it is root that counts for all who share these mounts */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "make a mount namespace");
	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		one = unshare(CLONE_NEWNET) == 0;
		(void)!write(wr, &one, 1);
		pause();
		_exit(0);
	}
	wr = fd_close(wr);
	if (fd_read_full(rd, &one, 1) != 1 || !one)
		r = err_say(err, EPERM, "a network namespace cannot be made");
	if (r == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
		netns = open(path, O_RDONLY | O_CLOEXEC);
		r = net_start(&n, &conf, -EBADF, netns, err);
	}
	if (r == 0)
		r = net_ready(&n, err);
	net_done(&n);
	kill(pid, SIGKILL);
	proc_wait(pid);
	return r;
}

void doctor_slirp(struct doctor *d, struct finding *f)
{
	_cleanup_free_ char *version = NULL;
	struct err err = {0};

	if (slirp_version(&version, &err) < 0) {
		finding_err(f, FINDING_FAIL, &err);
		return;
	}
	if (d->rundir < 0) {
		finding_set(f, FINDING_WARN,
			"version %s, not tried for lack of a runtime directory", version);
		return;
	}
	if (userns_call(d->rundir, try_slirp, NULL, &err) == 0) {
		finding_set(f, FINDING_OK, "version %s brings up a network", version);
		return;
	}
	finding_set(f, FINDING_FAIL, "version %s: %s", version, err.msg);
	finding_mend(f, "%s",
		*err.hint && !strstr(err.hint, "rl doctor") ? err.hint
							    : "use --network none or host");
}

static void mend_delegate(struct finding *f)
{
	finding_mend(f, "as root, into /etc/systemd/system/user@.service.d/delegate.conf:");
	finding_mend(f, "  [Service]");
	finding_mend(f, "  Delegate=cpu cpuset io memory pids");
	finding_mend(f, "then: systemctl daemon-reload, and log in again");
}

/* Tell which controllers the group at @path can use, and which of those that limits need are missing. */
static void check_controllers(const char *path, struct finding *f)
{
	static const char *const wanted[] = {"cpu", "memory", "pids", "cpuset", "io"};
	_cleanup_free_ char *file = path_join(path, "cgroup.controllers");
	_cleanup_strv_ struct strv have = {0}, missing = {0};
	_cleanup_buf_ struct buf text = {0};
	_cleanup_free_ char *list = NULL;

	if (fs_read_at(AT_FDCWD, file, &text, NULL) == 0) {
		if (text.len && text.data[text.len - 1] == '\n')
			text.data[--text.len] = '\0';
		strv_split(&have, buf_str(&text), " ");
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strv_has(&have, wanted[i]))
			strv_add(&missing, wanted[i]);
	if (!missing.n) {
		finding_set(f, FINDING_OK, "%s has all controllers", path);
		return;
	}
	list = strv_join(&missing, " ");
	finding_set(f, FINDING_WARN,
		"%s lacks the controllers %s: limits that need them are refused", path, list);
	mend_delegate(f);
}

void doctor_cgroup(struct doctor *d, struct finding *f)
{
	_cleanup_free_ char *group = cgroup_default_group();
	_cleanup_free_ char *path = xasprintf(CGROUP_ROOT "%s", str_eq(group, "/") ? ""
								: group		   ? group
										   : "");

	(void)d;
	if (!group_unified(CGROUP_ROOT)) {
		finding_set(f, FINDING_WARN,
			group_unified(CGROUP_ROOT "/unified")
				? "hybrid: the controllers belong to cgroup v1, which rl does not "
				  "use; limits are refused"
				: "no unified cgroup v2 at /sys/fs/cgroup; limits are refused");
		finding_mend(f, "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's "
				"command line");
		return;
	}
	if (group) {
		check_controllers(path, f);
	} else {
		finding_set(f, FINDING_WARN, "no group is delegated to you; limits are refused");
		if (access("/run/systemd/system", F_OK) == 0)
			finding_mend(f, "log in through the login manager or ssh, so that systemd "
					"--user runs (package dbus-user-session)");
		else
			finding_mend(f, "let the administrator make a group, chown it to you with "
					"its cgroup.procs and cgroup.subtree_control, and start "
					"your session in it");
	}
}

static const struct {
	long magic;
	const char *name, *trouble;
} odd_filesystems[] = {
	{NFS_SUPER_MAGIC, "NFS",
		"files of subordinate ids and extended attributes do not work on it"},
	{0xff534d42, "CIFS", "files of subordinate ids and extended attributes do not work on it"},
	{0xfe534d42, "SMB", "files of subordinate ids and extended attributes do not work on it"},
	{ECRYPTFS_SUPER_MAGIC, "ecryptfs", "overlay does not work on it"},
	{OVERLAYFS_SUPER_MAGIC, "overlayfs", "overlay does not work on it"},
	{TMPFS_MAGIC, "tmpfs", "images are gone at the next boot and use memory"},
	{V9FS_MAGIC, "9p", "files of subordinate ids and extended attributes do not work on it"},
};

void doctor_store(struct doctor *d, struct finding *f)
{
	char size[HUMAN_MAX];
	struct err err = {0};
	struct statfs st;
	uint64_t bytes;

	if (ctx_store(d->ctx, &err) < 0) {
		finding_err(f, FINDING_FAIL, &err);
		return;
	}
	if (fstatfs(d->ctx->store.fd, &st) < 0 || fs_free_bytes(d->ctx->store.fd, &bytes) < 0) {
		finding_set(f, FINDING_WARN, "%s: %s", d->ctx->store.path, strerror(errno));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd_filesystems); i++)
		if ((unsigned long)st.f_type == (unsigned long)odd_filesystems[i].magic) {
			finding_set(f, FINDING_WARN, "%s is on %s: %s", d->ctx->store.path,
				odd_filesystems[i].name, odd_filesystems[i].trouble);
			finding_mend(f, "put the store on a local disk: rl --root DIR, or export "
					"RL_ROOT=DIR");
			return;
		}
	finding_set(f,
		bytes < FREE_WANTED || (st.f_files && st.f_ffree < 1000) ? FINDING_WARN
									 : FINDING_OK,
		"%s, %s free", d->ctx->store.path, human_size(bytes, size));
	if (f->status == FINDING_WARN)
		finding_mend(f, "make room: rl rmi what is not needed, or move the store with rl "
				"--root DIR");
}
