/*
 * monitor - the process that stays beside a container
 *
 * Forked by container_start() with the container's lock held, it enters R, brings the container up, reports,
 * and then relays (relay.h) until init has ended.  It owns everything that has to be undone: network helper, file
 * system helper, runtime directory, and with --rm the container itself.
 *
 * SIGTERM stops the container in order.  If the monitor is killed, init dies with it (PDEATHSIG), the lock
 * is free, and the next command that touches the container cleans up.
 */
#ifndef RL_RUNTIME_MONITOR_H
#define RL_RUNTIME_MONITOR_H

#include "runtime/container.h"
#include "runtime/preserve.h"

#include <stdint.h>

/**
 * struct monitor_job - what the monitor is given; all descriptors are its own
 * @c:      the monitor's own copy, by fork(2)
 * @lock:   holds the container's lock
 * @runfd:  the container's runtime directory
 * @status: receives a struct err when the container runs (code 0) or could not be started
 * @attach: socket of the first, lossless client, or -EBADF
 * @preserve: descriptors for the container's process, closed here once it has them; may be NULL
 * @remove_on_failure: remove the container if it cannot be started
 * @size:   rows and columns of the first client's terminal, which the container's begins with; 0 if it has none
 * @gate:   report when it is set up, and wait for somebody who starts it
 */
struct monitor_job {
	struct container *c;
	int lock, runfd, status, attach;
	struct preserve *preserve;
	uint16_t size[2];
	bool remove_on_failure, gate;
};

/** monitor_run() - be the monitor; called in a child process of its own session */
_Noreturn void monitor_run(const struct monitor_job *job);

#endif
