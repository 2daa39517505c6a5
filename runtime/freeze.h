/*
 * freeze - bring all processes of a container to a stop, and let them go on
 *
 * Where the container has a control group of its own, the kernel does it (cgroup.freeze).  Without one each process gets SIGSTOP, from outside and in an order in which nobody
 * notices: a process when the one that waits for it stands still already, so no shell reports a stopped job; they go on
 * in the reverse order.  What the container had stopped itself stays stopped.  It takes several steps, between which
 * the caller does its other work: new processes appear while others stop.  It is done when everything stood still in two
 * steps in a row: what was seen in the second one cannot have been woken or made by one that was not yet still.
 */
#ifndef RL_RUNTIME_FREEZE_H
#define RL_RUNTIME_FREEZE_H

#include "runtime/members.h"

#include <stdint.h>
#include <sys/types.h>

/* after this time a step gives up, and everything goes on */
#define FREEZE_LIMIT_MS 10000

/* a process that was stopped here, by what names it for good */
struct frozen {
	pid_t pid;
	uint64_t start;
};

/**
 * struct freeze - one stop; zero is none
 * @group:  directory of the container's control group, whose freezer does it then; -EBADF without one; borrowed
 * @who:    whose processes
 * @v, @n:  what was stopped, in this order
 * @calm:   steps in a row that found nothing to do
 * @stuck:  one that does not stop, and what it does instead: a letter as in /proc/PID/stat
 */
struct freeze {
	int group;
	struct members who;
	struct frozen *v;
	size_t n, size;
	int64_t since;
	unsigned calm;
	pid_t stuck;
	char stuck_state;
};

#define FREEZE_INIT                                                                                \
	{                                                                                          \
		.group = -EBADF, .who = MEMBERS_INIT                                               \
	}

/** freeze_begin_group() - prepare to stop what is in a control group; it does not fail */
void freeze_begin_group(struct freeze *f, int group);

/**
 * freeze_begin() - prepare; nothing is stopped yet
 * @init, @own_userns, @own_pidns: as for members_open(), with which it fails; the caller has not reaped @init
 */
int freeze_begin(struct freeze *f, pid_t init, bool own_userns, bool own_pidns, struct err *err);

/**
 * freeze_step() - stop what can be stopped now
 * Return: 0 when all stand still; -EAGAIN: come again soon; any other negative errno: all go on again, with the error
 */
int freeze_step(struct freeze *f, struct err *err);

/** freeze_thaw() - let everything that was stopped here go on; f is empty again */
void freeze_thaw(struct freeze *f);

/** freeze_done() - forget it, without a signal: the container has ended */
void freeze_done(struct freeze *f);

/**
 * struct freeze_task - what /proc/PID/stat tells
 * @still: it executes nothing until it is woken; also when it is dead
 */
struct freeze_task {
	pid_t pid, parent;
	uint64_t start;
	long threads;
	char state;
	bool still;
};

/** freeze_parse() - the text of a stat file, whose command may hold anything; Return: 0 or -EBADMSG */
int freeze_parse(const char *text, struct freeze_task *ret);

/** freeze_may_stop() - whether the one that waits for task @i stands still, or is none of them; @v: sorted by pid */
bool freeze_may_stop(const struct freeze_task *v, size_t n, size_t i);

#endif
