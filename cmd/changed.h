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
 * changed_print() - what @names[0] has that @names[1] has not, and the other way round
 * Without a second one a container is compared with its image, and an image with what lies below its highest layer.
 * @latest: the newest container instead of the first name
 * @format: NULL or "json"
 */
int changed_print(struct ctx *ctx, enum changed_kind kind, const struct strv *names, bool latest,
	const char *format, struct err *err);

#endif
