#include "runtime/kin.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"
#include "runtime/procs.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

/* what does not stop in this time is killed all the same */
#define STOP_MS 1000
#define KILL_MS 1000
#define STEP_MS 2

static int read_stat(int proc, const char *pid, struct procs_one *ret)
{
	char text[PROC_STAT_MAX];
	int r = proc_read_stat(proc, pid, text);

	return r < 0 ? r : procs_parse_stat(text, ret);
}

static void list_all(struct procs *ret)
{
	DIR *dir = opendir("/proc");
	struct dirent *de;
	size_t size = 0;

	while (dir && (de = readdir(dir))) {
		struct procs_one o;
		uint64_t pid;

		if (parse_u64_max(de->d_name, INT32_MAX, &pid) < 0 ||
			read_stat(dirfd(dir), de->d_name, &o) < 0)
			continue;
		if (ret->n == size) {
			size = size ? 2 * size : 64;
			ret->v = xreallocarray(ret->v, size, sizeof(*ret->v));
		}
		ret->v[ret->n++] = o;
	}
	if (dir)
		closedir(dir);
}

static bool is_in(const struct procs *all, const bool *in, pid_t pid)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].pid == pid)
			return in[i];
	return false;
}

/* a parent may have a higher number than its child: until nothing is added any more */
static void mark(const struct procs *all, pid_t pid, bool *in)
{
	bool more = true;

	for (size_t i = 0; i < all->n; i++)
		in[i] = all->v[i].pid == pid || all->v[i].session == pid;
	while (more) {
		more = false;
		for (size_t i = 0; i < all->n; i++) {
			if (in[i] || !is_in(all, in, all->v[i].parent))
				continue;
			in[i] = more = true;
		}
	}
}

/* the number may be another process's by now */
static void send(const struct procs_one *o, int sig)
{
	_cleanup_close_ int pidfd = proc_pidfd(o->pid);

	if (pidfd >= 0 && proc_start_time(o->pid) == o->start)
		proc_pidfd_kill(pidfd, sig);
}

/* Return: whether one was not @done yet: in none of these states */
static bool step(pid_t pid, int sig, const char *done)
{
	_cleanup_(procs_done) struct procs all = {0};
	_cleanup_free_ bool *in = NULL;
	bool any = false;

	list_all(&all);
	in = xcalloc(all.n + 1, sizeof(*in));
	mark(&all, pid, in);
	for (size_t i = 0; i < all.n; i++) {
		if (!in[i] || strchr(done, all.v[i].state))
			continue;
		any = true;
		send(&all.v[i], sig);
	}
	return any;
}

static void repeat(pid_t pid, int sig, const char *done, int64_t ms)
{
	int64_t until = clock_ms() + ms;

	while (step(pid, sig, done) && clock_ms() < until)
		clock_sleep_ms(STEP_MS);
}

void kin_kill(pid_t pid)
{
	/* what was seen to be still in one look started nothing after it; what it had started before is seen in the next */
	repeat(pid, SIGSTOP, "TtZX", STOP_MS);
	repeat(pid, SIGSTOP, "TtZX", STOP_MS);
	repeat(pid, SIGKILL, "ZX", KILL_MS);
}
