/*
 * conduit - a pipe between two functions, of which the writing one runs in a child
 */
#ifndef RL_STORAGE_TRANSFER_CONDUIT_H
#define RL_STORAGE_TRANSFER_CONDUIT_H

#include "runtime/base/err.h"

/* @fd: one end of the pipe; borrowed */
typedef int conduit_fn(void *arg, int fd, struct err *err);

/**
 * conduit_run() - have @write fill the pipe that @read empties
 * When one fails the other one ends.  The writer's failure counts unless the reader failed for a reason of its own:
 * what was cut off is malformed (-EBADMSG) to whoever reads it.
 */
int conduit_run(conduit_fn *write, conduit_fn *read, void *arg, struct err *err);

#endif
