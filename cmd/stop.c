#include "cmd/target.h"

#include <stdio.h>

struct stop_cmd {
	bool all, latest, ignore;
	int64_t time;
	struct strv cidfile, filter;
};

static int stop_one(struct target *t, void *arg, struct err *err)
{
	const struct stop_cmd *o = arg;
	int r;

	if (t->c.status == CONTAINER_DAMAGED && !t->c.held)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	r = container_stop(&t->c, (int)o->time, err);
	if (r == 0)
		puts(t->name);
	return r;
}

static void stop_begin(struct container *c, void *arg)
{
	const struct stop_cmd *o = arg;

	container_stop_begin(c, (int)o->time);
}

static int run_stop(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct stop_cmd *o = opts;
	struct target_opts t = {.all = o->all,
		.latest = o->latest,
		.ignore = o->ignore,
		.cidfile = &o->cidfile,
		.filter = &o->filter,
		.suitable = target_is_running,
		.begin = stop_begin};

	if (o->time < -1 || o->time > INT32_MAX / 2000)
		return err_say(err, ERR_USAGE, "--time: %lld is not a number of seconds",
			(long long)o->time);
	return target_each(ctx, &t, args, 0, stop_one, o, err);
}

#define O struct stop_cmd
static const struct opt stop_opts[] = {
	OPTION_BOOL('a', "all", O, all, "stop all running containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"stop the running containers that match KEY=VALUE"),
	OPTION_BOOL('i', "ignore", O, ignore, "do not fail if a container does not exist"),
	OPTION_BOOL('l', "latest", O, latest, "stop the newest container"),
	OPTION_INT('t', "time", O, time, "SECONDS",
		"wait so long before killing it (default: as recorded, 10)"),
	{0, "timeout", OPT_INT, OPT_CHECK(O, time, int64_t), "SECONDS", "", NULL, true},
	{0},
};

const struct cmd cmd_stop = {
	.name = "stop",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Stop running containers",
	.details = "Sends the container's stop signal, and SIGKILL when its time is over.",
	.opts = stop_opts,
	.opts_size = sizeof(struct stop_cmd),
	.defaults = &(const struct stop_cmd){.time = -1},
	.run = run_stop,
};
