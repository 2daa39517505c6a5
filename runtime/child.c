#include "runtime/child.h"

#include "runtime/accounts.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/devices.h"
#include "runtime/rootfs.h"
#include "runtime/sync.h"
#include "runtime/sysctl.h"

#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void child_done(struct child *c)
{
	ns_done(&c->ns);
	mount_plan_done(&c->plan);
	process_done(&c->process);
	seccomp_done(&c->seccomp);
	notify_done(&c->notify);
	free(take_ptr(c->bundle));
	free(take_ptr(c->store_path));
	free(take_ptr(c->dir_path));
	free(take_ptr(c->data_path));
	c->trampoline = fd_close(c->trampoline);
	c->sync = fd_close(c->sync);
}

/* Wait for the id maps.
   May: nothing at all, for until then this process has no identity.
   Must not: outlive the launcher. */
static int stage_wait_maps(struct child *c, struct err *err)
{
	struct sync_msg msg = {.fd = -EBADF};
	int r;

	proc_reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sync_peer_gone(c->sync))
		_exit(1);
	r = sync_recv(c->sync, &msg, err);
	if (r == 0 && msg.type != SYNC_MAPPED)
		_exit(1);
	return r;
}

/* Make the group that this process is in by now the root of what it sees.
   Must: come after the maps, before which the launcher may still move this process. */
static int stage_cgroup(struct child *c, struct err *err)
{
	return ns_enter_cgroup(&c->ns, err);
}

int child_own_proc(void *arg, struct err *err)
{
	struct child *c = arg;
	int r = process_set_oom(&c->process, err);

	if (r == 0 && (c->ns.create & CLONE_NEWTIME))
		r = ns_enter_time(c->l->config, err);
	return r;
}

/* What is written to our own /proc/self: clocks, oom_score_adj.
   May: use the host's procfs, while this process is still dumpable and its files are its own.
   Must not: come after anything of the container's is visible. */
static int stage_own_proc(struct child *c, struct err *err)
{
	return c->ns.join & CLONE_NEWUSER ? 0 : child_own_proc(c, err);
}

/* Hide from whoever shares the pid namespace: /proc/PID/{exe,fd,mem,…} of a process that is not dumpable need
   CAP_SYS_PTRACE outside of all containers.
   Must: stay so until the exec. */
static int stage_hide(struct child *c, struct err *err)
{
	(void)c;
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? err_set(err, errno, "clear the dumpable flag") : 0;
}

/* the same directory, as this mount namespace has it */
static int reopen(const char *path, int fd, struct err *err)
{
	_cleanup_close_ int again = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (again < 0)
		return err_set(err, errno, "open %s", path);
	if (!fd_same_file(fd, again))
		return err_set(err, ESTALE, "open %s", path);
	return take_fd(again);
}

/* Open the storage and the sources of bind mounts.
   May: open paths of the host, as the user who asked for them.
   Must not: have become another user yet. */
static int stage_sources(struct child *c, struct err *err)
{
	if (c->l->driver && c->l->root < 0) {
		c->store = reopen(c->store_path, c->l->rootfs->store->fd, err);
		if (c->store < 0)
			return c->store;
		c->dir = reopen(c->dir_path, c->l->rootfs->dirfd, err);
		if (c->dir < 0)
			return c->dir;
		if (c->l->rootfs->tree && c->l->rootfs->data >= 0) {
			c->data = reopen(c->data_path, c->l->rootfs->data, err);
			if (c->data < 0)
				return c->data;
		}
	}
	return mounts_open_sources(&c->plan, c->bundle, err);
}

/* Become root of the container's user namespace, so that what is made belongs to it.
   May: leave the user who called; the capabilities stay.
   Must not: drop groups that give access to something bound; that is done with the identity. */
static int stage_become_root(struct child *c, struct err *err)
{
	uint32_t id;

	if ((c->ns.create | c->ns.join) & CLONE_NEWUSER) {
		if (idmap_to_outside(&c->ns.maps.gid, 0, &id) && getegid() != 0 &&
			setresgid(0, 0, 0) < 0)
			return err_set(err, errno, "become group 0 of the container");
		if (idmap_to_outside(&c->ns.maps.uid, 0, &id) && geteuid() != 0 &&
			setresuid(0, 0, 0) < 0)
			return err_set(err, errno, "become user 0 of the container");
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

static int open_bundle_root(const struct child *c, const char *path, struct err *err)
{
	_cleanup_free_ char *abs = path_is_abs(path) ? xstrdup(path) : path_join(c->bundle, path);
	int fd = open_tree(AT_FDCWD, abs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? err_set(err, errno, "open root file system %s", abs) : fd;
}

static int mount_by_driver(const struct child *c, struct err *err)
{
	struct rootfs rootfs = *c->l->rootfs;
	struct store store = *rootfs.store;
	int fd;

	store.fd = c->store;
	rootfs.store = &store;
	rootfs.dirfd = c->dir;
	rootfs.data = c->data;
	fd = c->l->driver->mount(&rootfs, err);
	if (fd == -EINVAL && rootfs.base)
		err_hint(err,
			"if something is mounted below %s, unmount it, or name a directory further "
			"down",
			rootfs.base);
	return fd < 0 ? err_wrap(err, "mount the container's root") : fd;
}

/* Mount the root and attach it.
   May: use host paths (the storage's).
   Must not: let a mount reach the host: everything is private first. */
static int stage_root(struct child *c, struct err *err)
{
	const char *path = json_string_value(json_path(c->l->config, "root", "path", NULL));
	int r;

	if (c->l->driver) {
		c->layers = c->l->root >= 0 ? c->l->root : mount_by_driver(c, err);
		if (c->layers < 0)
			return c->layers;
	}
	if (c->l->driver && !c->l->rootfs->bare) {
		c->root = take_fd(c->layers);
	} else {
		if (str_empty(path))
			return err_set(err, EINVAL, "config.json has no root.path");
		c->root = open_bundle_root(c, path, err);
		if (c->root < 0)
			return c->root;
	}
	r = rootfs_attach(c->root, err);
	if (r < 0)
		return r;
	c->null = devices_null(err);
	return c->null < 0 ? c->null : 0;
}

/* Parameters of the kernel, and the way to the security label that is asked for before the exec.
   Who has the host's processes has the host's procfs, which shows what belongs to whoever looks: the host is seen still. */
static int use_proc(struct child *c, struct err *err)
{
	const json_t *sysctls = json_path(c->l->config, "linux", "sysctl", NULL);
	_cleanup_close_ int host = -EBADF;
	bool label = lsm_wanted(&c->process.label);
	int r;

	if (c->proc < 0 && (label || json_object_size(sysctls))) {
		host = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (host < 0)
			return err_set(err, errno, "open /proc");
		if (!mounts_is_proc(host))
			return err_set(err, EPERM, "the host's /proc is no procfs");
	}
	r = sysctl_apply(sysctls, host >= 0 ? host : c->proc, c->ns.create, err);
	if (r < 0 || !label)
		return r;
	c->attr = lsm_open_attr(host >= 0 ? host : c->proc, err);
	return c->attr < 0 ? c->attr : 0;
}

/* Make the procfs that all writes below /proc go through.
   May: only use this one, never the path /proc, which the image or a mount may have shaped.
   Must not: be attached yet. */
static int stage_proc(struct child *c, struct err *err)
{
	if (c->ns.proc >= 0) {
		c->proc = take_fd(c->ns.proc);
	} else if ((c->ns.create | c->ns.join) & CLONE_NEWPID) {
		c->proc = mounts_new_fs("proc", "proc", NULL,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
		if (c->proc == -EPERM)
			return err_hint(err,
				"the outer container hides parts of its /proc, so the kernel "
				"allows no new one: "
				"run the outer one with --security-opt unmask=/proc/*");
		if (c->proc < 0)
			return c->proc;
	}
	if (c->proc >= 0 && !mounts_is_proc(c->proc))
		return err_set(err, EPERM, "the container's procfs is not one");
	return use_proc(c, err);
}

/* Let /etc/passwd and /etc/group know the container's user.
   May: write into the root that the container has for itself.
   Must not: come after a mount, through which it would write what belongs to others. */
static int stage_accounts(struct child *c, struct err *err)
{
	return accounts_add(c->root, c->process.user, err);
}

/* Execute the mount plan.
   May: create missing mount points in the root.
   Must not: resolve a path anywhere but below the root's descriptor. */
static int stage_mounts(struct child *c, struct err *err)
{
	struct mount_env env = {
		.root = c->root,
		.proc = c->proc,
		.sysfs = c->ns.sysfs,
		.mqueue = c->ns.mqueue,
		.layers = c->layers,
		.own_group = c->ns.late_cgroup,
		.create = c->ns.create | (c->ns.join & CLONE_NEWUSER ? c->ns.join : 0),
		.maps = &c->ns.maps,
		.user = c->process.user,
	};

	return mounts_execute(&c->plan, &env, err);
}

/* Device nodes, the terminal, hidden and read-only paths, the working directory.
   May: bind nodes of the host that were checked by their numbers.
   Must not: come before the user's mounts, which could cover them. */
static int stage_dress(struct child *c, struct err *err)
{
	int r = devices_make(c->root, c->l->config, &c->plan, c->null, err);

	if (r == 0 && c->process.terminal) {
		c->master =
			devices_console(c->root, c->process.console_size, &c->plan, &c->slave, err);
		r = c->master < 0 ? c->master : 0;
	}
	if (r < 0)
		return r;
	c->cwd = rootfs_workdir(c->root, c->process.cwd, true, err);
	if (c->cwd < 0)
		return c->cwd;
	return rootfs_hide(c->root, c->l->config, c->null, err);
}

/* Make the root read-only where asked, and move in.
   Must: be the last to see the host. */
static int stage_pivot(struct child *c, struct err *err)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	const json_t *readonly = json_path(c->l->config, "root", "readonly", NULL);

	if (json_is_true(readonly) &&
		mount_setattr(c->root, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return err_set(err, errno, "make the container's root read-only");
	return rootfs_pivot(c->root, err);
}

static int loopback_up(struct err *err)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &req) < 0)
		return err_set(err, errno, "bring up the loopback interface");
	return 0;
}

/* Names and the loopback interface.
   Must not: touch a namespace that is shared. */
static int stage_names(struct child *c, struct err *err)
{
	const char *host = json_get_str(c->l->config, "hostname", NULL);
	const char *domain = json_get_str(c->l->config, "domainname", NULL);

	if ((c->ns.create & CLONE_NEWUTS) && host && sethostname(host, strlen(host)) < 0)
		return err_set(err, errno, "set host name %s", host);
	if ((c->ns.create & CLONE_NEWUTS) && domain && setdomainname(domain, strlen(domain)) < 0)
		return err_set(err, errno, "set domain name %s", domain);
	return c->ns.create & CLONE_NEWNET ? loopback_up(err) : 0;
}

/* Wait before the gate: the launcher finishes the network meanwhile, and decides when the command starts. */
static int stage_gate(struct child *c, struct err *err)
{
	struct sync_msg msg = {.fd = -EBADF};
	int r = sync_send(c->sync, SYNC_READY, c->master);

	if (r < 0)
		_exit(1);
	c->master = fd_close(c->master);
	r = sync_recv(c->sync, &msg, err);
	if (r == 0 && msg.type != SYNC_GO)
		_exit(1);
	return r;
}

/* Identity, capabilities, filter, exec: process.c.
   Must: be the last stage. */
static int stage_become(struct child *c, struct err *err)
{
	struct process_env env = {
		.sync = c->sync,
		.trampoline = c->trampoline,
		.cwd = c->cwd,
		.attr = c->attr,
		.stdio = {c->l->stdio[0], c->l->stdio[1], c->l->stdio[2]},
		.slave = c->slave,
		.seccomp = &c->seccomp,
		.preserve = c->l->preserve,
		.die_with_parent = true,
		.lent = c->l->lent,
	};

	return process_become(&c->process, &env, err);
}

static const struct {
	const char *name;
	int (*run)(struct child *c, struct err *err);
} stages[] = {
	{"wait for maps", stage_wait_maps},
	{"cgroup", stage_cgroup},
	{"own proc", stage_own_proc},
	{"hide", stage_hide},
	{"sources", stage_sources},
	{"become root", stage_become_root},
	{"root", stage_root},
	{"proc", stage_proc},
	{"accounts", stage_accounts},
	{"mounts", stage_mounts},
	{"dress", stage_dress},
	{"pivot", stage_pivot},
	{"names", stage_names},
	{"gate", stage_gate},
	{"become", stage_become},
};

void child_run(struct child *c)
{
	struct err err = {0};

	/* the launcher's umask is the user's; what is made here has the modes that are asked for */
	umask(0);
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		int r = stages[i].run(c, &err);

		log_debug("init: %s", stages[i].name);
		if (r < 0)
			break;
	}
	sync_send_error(c->sync, &err);
	_exit(1);
}
