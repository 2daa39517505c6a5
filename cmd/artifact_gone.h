/*
 * artifact_gone - what the commands for artifacts have in common
 */
#ifndef RL_CMD_ARTIFACT_GONE_H
#define RL_CMD_ARTIFACT_GONE_H

#include "cmd/cmd.h"

/** artifact_gone() - give back what an artifact took that has lost a name; best effort; @was: whether one has */
void artifact_gone(struct ctx *ctx, bool was);

/** artifact_event() - write down what has happened to one; @digest: of its manifest */
void artifact_event(struct ctx *ctx, const char *action, const char *digest, const char *name);

/** artifact_told() - the end of a command that has made one: its event, room given back, its digest printed
 * @result: the worker's */
void artifact_told(struct ctx *ctx, const char *action, const json_t *result);

/** artifact_digits() - the digits of a digest, as these commands print it; borrowed from @digest */
const char *artifact_digits(const char *digest);

#endif
