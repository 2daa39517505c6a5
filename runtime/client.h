/*
 * client - one client of a monitor: what it has sent and what waits to be sent to it
 *
 * Its buffers exist only while they hold something, so that idle clients cost no memory.
 */
#ifndef RL_RUNTIME_CLIENT_H
#define RL_RUNTIME_CLIENT_H

#include "runtime/frame.h"

struct relay_client;

/** client_new() - a client on a connected stream socket; @fd: consumed */
struct relay_client *client_new(int fd, bool lossless);
void client_free(struct relay_client *c);

int client_fd(const struct relay_client *c);
bool client_lossless(const struct relay_client *c);
/** client_queued() - bytes that wait to be sent */
size_t client_queued(const struct relay_client *c);
/** client_blocked() - its current frame waits until the container takes more input */
bool client_blocked(const struct relay_client *c);
/** client_over() - it has been sent the end: nothing more is read from it */
bool client_over(const struct relay_client *c);
/** client_may_write() - it asked for the container's input */
bool client_may_write(const struct relay_client *c);
/** client_hello() - take its flags */
void client_hello(struct relay_client *c, unsigned flags);

/* what it waits for, and what the container stands still for: see standstill.h */
enum {
	CLIENT_WAITS = 1 << 0,	/* for ATTACH_RESULT */
	CLIENT_HOLDS = 1 << 1,	/* as long as it is connected */
	CLIENT_STARTS = 1 << 2, /* another matter: it waits for the next start */
	CLIENT_ASKS = 1 << 3,	/* it waits for a health check that has not begun yet */
	CLIENT_CHECKS = 1 << 4, /* it waits for the result of the one under way */
};
/** client_mark(), client_unmark(), client_marks() - set, clear, ask for these bits */
void client_mark(struct relay_client *c, unsigned marks);
void client_unmark(struct relay_client *c, unsigned marks);
bool client_marks(const struct relay_client *c, unsigned marks);
/** client_result() - send or queue an ATTACH_RESULT; NULL for success */
int client_result(struct relay_client *c, const struct err *err);

/** client_watch() - remember the epoll events; Return: whether they differ from the last ones */
bool client_watch(struct relay_client *c, uint32_t events);

/** client_fill() - receive; Return: bytes, 0 at its end, or a negative errno */
ssize_t client_fill(struct relay_client *c);
/** client_peek() - as frame_peek() */
int client_peek(struct relay_client *c, struct frame *ret);
/** client_written() - bytes of the current frame that the container has taken already */
size_t client_written(const struct relay_client *c);
/**
 * client_consume() - the current frame was served as far as @n more bytes of an ATTACH_STDIN frame
 * @n: bytes, or -EAGAIN
 * Return: true if the frame is done; false if the client is now blocked
 */
bool client_consume(struct relay_client *c, const struct frame *f, ssize_t n);

/**
 * client_output() - send or queue output, if it wants any
 * Return: 0, or a negative errno: drop it.  One that reads too slowly gets a last message and nothing more.
 */
int client_output(struct relay_client *c, unsigned type, const void *data, size_t len);
/** client_end() - send or queue the exit code, the last frame */
int client_end(struct relay_client *c, int32_t code);
/** client_flush() - send what is queued, as far as it goes without waiting */
int client_flush(struct relay_client *c);
/** client_shrink() - free empty buffers */
void client_shrink(struct relay_client *c);

#endif
