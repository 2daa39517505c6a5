/*
 * ask - what commands ask a container's monitor for (attach.h)
 *
 * A request is a frame on a connection of its own; the monitor answers with a struct err.
 */
#ifndef RL_RUNTIME_ASK_H
#define RL_RUNTIME_ASK_H

#include "runtime/container.h"

/** ask_connect() - a socket of the monitor, which may not serve one yet while it starts; -ESRCH when there is none */
int ask_connect(struct container *c, struct err *err);

/**
 * ask_answer() - wait for the answer to the last request
 * @ms: how long
 * Return: 0, the monitor's error, -ESRCH if the container has ended, -EPIPE or -ETIMEDOUT if there is no answer
 */
int ask_answer(const struct container *c, int sock, int64_t ms, struct err *err);

/**
 * ask() - send a request and wait for the answer
 * @data: the frame's payload, @len bytes
 * Return: the connection on which it was granted, for what is tied to it; else as ask_answer()
 */
int ask(struct container *c, unsigned type, const void *data, size_t len, int64_t ms,
	struct err *err);

#endif
