/*
 * execute - a further command in a running container, with this process as its terminal
 */
#ifndef RL_CMD_EXECUTE_H
#define RL_CMD_EXECUTE_H

#include "cmd/cmd.h"
#include "runtime/preserve.h"
#include "runtime/spec.h"

/**
 * struct execute - what to execute
 * @detach_keys: NULL for the default; checked by foreground_check()
 * @preserve:    further descriptors for it; closed here once it has them
 */
struct execute {
	struct exec_opts e;
	char *detach_keys;
	struct preserve preserve;
};

/** execute_in() - execute it and stay until it ends; Return: its exit code, 0 when detached, or a negative errno */
int execute_in(struct container *c, struct execute *o, struct err *err);

#endif
