/*
 * How R is made: a child is cloned into a new user namespace and does nothing but exist.  The
 * caller, still outside, has its maps written (by newuidmap and newgidmap, or itself for a single
 * id), then joins the child's namespace and ends it.  Until the maps are complete nothing is
 * irreversible: a refused map costs a new child, and the caller can still fall back.
 */
#include "userns/userns.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "userns/hold.h"
#include "userns/limits.h"
#include "userns/newidmap.h"
#include "userns/subid.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* of a process that only waits; malloc(3) aligns it */
#define SEED_STACK 16384

/* userns_enter() found that this process needs no R: there is nothing to announce then. */
static bool stayed;

void userns_done(struct userns *u)
{
	idmaps_done(&u->maps);
	*u = (struct userns){0};
}

/* the maps of the namespace that process @pid ("self" too) is in, towards its parent */
static int read_maps(const char *pid, struct idmaps *ret, struct err *err)
{
	_cleanup_free_ char *uid = xasprintf("/proc/%s/uid_map", pid);
	_cleanup_free_ char *gid = xasprintf("/proc/%s/gid_map", pid);
	struct idmaps maps = {0};
	int r;

	r = idmap_read(uid, &maps.uid, err);
	if (r == 0)
		r = idmap_read(gid, &maps.gid, err);
	if (r < 0)
		idmaps_done(&maps);
	else
		*ret = maps;
	return r;
}

static bool can_administrate(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t admin = CAP_CLEAR, setuid = CAP_CLEAR;

	if (caps) {
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
		cap_get_flag(caps, CAP_SETUID, CAP_EFFECTIVE, &setuid);
		cap_free(caps);
	}
	return admin == CAP_SET && setuid == CAP_SET;
}

/* Fill @ret if this process needs no R: 1 if so, 0 if not. */
static int query_root(struct userns *ret, struct err *err)
{
	_cleanup_(idmaps_done) struct idmaps now = {0};
	int r;

	if (geteuid() != 0 || !can_administrate())
		return 0;
	r = read_maps("self", &now, err);
	if (r < 0)
		return r;
	if (idmap_count(&now.uid) < 2 || idmap_count(&now.gid) < 2)
		return 0;
	*ret = (struct userns){.mode = USERNS_ROOT};
	idmap_identity(&now.uid, &ret->maps.uid);
	idmap_identity(&now.gid, &ret->maps.gid);
	return 1;
}

/* The same for a process that is about to enter R. */
static int stays(struct userns *ret, struct err *err)
{
	int r;

	/* A write of its own: with the comparison's result stored as the first write to this page after a fork(2), the way
	   on was a wrong one on a processor emulated by qemu 7.2. */
	stayed = false;
	r = query_root(ret, err);
	if (r > 0)
		stayed = true;
	return r;
}

static void single(struct userns *ret, const char *why, const char *mend)
{
	*ret = (struct userns){.mode = USERNS_SINGLE};
	idmap_add(&ret->maps.uid, 0, geteuid(), 1);
	idmap_add(&ret->maps.gid, 0, getegid(), 1);
	snprintf(ret->why, sizeof(ret->why), "%s%s%s", why, *mend ? "; " : "", mend);
}

/* what a new R would be */
static int plan(int rundir, struct userns *ret, struct err *err)
{
	_cleanup_(idmaps_done) struct idmaps maps = {0};
	_cleanup_free_ char *mend = NULL;
	struct err why = {0};
	int r;

	r = newidmap_check(&why);
	if (r == -ERR_NO_OBJECT) {
		single(ret, why.msg, why.hint);
		return 0;
	}
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	r = subid_maps(rundir, geteuid(), getegid(), &maps, err);
	if (r < 0)
		return r;
	if (maps.uid.n < 2 || maps.gid.n < 2) {
		mend = xasprintf("as root: usermod --add-subuids 100000-165535 --add-subgids "
				 "100000-165535 $(id -nu %u)",
			(unsigned)geteuid());
		single(ret,
			maps.uid.n < 2 ? "no subordinate user ids are assigned to this user"
				       : "no subordinate group ids are assigned to this user",
			mend);
		return 0;
	}
	*ret = (struct userns){.mode = USERNS_RANGES, .maps = maps};
	maps = (struct idmaps){0};
	return 0;
}

int userns_query(int rundir, struct userns *ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct hold found;
	int r;

	r = query_root(ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	fd = hold_find(rundir, &found);
	if (fd >= 0 && !found.single) {
		char pid[16];
		struct idmaps maps;

		snprintf(pid, sizeof(pid), "%d", (int)found.pid);
		if (read_maps(pid, &maps, NULL) == 0) {
			*ret = (struct userns){.mode = USERNS_RANGES, .maps = maps};
			return 0;
		}
	}
	return plan(rundir, ret, err);
}

/* Become root of the user namespace @fd and tell what it is. */
static int join(int fd, const char *why, struct userns *ret, struct err *err)
{
	int r;

	if (setns(fd, CLONE_NEWUSER) < 0)
		return err_set(err, errno, "join the user namespace");
	/* the user's own supplementary groups stay: dropping them could grant what they deny */
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return err_set(err, errno, "become root of the user namespace");
	*ret = (struct userns){.mode = USERNS_RANGES};
	r = read_maps("self", &ret->maps, err);
	if (r < 0)
		return r;
	if (idmap_count(&ret->maps.uid) < 2) {
		ret->mode = USERNS_SINGLE;
		snprintf(ret->why, sizeof(ret->why), "%s", why);
	}
	return 0;
}

static int write_proc(pid_t pid, const char *name, const char *text, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/%s", (int)pid, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno, "open %s", path);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return err_set(err, errno, "write %s", path);
	return 0;
}

static int write_single(pid_t pid, const struct userns *u, struct err *err)
{
	_cleanup_free_ char *uid = idmap_format(&u->maps.uid);
	_cleanup_free_ char *gid = idmap_format(&u->maps.gid);
	int r;

	/* the kernel lets an unprivileged process map its group only where setgroups(2) can never
	 * be used */
	r = write_proc(pid, "setgroups", "deny", err);
	if (r == 0)
		r = write_proc(pid, "gid_map", gid, err);
	if (r == 0)
		r = write_proc(pid, "uid_map", uid, err);
	return r;
}

struct seed {
	pid_t parent;
};

/* The namespace's first process.  It shares our memory: only system calls, and it never returns. */
static int seed_main(void *arg)
{
	const struct seed *s = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == s->parent)
		pause();
	_exit(0);
}

static pid_t seed_start(struct seed *s, void *stack, size_t size, struct err *err)
{
	sigset_t all, old;
	pid_t pid;
	int code;

	/* nothing but SIGKILL may run code of ours in the memory we share */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	s->parent = getpid();
	pid = clone(seed_main, (char *)stack + size, CLONE_VM | CLONE_NEWUSER | SIGCHLD, s);
	code = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid >= 0)
		return pid;
	err_set(err, code, "create a user namespace");
	limits_explain(code, err);
	return -code;
}

static void seed_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	proc_wait(pid);
}

static int write_maps(pid_t pid, const struct userns *u, struct err *err)
{
	return u->mode == USERNS_SINGLE ? write_single(pid, u, err)
					: newidmap_write(pid, &u->maps, err);
}

/* Make a namespace with the maps of @u; Return: its descriptor. */
static int make_once(const struct userns *u, struct err *err)
{
	_Alignas(16) char stack[SEED_STACK];
	struct seed seed;
	char path[32];
	int fd, r;
	pid_t pid;

	pid = seed_start(&seed, stack, sizeof(stack), err);
	if (pid < 0)
		return pid;
	r = write_maps(pid, u, err);
	if (r == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? err_set(err, errno, "open %s", path) : fd;
	}
	seed_stop(pid);
	return r;
}

static int make(int rundir, struct userns *u, struct err *err)
{
	/* an undumpable process's /proc directory is root's, and the helpers would refuse it */
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	struct userns again;
	int fd;

	if (dumpable != 1)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	fd = make_once(u, err);
	if (fd < 0 && u->mode == USERNS_RANGES) {
		/* the ranges may have been taken away without a trace in the files we look at */
		subid_forget(rundir);
		if (plan(rundir, &again, err) == 0) {
			userns_done(u);
			*u = again;
			fd = make_once(u, err);
		}
	}
	if (dumpable != 1)
		prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0, 0, 0);
	return fd;
}

/* word for userns_notice() */
static void leave_note(int rundir, const char *why)
{
	if (faccessat(rundir, "userns/told", F_OK, 0) < 0)
		fs_write_at(rundir, "userns/note", why, strlen(why), 0600, 0, NULL);
}

int userns_notice(int rundir, struct buf *ret)
{
	if (renameat(rundir, "userns/note", rundir, "userns/told") < 0)
		return -errno;
	return fs_read_at(rundir, "userns/told", ret, NULL);
}

/* Join a live R if one is as good as what would be made; -ENOENT if not.  @planned is filled when
 * it was needed. */
static int join_found(
	int rundir, struct userns *planned, bool *have_plan, struct userns *ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct hold found;
	int r;

	fd = hold_find(rundir, &found);
	if (fd < 0)
		return -ENOENT;
	if (found.single) {
		/* made when there were no ranges; look whether that was mended since */
		if (!*have_plan) {
			r = plan(rundir, planned, err);
			if (r < 0)
				return r;
			*have_plan = true;
		}
		if (planned->mode == USERNS_RANGES)
			return -ENOENT;
	}
	return join(fd, *have_plan ? planned->why : "", ret, err);
}

/*
 * An R on its way (userns_begin).  @seed is 0 when there is none; its stack, and below that its argument, are on the heap
 * because it outlives the call.  A forked child inherits all this, and may join the namespace as well.
 */
static struct {
	pid_t seed;
	void *stack;
	int lock, ns;
	struct newidmap maps;
	struct userns plan;
} begun = {.lock = -EBADF, .ns = -EBADF, .maps = NEWIDMAP_INIT};

void userns_begin(int rundir)
{
	_cleanup_(userns_done) struct userns planned = {0}, root = {0};
	_cleanup_close_ int live = -EBADF, lock = -EBADF;
	struct hold found;
	char path[32];

	if (begun.seed > 0 || query_root(&root, NULL) != 0)
		return;
	lock = lock_open(rundir, "userns/lock", LOCK_EXCLUSIVE, LOCK_NOW, NULL);
	if (lock < 0)
		return;
	/* with the lock held, so that whoever was before us has announced his R */
	live = hold_find(rundir, &found);
	if (live >= 0 || plan(rundir, &planned, NULL) < 0 || planned.mode != USERNS_RANGES)
		return;
	begun.lock = take_fd(lock);
	begun.plan = planned;
	planned = (struct userns){0};
	begun.stack = xmalloc(SEED_STACK);
	begun.seed = seed_start(begun.stack, begun.stack, SEED_STACK, NULL);
	if (begun.seed > 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)begun.seed);
		begun.ns = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (begun.ns < 0 || newidmap_start(begun.seed, &begun.plan.maps, &begun.maps, NULL) < 0)
		userns_begun_done();
}

void userns_begun_done(void)
{
	if (begun.seed > 0)
		seed_stop(begun.seed);
	begun.seed = 0;
	newidmap_finish(&begun.maps, NULL);
	begun.lock = fd_close(begun.lock);
	begun.ns = fd_close(begun.ns);
	userns_done(&begun.plan);
	free(take_ptr(begun.stack));
}

size_t userns_begun_fds(int fds[USERNS_BEGUN_FDS])
{
	const int all[USERNS_BEGUN_FDS] = {
		begun.lock, begun.ns, begun.maps.helper[0].out, begun.maps.helper[1].out};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i] >= 0)
			fds[n++] = all[i];
	return n;
}

/* Whether the helpers have done all that was asked of them.  They are not our children, so the maps must tell; those
   are gone with the seed if our parent has died. */
static bool begun_complete(void)
{
	_cleanup_(idmaps_done) struct idmaps now = {0};
	char pid[16];

	newidmap_await(&begun.maps);
	snprintf(pid, sizeof(pid), "%d", (int)begun.seed);
	return read_maps(pid, &now, NULL) == 0 &&
	       idmap_count(&now.uid) == idmap_count(&begun.plan.maps.uid) &&
	       idmap_count(&now.gid) == idmap_count(&begun.plan.maps.gid);
}

/* In a process that has entered R, by this way or another: whoever waits for the lock may go on, and nothing stays open
   for the life of a monitor. */
static void begun_leave(void)
{
	begun.lock = lock_drop(begun.lock);
	begun.ns = fd_close(begun.ns);
	for (size_t i = 0; i < ARRAY_SIZE(begun.maps.helper); i++)
		begun.maps.helper[i].out = fd_close(begun.maps.helper[i].out);
}

/* -ENOENT if nothing usable was begun: then it is made anew, where a failure is explained */
static int enter_begun(int rundir, struct userns *ret, struct err *err)
{
	int r = -ENOENT;

	if (begun.seed <= 0)
		return r;
	if (begun_complete()) {
		r = join(begun.ns, "", ret, err);
		if (r == 0)
			r = hold_make(rundir, err);
	}
	begun_leave();
	return r;
}

int userns_enter(int rundir, struct userns *ret, struct err *err)
{
	_cleanup_(userns_done) struct userns planned = {0};
	_cleanup_close_ int lock = -EBADF, fd = -EBADF;
	bool have_plan = false;
	int r;

	r = stays(ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = enter_begun(rundir, ret, err);
	if (r == -ENOENT)
		r = join_found(rundir, &planned, &have_plan, ret, err);
	if (r != -ENOENT)
		return r;
	lock = lock_open(rundir, "userns/lock", LOCK_EXCLUSIVE, LOCK_FOREVER, err);
	if (lock < 0)
		return lock;
	r = join_found(rundir, &planned, &have_plan, ret, err);
	if (r != -ENOENT)
		return r;
	if (!have_plan) {
		r = plan(rundir, &planned, err);
		if (r < 0)
			return r;
	}
	fd = make(rundir, &planned, err);
	if (fd < 0)
		return fd;
	log_debug("made a new root namespace");
	if (planned.mode == USERNS_SINGLE)
		leave_note(rundir, planned.why);
	r = join(fd, planned.why, ret, err);
	if (r < 0)
		return r;
	/* from here on, before the lock is released: those who wait for it shall find this R */
	return hold_make(rundir, err);
}

int userns_enter_of(pid_t pid, struct userns *ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/ns/user", (int)pid);
	_cleanup_close_ int self = -EBADF, ns = -EBADF;
	uid_t owner;
	int r;

	begun_leave();
	r = stays(ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	self = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		return err_set(err, errno, "open /proc/self/ns/user");
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_set(err, errno, "open %s", path);
	/* R is the ancestor right below us; the container's own may be R itself (--userns=host) */
	for (;;) {
		_cleanup_close_ int parent = ioctl(ns, NS_GET_PARENT);

		if (parent < 0)
			return err_set(err, errno, "process %d is not in a namespace of this user",
				(int)pid);
		if (fd_same_file(parent, self))
			break;
		fd_close(ns);
		ns = take_fd(parent);
	}
	if (ioctl(ns, NS_GET_OWNER_UID, &owner) < 0 || owner != geteuid())
		return err_set(err, EPERM,
			"the user namespace of process %d belongs to another user", (int)pid);
	return join(ns, "", ret, err);
}

int userns_hold(int rundir, struct err *err)
{
	int fd;

	if (!stayed)
		return hold_take(rundir, err);
	fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "open /proc/self/ns/user") : fd;
}

pid_t userns_fork(int rundir, struct err *err)
{
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	struct userns u = {0};
	struct err sent = {0};
	int r;
	pid_t pid;

	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		rd = fd_close(rd);
		if (userns_enter(rundir, &u, &sent) < 0) {
			err_send(wr, &sent);
			_exit(125);
		}
		userns_done(&u);
		return 0;
	}
	wr = fd_close(wr);
	r = err_recv(rd, &sent);
	if (r == 0)
		return pid;
	proc_wait(pid);
	if (err)
		*err = sent;
	return -sent.code;
}

struct call {
	int rundir;
	int (*fn)(void *arg, struct err *err);
	void *arg;
};

static int enter_and_call(void *arg, struct err *err)
{
	const struct call *c = arg;
	struct userns u = {0};
	int r = userns_enter(c->rundir, &u, err);

	userns_done(&u);
	return r < 0 ? r : c->fn(c->arg, err);
}

int userns_call(int rundir, int (*fn)(void *arg, struct err *err), void *arg, struct err *err)
{
	struct call c = {rundir, fn, arg};

	return proc_call("works in the user namespace", enter_and_call, &c, err);
}
