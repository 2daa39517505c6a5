/*
 * watch - wait until the records of a container change
 *
 * Its runtime directory is watched, where every record is renamed into place and a start or an end leaves its traces.  That only
 * makes the wait shorter: who waits looks again after some time in any case, as where there is nothing to be watched, or
 * the user has no more watches.
 */
#ifndef RL_RUNTIME_WATCH_H
#define RL_RUNTIME_WATCH_H

#include "runtime/container.h"

struct watch {
	int fd;
};

#define WATCH_INIT                                                                                 \
	{                                                                                          \
		.fd = -EBADF                                                                       \
	}

/** watch_begin() - to be called before each look at the container, so that what changes after it ends the wait */
void watch_begin(struct watch *w, const struct container *c);

/** watch_wait() - until something changes, or @ms have passed */
void watch_wait(struct watch *w, int64_t ms);

void watch_done(struct watch *w);

#endif
