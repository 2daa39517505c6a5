#include "cmd/target.h"

#include "cmd/stopping.h"
#include "runtime/requires.h"

#include <stdio.h>

struct restart_cmd {
	bool all, latest, running;
	struct stopping stop;
	struct strv cidfile, filter;
};

static bool runs(const struct container *c)
{
	return c->status == CONTAINER_RUNNING;
}

static int restart_one(struct target *t, void *arg, struct err *err)
{
	const struct restart_cmd *o = arg;
	int r;

	if (t->c.status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	r = requires_start(&t->c, err);
	if (r == 0)
		r = container_restart(&t->c, &o->stop.how, err);
	if (r == 0)
		puts(t->name);
	return r;
}

static int run_restart(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct restart_cmd *o = opts;
	struct target_opts t = {.all = o->all || o->running,
		.latest = o->latest,
		.cidfile = &o->cidfile,
		.filter = &o->filter,
		.suitable = o->running ? runs : NULL};
	int r = stopping_check(&o->stop, err);

	return r < 0 ? r : target_each(ctx, &t, args, 0, restart_one, o, err);
}

#define O struct restart_cmd
static const struct opt restart_opts[] = {
	OPTION_BOOL('a', "all", O, all, "restart all containers, running or not"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_STRV(
		'f', "filter", O, filter, "FILTER", "restart the containers that match KEY=VALUE"),
	OPTION_BOOL('l', "latest", O, latest, "restart the newest container"),
	OPTION_BOOL(0, "running", O, running, "restart all running containers"),
	STOPPING_OPTIONS(O, stop),
	{0},
};

const struct cmd cmd_restart = {
	.name = "restart",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Stop containers and start them again",
	.details = "One that does not run is started.",
	.opts = restart_opts,
	.opts_size = sizeof(struct restart_cmd),
	.defaults = &(const struct restart_cmd){.stop.seconds = -1},
	.run = run_restart,
};
