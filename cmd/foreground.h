/*
 * foreground - a command that stays attached to a container: run, start --attach, attach
 */
#ifndef RL_CMD_FOREGROUND_H
#define RL_CMD_FOREGROUND_H

#include "runtime/container.h"

/**
 * struct foreground_opts - how to be attached
 * @input:     connect our standard input
 * @redraw:    the container was running before: its program is to draw its screen again
 * @sig_proxy: send signals on to the container
 * @detach_keys: NULL for the default
 * @output:    send standard output and error of the container to ours; only these two may be switched off
 */
struct foreground_opts {
	bool input, redraw, sig_proxy;
	bool no_stdout, no_stderr;
	const char *detach_keys;
};

/** foreground_check() - refuse wrong detach keys before anything is started */
int foreground_check(const struct foreground_opts *o, struct err *err);

/**
 * foreground_run() - be attached until the end
 * @sock: from container_start() or container_connect(); consumed
 * Return: the container's exit code, 0 if the user detached, or a negative errno; -EPIPE only when nobody reads
 * our standard output any more
 */
int foreground_run(struct container *c, int sock, const struct foreground_opts *o, struct err *err);

/** foreground_leave() - after the user has detached: begin a new line for the prompt */
void foreground_leave(void);

#endif
