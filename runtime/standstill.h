/*
 * standstill - a monitor's side of pausing: who wants its container to stand still, and whether it does
 *
 * Two things keep a container still: `pause`, until `unpause`, and clients that hold it (commit), each until its
 * connection ends, however it ends.  The monitor does all of it, so a client that is killed loses nothing; and when the
 * monitor is killed, its container ends, whether it stands still or not.
 *
 * A process that is just being added (exec) cannot be seen until it executes its command.  So who adds one holds
 * STANDSTILL_LOCK meanwhile, shared, and looks at the state after taking it; here it is taken exclusively before
 * the first process is stopped and kept until the state says that the container is paused.
 */
#ifndef RL_RUNTIME_STANDSTILL_H
#define RL_RUNTIME_STANDSTILL_H

#include "runtime/freeze.h"
#include "runtime/relay.h"

/* in the container's runtime directory */
#define STANDSTILL_LOCK "joining"

/**
 * struct standstill - zero with STANDSTILL_INIT
 * @relay:  whose clients ask; borrowed
 * @runfd:  the container's runtime directory; borrowed
 * @init, @own_userns, @own_pidns: as for freeze_begin()
 * @group:  directory of its control group, -EBADF if it has none; borrowed
 * @record: writes down whether it is paused
 * @asked:  by `pause`
 * @due:    clock_ms() when standstill_turn() has something to do; 0 for nothing
 */
struct standstill {
	struct relay *relay;
	int runfd;
	pid_t init;
	bool own_userns, own_pidns;
	int group;
	int (*record)(void *arg, bool paused, struct err *err);
	void *arg;
	struct freeze freeze;
	int lock;
	bool asked, coming, reached;
	int64_t since, due;
};

#define STANDSTILL_INIT                                                                            \
	{                                                                                          \
		.runfd = -EBADF, .group = -EBADF, .freeze = FREEZE_INIT, .lock = -EBADF            \
	}

/** standstill_request() - a client's frame; it is answered now or when it is done */
void standstill_request(struct standstill *s, struct relay_client *c, unsigned type);

/** standstill_turn() - go on with it; to be called whenever a client came, went or asked, and when it is due */
void standstill_turn(struct standstill *s);

/** standstill_end() - the container is being stopped: it goes on, and nobody holds it any more; later requests fail */
void standstill_end(struct standstill *s);

/** standstill_done() - the container has ended */
void standstill_done(struct standstill *s);

#endif
