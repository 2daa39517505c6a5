#include "cmd/target.h"

#include "runtime/base/parse.h"

#include <signal.h>
#include <stdio.h>

struct kill_cmd {
	bool all, latest;
	char *signal;
	struct strv cidfile;
	int sig;
};

static int kill_one(struct target *t, void *arg, struct err *err)
{
	const struct kill_cmd *o = arg;
	int r;

	/* it would wake the first process alone */
	if (t->c.status == CONTAINER_PAUSED && o->sig == SIGCONT) {
		err_say(err, EBUSY, "container %s is paused: SIGCONT is not sent to it", t->name);
		return err_hint(err, "let it go on with 'rl unpause %s'", t->name);
	}
	r = container_kill(&t->c, o->sig, err);
	if (r == -ESRCH)
		return err_hint(err, "its status is %s", container_status_name(t->c.status));
	if (r == 0)
		puts(t->name);
	return r;
}

static int run_kill(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct kill_cmd *o = opts;
	struct target_opts t = {.all = o->all,
		.latest = o->latest,
		.cidfile = &o->cidfile,
		.suitable = target_is_running};
	const char *name = o->signal ? o->signal : "KILL";

	/* "-9", "-HUP": as kill(1) is given them */
	name += name[0] == '-';
	if (parse_signal(name, &o->sig) < 0) {
		err_say(err, ERR_USAGE, "%.32s is not a signal", o->signal);
		return err_hint(err, "use a name such as TERM or SIGHUP, or a number from 1 to 64");
	}
	return target_each(ctx, &t, args, 0, kill_one, o, err);
}

#define O struct kill_cmd
static const struct opt kill_opts[] = {
	OPTION_BOOL('a', "all", O, all, "signal all running containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_BOOL('l', "latest", O, latest, "signal the newest container"),
	OPTION_STR('s', "signal", O, signal, "SIGNAL", "the signal (default KILL)"),
	{0},
};

const struct cmd cmd_kill = {
	.name = "kill",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Send a signal to running containers",
	.opts = kill_opts,
	.opts_size = sizeof(struct kill_cmd),
	.run = run_kill,
};
