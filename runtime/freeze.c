#include "runtime/freeze.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"
#include "runtime/group.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* one that stands in the way of its children, because the kernel does not let it go, is then not waited for */
#define ORDER_MS 2000

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
	char text[PROC_STAT_MAX];
	int r = proc_read_stat(dirfd, pid, text);

	return r < 0 ? r : freeze_parse(text, ret);
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
			!members_has(&f->who, dirfd(dir), de->d_name))
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

		seen |= task->pid == f->who.init;
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

void freeze_begin_group(struct freeze *f, int group)
{
	*f = (struct freeze)FREEZE_INIT;
	f->group = group;
	f->since = clock_ms();
}

/* Return: as freeze_step() */
static int step_group(struct freeze *f, struct err *err)
{
	int r = group_write(f->group, "cgroup.freeze", "1");

	if (r == 0 && group_value(f->group, "cgroup.events", "frozen"))
		return 0;
	if (r == 0 && clock_ms() - f->since < FREEZE_LIMIT_MS)
		return -EAGAIN;
	if (r < 0) {
		err_set(err, -r, "freeze the container's control group");
	} else {
		r = err_say(err, ETIMEDOUT, "a process of the container does not stop");
		err_hint(
			err, "it waits for a device or a file system; try again when that answers");
	}
	freeze_thaw(f);
	return r;
}

int freeze_begin(struct freeze *f, pid_t init, bool own_userns, bool own_pidns, struct err *err)
{
	struct freeze n = FREEZE_INIT;
	int r = members_open(&n.who, init, own_userns, own_pidns, err);

	if (r < 0)
		return r;
	n.since = clock_ms();
	*f = n;
	return 0;
}

int freeze_step(struct freeze *f, struct err *err)
{
	_cleanup_(tasks_done) struct tasks t = {0};
	int r;

	if (f->group >= 0)
		return step_group(f, err);
	r = look(f, &t, err);

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
	if (f->group >= 0)
		group_write(f->group, "cgroup.freeze", "0");
	while (f->n > 0) {
		const struct frozen *p = &f->v[--f->n];

		send(p->pid, p->start, SIGCONT);
	}
	freeze_done(f);
}

void freeze_done(struct freeze *f)
{
	free(f->v);
	members_done(&f->who);
	*f = (struct freeze)FREEZE_INIT;
}
