#include "cmd/target.h"

#include <stdio.h>

/* `pause` and `unpause`: the same options, the opposite */
struct pause_cmd {
	bool all, latest;
	struct strv cidfile, filter;
};

static int pause_one(struct target *t, void *arg, struct err *err)
{
	int (*work)(struct container * c, struct err * err) =
		*(int (**)(struct container *, struct err *))arg;
	int r;

	if (t->c.status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	r = work(&t->c, err);
	if (r == 0)
		puts(t->name);
	return r;
}

static bool runs(const struct container *c)
{
	return c->status == CONTAINER_RUNNING;
}

static bool is_paused(const struct container *c)
{
	return c->status == CONTAINER_PAUSED;
}

static int each(struct ctx *ctx, const struct pause_cmd *o, const struct strv *args,
	bool (*suitable)(const struct container *c),
	int (*work)(struct container *c, struct err *err), struct err *err)
{
	struct target_opts t = {.all = o->all,
		.latest = o->latest,
		.cidfile = &o->cidfile,
		.filter = &o->filter,
		.suitable = suitable};

	return target_each(ctx, &t, args, 0, pause_one, &work, err);
}

static int run_pause(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return each(ctx, opts, args, runs, container_pause, err);
}

static int run_unpause(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return each(ctx, opts, args, is_paused, container_unpause, err);
}

#define O struct pause_cmd
static const struct opt pause_opts[] = {
	OPTION_BOOL('a', "all", O, all, "pause all running containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"pause the running containers that match KEY=VALUE"),
	OPTION_BOOL('l', "latest", O, latest, "pause the newest container"),
	{0},
};

static const struct opt unpause_opts[] = {
	OPTION_BOOL('a', "all", O, all, "unpause all paused containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"unpause the paused containers that match KEY=VALUE"),
	OPTION_BOOL('l', "latest", O, latest, "unpause the newest container"),
	{0},
};

const struct cmd cmd_pause = {
	.name = "pause",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Bring all processes of containers to a stop",
	.details =
		"They stay where they are, with their memory and open files, until 'rl unpause'.",
	.opts = pause_opts,
	.opts_size = sizeof(struct pause_cmd),
	.run = run_pause,
};

const struct cmd cmd_unpause = {
	.name = "unpause",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Let paused containers go on",
	.opts = unpause_opts,
	.opts_size = sizeof(struct pause_cmd),
	.run = run_unpause,
};
