#include "runtime/freeze.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* one that stands in the way of its children, because the kernel does not let it go, is then not waited for */
#define ORDER_MS 2000
/* namespaces cannot be deeper */
#define NS_DEPTH 33
/* the whole line; the longest command has 64 bytes */
#define STAT_MAX 1024
/* since Linux 6.11, later than many headers */
#ifndef NS_GET_TGID_IN_PIDNS
#define NS_GET_TGID_IN_PIDNS _IOR(NSIO, 0x9, int)
#endif

/* what one look finds */
struct tasks {
	struct freeze_task *v;
	size_t n, size;
};

static void tasks_done(struct tasks *t)
{
	free(t->v);
}

/* ---- what a process does ---- */

static bool is_still(char state)
{
	return strchr("TtZX", state) != NULL;
}

int freeze_parse(const char *text, struct freeze_task *ret)
{
	struct freeze_task t = {0};
	/* the command in field 2 may hold anything: count from behind its last ')' */
	const char *p = strrchr(text, ')');

	t.pid = (pid_t)strtol(text, NULL, 10);
	for (int field = 3; p; field++) {
		p = strchr(p, ' ');
		if (!p || !*++p)
			break;
		if (field == 3)
			t.state = *p;
		else if (field == 4)
			t.parent = (pid_t)strtol(p, NULL, 10);
		else if (field == 20)
			t.threads = strtol(p, NULL, 10);
		else if (field == 22) {
			t.start = strtoull(p, NULL, 10);
			break;
		}
	}
	if (t.pid <= 0 || t.start == 0)
		return -EBADMSG;
	t.still = is_still(t.state);
	*ret = t;
	return 0;
}

static int read_task(int dirfd, const char *pid, struct freeze_task *ret)
{
	char path[40], text[STAT_MAX];
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;

	snprintf(path, sizeof(path), "%.20s/stat", pid);
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : fd_read_full(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	return freeze_parse(text, ret);
}

/* Each thread stops for itself, and the first one may have ended before the others. */
static void look_at_threads(int proc, struct freeze_task *t)
{
	char path[32];
	int fd;
	DIR *dir;
	struct dirent *de;

	snprintf(path, sizeof(path), "%d/task", (int)t->pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (de = readdir(dir))) {
		struct freeze_task thread;

		if (*de->d_name == '.' || read_task(fd, de->d_name, &thread) < 0 || thread.still)
			continue;
		t->still = false;
		t->state = thread.state;
		break;
	}
	if (dir)
		closedir(dir);
	else
		fd_close(fd);
}

/* ---- whose it is ---- */

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Return: 1 if the namespace is @ino or below it, 0 if not, or a negative errno if that cannot be seen */
static int is_within(int proc, const char *pid, const char *kind, ino_t ino)
{
	_cleanup_close_ int fd = -EBADF;
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "%.20s/ns/%s", pid, kind);
	if (fstatat(proc, path, &st, 0) < 0)
		return -errno;
	if (st.st_ino == ino)
		return 1;
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < NS_DEPTH; i++) {
		int parent = ioctl(fd, NS_GET_PARENT);

		fd_close(fd);
		fd = parent;
		if (fd >= 0 && inode_of(fd) == ino)
			return 1;
	}
	return 0;
}

static bool is_own(const struct freeze *f, int proc, const char *pid)
{
	int user = f->userns ? is_within(proc, pid, "user", f->userns) : 1;
	int r = user == 0 || !f->pidns ? user : is_within(proc, pid, "pid", f->pidns);

	if (user >= 0 && r >= 0)
		return r;
	/* a program that only its owner may read hides its namespaces; where the kernel can be asked it tells */
	return f->pidns && ioctl(f->nsfd, NS_GET_TGID_IN_PIDNS, (long)strtol(pid, NULL, 10)) > 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct freeze_task *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int look(const struct freeze *f, struct tasks *t, struct err *err)
{
	DIR *dir = opendir("/proc");
	struct dirent *de;

	if (!dir)
		return err_set(err, errno, "open /proc");
	while ((de = readdir(dir))) {
		struct freeze_task task;
		uint64_t pid;

		/* the numbers first: who they belong to is asked then, and again before a signal */
		if (parse_u64_max(de->d_name, INT32_MAX, &pid) < 0 ||
			read_task(dirfd(dir), de->d_name, &task) < 0 ||
			!is_own(f, dirfd(dir), de->d_name))
			continue;
		if (task.threads > 1)
			look_at_threads(dirfd(dir), &task);
		if (t->n == t->size) {
			t->size = t->size ? 2 * t->size : 64;
			t->v = xreallocarray(t->v, t->size, sizeof(*t->v));
		}
		t->v[t->n++] = task;
	}
	closedir(dir);
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_pid);
	return 0;
}

/* ---- stopping ---- */

bool freeze_may_stop(const struct freeze_task *v, size_t n, size_t i)
{
	struct freeze_task key = {.pid = v[i].parent};
	const struct freeze_task *parent = bsearch(&key, v, n, sizeof(*v), by_pid);

	return !parent || parent->still;
}

static void remember(struct freeze *f, const struct freeze_task *t)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].pid == t->pid && f->v[i].start == t->start)
			return;
	if (f->n == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		f->v = xreallocarray(f->v, f->size, sizeof(*f->v));
	}
	f->v[f->n++] = (struct frozen){.pid = t->pid, .start = t->start};
}

/* A signal for the process of that number and time, not for one that has its number by now. */
static int send(pid_t pid, uint64_t start, int sig)
{
	_cleanup_close_ int pidfd = proc_pidfd(pid);

	if (pidfd < 0 || proc_start_time(pid) != start)
		return -ESRCH;
	return proc_pidfd_kill(pidfd, sig);
}

/*
 * One that stands still already without being remembered was stopped by the container itself.  If it was to stop just
 * now by itself, and had not yet when it was looked at, it goes on with the others: nobody can tell.
 */
static void stop_some(struct freeze *f, const struct tasks *t)
{
	bool in_order = clock_ms() - f->since < ORDER_MS, seen = false, quiet = true;

	f->stuck = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct freeze_task *task = &t->v[i];

		seen |= task->pid == f->init;
		if (task->still)
			continue;
		quiet = false;
		f->stuck = task->pid;
		f->stuck_state = task->state;
		if (in_order && !freeze_may_stop(t->v, t->n, i))
			continue;
		if (send(task->pid, task->start, SIGSTOP) == 0)
			remember(f, task);
	}
	f->calm = seen && quiet ? f->calm + 1 : 0;
}

static int give_up(struct freeze *f, struct err *err)
{
	int r = err_say(err, ETIMEDOUT, "process %d of the container does not stop (state %c)",
		(int)f->stuck, f->stuck ? f->stuck_state : '?');

	err_hint(err, f->stuck_state == 'D'
			      ? "it waits for a device or a file system; try again when that "
				"answers"
			      : "try again when the machine is less busy");
	freeze_thaw(f);
	return r;
}

int freeze_begin(struct freeze *f, pid_t init, bool own_userns, bool own_pidns, struct err *err)
{
	struct freeze n = FREEZE_INIT;
	char path[40];
	struct stat st;

	if (!own_userns && !own_pidns) {
		err_say(err, ENOTSUP,
			"its processes cannot be told from others: it shares their PID namespace "
			"and their user namespace");
		return err_hint(err, "give it one of its own: --pid private or --userns private");
	}
	n.init = init;
	n.since = clock_ms();
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)init);
	if (own_userns && stat(path, &st) < 0)
		return err_set(err, errno, "look at the container's namespaces");
	n.userns = own_userns ? st.st_ino : 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)init);
	if (own_pidns) {
		n.nsfd = open(path, O_RDONLY | O_CLOEXEC);
		if (n.nsfd < 0)
			return err_set(err, errno, "look at the container's namespaces");
		n.pidns = inode_of(n.nsfd);
	}
	*f = n;
	return 0;
}

int freeze_step(struct freeze *f, struct err *err)
{
	_cleanup_(tasks_done) struct tasks t = {0};
	int r = look(f, &t, err);

	if (r < 0) {
		freeze_thaw(f);
		return r;
	}
	stop_some(f, &t);
	if (f->calm >= 2)
		return 0;
	return clock_ms() - f->since < FREEZE_LIMIT_MS ? -EAGAIN : give_up(f, err);
}

void freeze_thaw(struct freeze *f)
{
	while (f->n > 0) {
		const struct frozen *p = &f->v[--f->n];

		send(p->pid, p->start, SIGCONT);
	}
	freeze_done(f);
}

void freeze_done(struct freeze *f)
{
	free(f->v);
	fd_close(f->nsfd);
	*f = (struct freeze)FREEZE_INIT;
}
