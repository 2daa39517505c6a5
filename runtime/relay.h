/*
 * relay - the monitor's data paths: container ↔ log and clients
 *
 * One epoll loop.  Output is read from the console or from two pipes, logged, and queued to each client that wants
 * it.  Input frames are written to the console or to the stdin pipe; while that is full, the client's
 * socket is not read, so a full pipe stops only the clients that write to it.  Everything a client can make
 * grow is bounded: its queue (RELAY_QUEUE_MAX; then it is cut off, or, the lossless one, the output is
 * not read until it has drained), its input (one frame), and the number of clients.
 */
#ifndef RL_RUNTIME_RELAY_H
#define RL_RUNTIME_RELAY_H

#include "runtime/ctrlog.h"

#include <stdint.h>

#define RELAY_CLIENTS_MAX 32
#define RELAY_QUEUE_MAX	  ((size_t)256 << 10)

struct frame;
struct relay_client;

/**
 * struct relay - state of the data paths
 * @out: the console, or the read ends of stdout and stderr; closed and -EBADF at their end
 * @in:  the console (not owned), or the write end of stdin; -EBADF when there is none
 * @log: borrowed
 * @on_notify: something came on the descriptor of relay_watch()
 * @on_alert: the file of relay_alert() has changed
 * @on_request: a client sent a frame that is not about data: ATTACH_STOP and those behind it
 */
struct relay {
	int epfd, listenfd, sigfd;
	int out[2], in;
	bool tty, draining, trim, out_polled[2], in_polled;
	size_t drain_budget; /* what is still read, once the container has ended, without regard to slow clients */
	int64_t retry_at; /* when to look at a console again that nobody had open; 0 for never */
	struct ctrlog *log;
	struct relay_client *clients[RELAY_CLIENTS_MAX];
	unsigned char *chunk;
	void (*on_request)(void *arg, struct relay_client *c, const struct frame *f);
	void (*on_notify)(void *arg);
	void (*on_alert)(void *arg);
	void *arg;
};

#define RELAY_INIT                                                                                 \
	{                                                                                          \
		.epfd = -EBADF, .listenfd = -EBADF, .sigfd = -EBADF, .out = {-EBADF, -EBADF},      \
		.in = -EBADF                                                                       \
	}

/** relay_open() - make the loop; @sigfd: signalfd to report; borrowed */
int relay_open(struct relay *r, int sigfd, struct err *err);

/** relay_listen() - serve ctl.sock in the runtime directory @runfd (borrowed) */
int relay_listen(struct relay *r, int runfd, struct err *err);

/** relay_watch() - call on_notify() when there is something to read on @fd; borrowed */
int relay_watch(struct relay *r, int fd, struct err *err);

/** relay_alert() - call on_alert() when a file of the kernel's changes that tells so by POLLPRI, until it is read again; borrowed */
int relay_alert(struct relay *r, int fd, struct err *err);
/** relay_no_alert() - no more; -EBADF is fine */
void relay_no_alert(struct relay *r, int fd);

/** relay_add() - add a connected client; @fd: consumed; @lossless: gets all output, from the first byte */
int relay_add(struct relay *r, int fd, bool lossless);

/** relay_start() - begin to read the container's output */
void relay_start(struct relay *r);

/**
 * relay_turn() - wait up to @timeout_ms (-1 for ever) and serve what came
 * Return: whether @sigfd has something
 */
bool relay_turn(struct relay *r, int timeout_ms);

/** relay_marked() - whether a client has one of these marks (client.h) */
bool relay_marked(const struct relay *r, unsigned marks);

/** relay_answer() - send an ATTACH_RESULT to all clients with these marks, and clear the marks */
void relay_answer(struct relay *r, unsigned marks, const struct err *err);

/** relay_remark() - clients with the mark @from get @to in its place */
void relay_remark(struct relay *r, unsigned from, unsigned to);

/** relay_drain() - the container has ended: read what is left of its output */
void relay_drain(struct relay *r);

/** relay_drained() - whether all of its output has come */
bool relay_drained(const struct relay *r);

/** relay_shrink() - give memory back that an idle relay does not need, now and when it waits next */
void relay_shrink(struct relay *r);

/**
 * relay_over() - the container has ended and is going to be started again
 * Its clients are sent the exit code and leave when they have taken it, which is not waited for; those with one of these
 * marks stay.
 */
void relay_over(struct relay *r, int code, unsigned stay);

/** relay_finish() - send the exit code to all clients and wait until they have taken it: the lossless one as long
 * as it takes, others at most two seconds */
void relay_finish(struct relay *r, int code);

/** relay_unlisten() - no more clients */
void relay_unlisten(struct relay *r);

#endif
