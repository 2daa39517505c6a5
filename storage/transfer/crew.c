#include "storage/transfer/crew.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CREW_MAX 4

/* a child; its pipe is at its end when it is done, with an error in it if it failed */
struct hand {
	pid_t pid;
	int report;
};

static size_t crew_size(size_t n)
{
	cpu_set_t set;
	size_t cpus = sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;

	cpus = cpus > CREW_MAX ? CREW_MAX : cpus;
	return n < cpus ? n : cpus;
}

static int start(struct hand *h, size_t i, int (*fn)(void *arg, size_t i, struct err *err),
	void *arg, struct err *err)
{
	pid_t parent = getpid(), pid;
	int fds[2], r = fd_pipe(&fds[0], &fds[1], err);

	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid == 0) {
		struct err why = {0};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(125);
		signal(SIGPIPE, SIG_IGN);
		fd_close(fds[0]);
		r = fn(arg, i, &why);
		if (r < 0)
			err_send(fds[1], &why);
		_exit(r < 0 ? 125 : 0);
	}
	fd_close(fds[1]);
	if (pid < 0) {
		fd_close(fds[0]);
		return pid;
	}
	*h = (struct hand){pid, fds[0]};
	return 0;
}

static int finish(struct hand *h, struct err *err)
{
	int r = err_recv(h->report, err), code = proc_wait(h->pid);

	fd_close(h->report);
	*h = (struct hand){0, -EBADF};
	if (r == 1)
		return err ? -err->code : -EIO;
	if (r == 0 && code == 0)
		return 0;
	return err_say(err, EIO, "a process that unpacks a layer died (%s %d)",
		code > 128 ? "signal" : "exit code", code > 128 ? code - 128 : code);
}

/* Return: the index of a child that has ended or is about to */
static size_t wait_any(const struct hand *hands, size_t size)
{
	struct pollfd p[CREW_MAX];

	for (size_t i = 0; i < size; i++)
		p[i] = (struct pollfd){.fd = hands[i].pid ? hands[i].report : -1, .events = POLLIN};
	for (;;) {
		if (poll(p, size, -1) < 0)
			continue;
		for (size_t i = 0; i < size; i++)
			if (p[i].revents)
				return i;
	}
}

int crew_run(size_t n, int (*fn)(void *arg, size_t i, struct err *err), void *arg, struct err *err)
{
	struct hand hands[CREW_MAX] = {{0, -EBADF}, {0, -EBADF}, {0, -EBADF}, {0, -EBADF}};
	size_t size = crew_size(n), next = 0, busy = 0;
	int r = 0;

	while (r == 0 && (next < n || busy)) {
		size_t slot = 0;

		while (slot < size && hands[slot].pid)
			slot++;
		if (next < n && slot < size) {
			r = start(&hands[slot], next, fn, arg, err);
			busy += r == 0;
			next++;
			continue;
		}
		slot = wait_any(hands, size);
		r = finish(&hands[slot], err);
		busy--;
	}
	for (size_t i = 0; i < size; i++) {
		if (!hands[i].pid)
			continue;
		kill(hands[i].pid, SIGKILL);
		proc_wait(hands[i].pid);
		fd_close(hands[i].report);
	}
	return r;
}
