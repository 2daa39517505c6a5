/*
 * pull - getting images for commands that need one
 */
#ifndef RL_CMD_PULL_H
#define RL_CMD_PULL_H

#include "cmd/access.h"

enum pull_policy {
	PULL_ALWAYS,  /* ask the registry each time */
	PULL_MISSING, /* only if it is not there */
	PULL_NEVER,
	PULL_NEWER, /* only if the registry has another one; if that cannot be found out, take what is there */
};

/**
 * struct pull_flags - as given on the command line; all may be NULL
 * @quiet: show no progress
 */
struct pull_flags {
	struct access_flags access;
	char *platform, *os, *arch, *variant;
	bool quiet;
};

/** pull_policy_parse() - "always", "missing", "never", "newer"; for docker's sake also true and false */
int pull_policy_parse(const char *text, enum pull_policy *ret, struct err *err);

/**
 * pull_image() - make sure that an image is in the store, as the policy says
 * Progress and notes go to standard error.
 * @f:      flags; NULL for none
 * @ret_id: filled with the image's id
 * Return: 0, -ERR_NO_OBJECT if it is missing and must not be pulled, or another negative errno
 */
int pull_image(struct ctx *ctx, const struct pull_flags *f, enum pull_policy policy,
	const char *name, char ret_id[65], struct err *err);

#endif
