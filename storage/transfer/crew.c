#include "storage/transfer/crew.h"

#include "runtime/base/proc.h"

#include <poll.h>
#include <sched.h>

#define CREW_MAX 6

/* one piece of the work, in its child */
struct piece {
	int (*fn)(void *arg, size_t i, struct err *err);
	void *arg;
	size_t i;
};

size_t crew_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static int do_piece(void *arg, struct err *err)
{
	const struct piece *p = arg;

	return p->fn(p->arg, p->i, err);
}

/* Return: the index of a child that has ended or is about to */
static size_t wait_any(const struct proc_task *hands, size_t size)
{
	struct pollfd p[CREW_MAX];

	for (size_t i = 0; i < size; i++)
		p[i] = (struct pollfd){.fd = hands[i].report, .events = POLLIN};
	for (;;) {
		if (poll(p, size, -1) < 0)
			continue;
		for (size_t i = 0; i < size; i++)
			if (p[i].revents)
				return i;
	}
}

int crew_run(size_t n, size_t size, int (*fn)(void *arg, size_t i, struct err *err), void *arg,
	struct err *err)
{
	struct proc_task hands[CREW_MAX];
	size_t next = 0, busy = 0;
	int r = 0;

	size = size > CREW_MAX ? CREW_MAX : size;
	for (size_t i = 0; i < size; i++)
		hands[i] = (struct proc_task)PROC_TASK_INIT;
	while (r == 0 && (next < n || busy)) {
		size_t slot = 0;

		while (slot < size && hands[slot].pid)
			slot++;
		if (next < n && slot < size) {
			struct piece p = {fn, arg, next++};

			r = proc_task_start(&hands[slot], do_piece, &p, err);
			busy += r == 0;
			continue;
		}
		r = proc_task_end(&hands[wait_any(hands, size)], "unpacks a layer", err);
		busy--;
	}
	for (size_t i = 0; i < size; i++)
		proc_task_kill(&hands[i]);
	return r;
}
