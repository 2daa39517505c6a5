#include "cmd/target.h"

#include "cmd/stopping.h"
#include "runtime/base/clock.h"
#include "runtime/base/parse.h"

#include <signal.h>
#include <stdio.h>

struct stop_cmd {
	bool all, latest, ignore, until_boot;
	struct stopping stop;
	struct strv cidfile, filter;
	/* of clock_ms(): when all were asked to stop */
	int64_t begun;
};

/* What had to be killed did not store what it may have had to: worth knowing, and a reason for --time.  One that vanished
   with its end (--rm) tells it by the time that it took. */
static bool was_forced(struct target *t, const struct stop_cmd *o, int64_t seconds)
{
	if (container_refresh(&t->c, NULL) < 0)
		return clock_ms() - o->begun >= seconds * 1000;
	return str_eq(json_get_str(t->c.exit, "stopped", ""), "forced");
}

static void tell_forced(struct target *t, const struct stop_cmd *o)
{
	const struct stop_how *how = &o->stop.how;
	int64_t seconds =
		how->timeout >= 0 ? how->timeout : json_get_int(t->c.record, "stopTimeout", 10);
	int64_t sig = how->signal ? how->signal : json_get_int(t->c.record, "stopSignal", SIGTERM);

	if (seconds == 0 || !was_forced(t, o, seconds))
		return;
	fprintf(stderr, "Note: container %s did not end within %lld s of %s and was killed\n",
		container_label(&t->c), (long long)seconds, parse_signal_name((int)sig));
}

static int stop_one(struct target *t, void *arg, struct err *err)
{
	const struct stop_cmd *o = arg;
	bool live = container_is_live(&t->c);
	int r;

	if (t->c.status == CONTAINER_DAMAGED && !t->c.held)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	r = container_stop_how(&t->c, &o->stop.how, err);
	if (r == 0 && live)
		tell_forced(t, o);
	if (r == 0)
		puts(t->name);
	return r;
}

static void stop_begin(struct container *c, void *arg)
{
	const struct stop_cmd *o = arg;

	container_stop_begin(c, &o->stop.how);
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
	int r = stopping_check(&o->stop, err);

	o->stop.how.keep = o->until_boot;
	o->begun = clock_ms();
	return r < 0 ? r : target_each(ctx, &t, args, 0, stop_one, o, err);
}

#define O struct stop_cmd
static const struct opt stop_opts[] = {
	OPTION_BOOL('a', "all", O, all, "stop all running containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"stop the running containers that match KEY=VALUE"),
	OPTION_BOOL('i', "ignore", O, ignore, "do not fail if a container does not exist"),
	OPTION_BOOL('l', "latest", O, latest, "stop the newest container"),
	STOPPING_OPTIONS(O, stop),
	OPTION_BOOL(0, "until-boot", O, until_boot,
		"containers with --restart unless-stopped come back at the next boot"),
	{0},
};

const struct cmd cmd_stop = {
	.name = "stop",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Stop running containers",
	.details = "Sends the container's stop signal, and SIGKILL when its time is over.  No "
		   "restart policy starts it again then.",
	.opts = stop_opts,
	.opts_size = sizeof(struct stop_cmd),
	.defaults = &(const struct stop_cmd){.stop.seconds = -1},
	.run = run_stop,
};
