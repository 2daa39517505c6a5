/*
 * scp_place - where `image scp` takes an image from, or brings it to
 *
 *   IMAGE             the store of whoever calls
 *   USER@localhost::  the store of another user of this machine
 *   [USER@]HOST[:PORT]::, ssh://[USER@]HOST[:PORT]::    another machine, through ssh
 *
 * The texts become arguments of other programs and words of a remote shell, so they are checked to the letter.
 */
#ifndef RL_CMD_SCP_PLACE_H
#define RL_CMD_SCP_PLACE_H

#include "cmd/cmd.h"

enum scp_kind { SCP_HERE, SCP_USER, SCP_SSH };

/**
 * struct scp_place - one side of a copy
 * @user, @host, @port: NULL where not given
 * @image: what stands behind the "::"; NULL for nothing
 * @text:  as given, without the image, for messages
 */
struct scp_place {
	enum scp_kind kind;
	char *user, *host, *port, *image, *text;
};

/** scp_place_parse() - @is_source: a text without "::" is an image here */
int scp_place_parse(const char *text, bool is_source, struct scp_place *ret, struct err *err);
void scp_place_done(struct scp_place *p);

/**
 * scp_place_argv() - the command that runs rl with @args there
 * @ctx: for a place here: its global options are passed on
 * Return: 0, or a negative errno: the user is not known
 */
int scp_place_argv(const struct ctx *ctx, const struct scp_place *p, const struct strv *args,
	struct strv *ret, struct err *err);

/** scp_place_failed() - what an exit code of that command means, beyond what it has said itself; Return: negative */
int scp_place_failed(const struct scp_place *p, const char *doing, int code, struct err *err);

#endif
