/*
 * changed - printing how two trees differ, for the diff commands
 */
#ifndef RL_CMD_CHANGED_H
#define RL_CMD_CHANGED_H

#include "cmd/cmd.h"

enum changed_kind {
	CHANGED_ANY,
	CHANGED_CONTAINER,
	CHANGED_IMAGE,
};

/**
 * struct changed_opts - options of the commands that look at containers
 * @format: NULL or "json"
 * @latest: the newest container instead of the first name
 */
struct changed_opts {
	char *format;
	bool latest;
};

extern const struct opt changed_opts[];

/**
 * changed_run() - what @names[0] has that @names[1] has not, and the other way round
 * Without a second one a container is compared with its image, and an image with what lies below its highest layer.
 * @command: its name, for hints
 */
int changed_run(struct ctx *ctx, enum changed_kind kind, const char *command,
	const struct changed_opts *o, const struct strv *names, struct err *err);

#endif
