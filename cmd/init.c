#include "cmd/target.h"
#include "runtime/requires.h"

#include <stdio.h>

struct init_cmd {
	bool all, latest;
};

static bool can_init(const struct container *c)
{
	return c->status == CONTAINER_CREATED || c->status == CONTAINER_EXITED;
}

static int init_one(struct target *t, void *arg, struct err *err)
{
	int r = 0;

	(void)arg;
	if (can_init(&t->c))
		r = requires_start(&t->c, err);
	if (r == 0)
		r = container_init(&t->c, err);
	if (r == 0)
		puts(t->name);
	return r;
}

static int run_init(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct init_cmd *o = opts;
	const struct target_opts t = {.all = o->all, .latest = o->latest, .suitable = can_init};

	return target_each(ctx, &t, args, 0, init_one, NULL, err);
}

#define O struct init_cmd
static const struct opt init_opts[] = {
	OPTION_BOOL('a', "all", O, all, "set up all containers that do not run"),
	OPTION_BOOL('l', "latest", O, latest, "set up the newest container"),
	{0},
};

const struct cmd cmd_init = {
	.name = "init",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Set containers up without executing their commands",
	.details =
		"Namespaces, mounts and network are there, and wait for 'rl start'. 'rl inspect' "
		"tells the process that holds them (State.Pid).  A stop leaves the container as "
		"it was.",
	.opts = init_opts,
	.opts_size = sizeof(struct init_cmd),
	.run = run_init,
};
