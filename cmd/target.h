/*
 * target - the containers that a command works on: by name, --latest, --all, --cidfile or --filter
 */
#ifndef RL_CMD_TARGET_H
#define RL_CMD_TARGET_H

#include "cmd/cmd.h"

/**
 * struct target_opts - what was given beside names
 * @ignore:   a container that does not exist is fine
 * @ignored:  what is printed for one that @ignore passed over; NULL for nothing
 * @suitable: with @all and @filter: which ones the command can work on; NULL for all
 * @begin:    called for all of several containers before the first call of target_each()'s function: starts what takes
 *            long, so that it takes its time for all at once; may fail silently; NULL for nothing
 * @busy_code: exit code where all that failed was -EBUSY; 0 means 125
 */
struct target_opts {
	bool all, latest, ignore;
	const char *ignored;
	const struct strv *cidfile, *filter;
	bool (*suitable)(const struct container *c);
	void (*begin)(struct container *c, void *arg);
	int busy_code;
};

/* done with one container; Return: 0 or a negative errno */
struct target;
typedef int target_fn(struct target *t, void *arg, struct err *err);

struct target {
	struct container c;
	char *name; /* as it was given, or the id: what is printed when it is done */
};

/**
 * target_each() - call @fn for each chosen container, going on after a failure
 * A single failure is returned; of several each is reported, and the exit code is returned.
 * @missing_code: exit code where all that failed was a missing container; 0 means 125
 */
int target_each(struct ctx *ctx, const struct target_opts *o, const struct strv *names,
	int missing_code, target_fn *fn, void *arg, struct err *err);

/** target_one() - the container named, or with @latest the newest one */
int target_one(struct ctx *ctx, bool latest, const struct strv *names, struct container *ret,
	struct err *err);

/** target_cidfile() - add the id in a --cidfile to @names */
int target_cidfile(const char *path, struct strv *names, struct err *err);

/** target_is_running() - for @suitable */
bool target_is_running(const struct container *c);

#endif
