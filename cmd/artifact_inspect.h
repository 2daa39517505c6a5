/*
 * artifact_inspect - an artifact as `artifact inspect` and `inspect --type artifact` show it
 */
#ifndef RL_CMD_ARTIFACT_INSPECT_H
#define RL_CMD_ARTIFACT_INSPECT_H

#include "runtime/base/json.h"

struct ctx;

/**
 * artifact_shown() - look one up
 * @ret: a new reference
 * Return: 0 or a negative errno, -ERR_NO_OBJECT if there is none
 */
int artifact_shown(struct ctx *ctx, const char *name, json_t **ret, struct err *err);

#endif
