/*
 * newidmap - writing a user namespace's maps through the set-uid helpers newuidmap and newgidmap
 */
#ifndef RL_USERNS_NEWIDMAP_H
#define RL_USERNS_NEWIDMAP_H

#include "userns/idmap.h"

#include <errno.h>
#include <sys/types.h>

/**
 * newidmap_check() - whether the helpers can work here, judged by their files and this process
 * Return: 0; -ERR_NO_OBJECT if they are not installed or cannot gain rights where we are
 * (no_new_privs, a namespace in which their owner does not exist): then a single id is all that can
 * be had; -ERR_USAGE if their installation is broken
 */
int newidmap_check(struct err *err);

/**
 * newidmap_write() - let both helpers write the maps of process @pid, at once
 * The caller is outside @pid's user namespace and has the same user and group ids.
 * Return: 0, or a negative errno with the helper's own message; a map may have been written nonetheless
 */
int newidmap_write(pid_t pid, const struct idmaps *maps, struct err *err);

/**
 * struct newidmap - the two helpers on their way
 * @pid: 0 once reaped, or if it was not started
 * @out: what it writes to standard error; end of file when it has ended
 */
struct newidmap {
	struct {
		pid_t pid;
		int out;
	} helper[2];
};

#define NEWIDMAP_INIT                                                                              \
	{                                                                                          \
		.helper = { {.out = -EBADF}, {.out = -EBADF} }                                     \
	}

/** newidmap_start() - the first half of newidmap_write(); newidmap_finish() must follow, even after a failure */
int newidmap_start(pid_t pid, const struct idmaps *maps, struct newidmap *ret, struct err *err);
/** newidmap_finish() - wait for both and reap them; Return: as newidmap_write() */
int newidmap_finish(struct newidmap *n, struct err *err);
/** newidmap_await() - wait until both have ended, in a process that is not their parent; reaps nothing */
void newidmap_await(struct newidmap *n);

#endif
