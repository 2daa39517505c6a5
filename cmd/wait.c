#include "cmd/target.h"

#include "runtime/base/parse.h"

#include <stdio.h>
#include <time.h>

struct wait_cmd {
	bool latest, ignore;
	struct strv condition;
	char *interval;
	int64_t interval_ns;
	unsigned wanted; /* bits of enum container_status */
};

/* states that other tools name and that no container here is ever in */
static int parse_condition(const char *text, unsigned *wanted)
{
	static const struct {
		const char *name;
		enum container_status status;
	} names[] = {{"created", CONTAINER_CREATED}, {"configured", CONTAINER_CREATED},
		{"initialized", CONTAINER_INITIALIZED}, {"running", CONTAINER_RUNNING},
		{"stopping", CONTAINER_STOPPING}, {"stopped", CONTAINER_EXITED},
		{"exited", CONTAINER_EXITED}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(text, names[i].name)) {
			*wanted |= 1U << names[i].status;
			return 0;
		}
	if (!str_eq(text, "removing"))
		return -EINVAL;
	*wanted |= 1U << CONTAINER_DAMAGED;
	return 0;
}

static int wait_one(struct target *t, void *arg, struct err *err)
{
	const struct wait_cmd *o = arg;
	int code = 0, r;

	if (o->wanted == 0 || o->wanted == 1U << CONTAINER_EXITED) {
		/* a container that was never started has not ended: wait for that too */
		while (t->c.status == CONTAINER_CREATED && o->wanted) {
			nanosleep(&(struct timespec){.tv_sec = o->interval_ns / 1000000000,
					  .tv_nsec = o->interval_ns % 1000000000},
				NULL);
			r = container_refresh(&t->c, err);
			if (r < 0)
				return r;
		}
		r = container_wait(&t->c, -1, &code, err);
		if (r < 0)
			return r;
		printf("%d\n", code);
		fflush(stdout);
		return 0;
	}
	while (!(o->wanted >> t->c.status & 1)) {
		nanosleep(&(struct timespec){.tv_sec = o->interval_ns / 1000000000,
				  .tv_nsec = o->interval_ns % 1000000000},
			NULL);
		r = container_refresh(&t->c, err);
		if (r < 0)
			return r;
	}
	printf("%d\n", t->c.status == CONTAINER_EXITED ? t->c.exit_code : -1);
	fflush(stdout);
	return 0;
}

static int run_wait(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct wait_cmd *o = opts;
	struct target_opts t = {.latest = o->latest, .ignore = o->ignore};
	uint64_t ms;

	strv_foreach (i, c, &o->condition)
		if (parse_condition(c, &o->wanted) < 0) {
			err_say(err, ERR_USAGE, "--condition: %.32s is not a state", c);
			return err_hint(err, "states are created, initialized, running, stopping, "
					     "stopped, exited");
		}
	/* a bare number is milliseconds, as with podman */
	if (!o->interval)
		o->interval_ns = 250000000;
	else if (parse_u64_max(o->interval, 86400000, &ms) == 0)
		o->interval_ns = (int64_t)ms * 1000000;
	else if (parse_duration(o->interval, &o->interval_ns) < 0 || o->interval_ns <= 0)
		return err_say(err, ERR_USAGE, "--interval: %.32s is not a duration", o->interval);
	return target_each(ctx, &t, args, 0, wait_one, o, err);
}

#define O struct wait_cmd
static const struct opt wait_opts[] = {
	OPTION_LIST(0, "condition", O, condition, "STATE",
		"wait for one of these states (default: stopped)"),
	OPTION_BOOL(0, "ignore", O, ignore, "do not fail if a container does not exist"),
	OPTION_STR('i', "interval", O, interval, "DURATION",
		"how often to look for states other than stopped (250ms)"),
	OPTION_BOOL('l', "latest", O, latest, "wait for the newest container"),
	{0},
};

const struct cmd cmd_wait = {
	.name = "wait",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Wait until containers end, and print their exit codes",
	.opts = wait_opts,
	.opts_size = sizeof(struct wait_cmd),
	.run = run_wait,
};
