/*
 * joined - the caller's side of a process that was added to a running container (exec)
 *
 * There is no monitor for it: the caller itself relays its terminal, files or pipes, and waits.
 * Nothing that the caller has open is handed into the container: a process there could keep a terminal and read what
 * is typed later, write into the file it is given to read, or walk from a directory to all others.  It gets pipes of
 * ours, or a terminal of the container's.
 */
#ifndef RL_RUNTIME_JOINED_H
#define RL_RUNTIME_JOINED_H

#include "runtime/launch.h"

/**
 * struct joined - the descriptors of such a process
 * @stdio: for struct join
 * @near:  our ends of these pipes; -EBADF where nothing is relayed
 */
struct joined {
	int stdio[3], near[3];
};

#define JOINED_INIT                                                                                \
	{                                                                                          \
		.stdio = {-EBADF, -EBADF, -EBADF}, .near = { -EBADF, -EBADF, -EBADF }              \
	}

/** joined_stdio() - choose its descriptors; @input: connect standard input; @silent: /dev/null for all */
int joined_stdio(struct joined *j, bool input, bool silent, struct err *err);

/** joined_started() - close what only the new process needs */
void joined_started(struct joined *j);

/**
 * joined_run() - relay until it ends; signals are sent on to it, or, with a terminal, end us
 * @l:     its console is used if it has one
 * @input: relay standard input to the console
 * @detach_keys: as in attach.h
 * Return: its exit code, 0 with *@ret_detached set, or a negative errno
 */
int joined_run(struct joined *j, struct launched *l, bool input, const char *detach_keys,
	bool *ret_detached, struct err *err);

/** joined_abandon() - leave a console to a child of ours that throws away what comes, until the process has ended */
int joined_abandon(struct launched *l, struct err *err);

void joined_done(struct joined *j);

#endif
