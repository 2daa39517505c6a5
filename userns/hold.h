/*
 * hold - announcing that a process lives in R, and finding one that does
 *
 * RUNDIR/userns/PID-RANDOM is locked by process PID as long as it lives and says which user
 * namespace it is in: "DEV INODE single|ranges".  It gets its name only after it was locked and
 * written, so an unlocked file is one that a dead process left; and since names are never used
 * twice, removing it cannot hit somebody else's.
 */
#ifndef RL_USERNS_HOLD_H
#define RL_USERNS_HOLD_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct hold - a process in R
 * @single: R maps a single id
 */
struct hold {
	pid_t pid;
	bool single;
};

/**
 * hold_find() - find a live R below the caller's user namespace and owned by the caller; removes dead entries
 * Return: a descriptor of the user namespace, or -ENOENT
 */
int hold_find(int rundir, struct hold *ret);

/** hold_make() - announce this process until it ends or hold_take() hands the announcement over */
int hold_make(int rundir, struct err *err);

/** hold_take() - like hold_make(), but the caller owns the descriptor that holds the lock */
int hold_take(int rundir, struct err *err);

#endif
