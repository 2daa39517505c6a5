#include "cmd/target.h"

#include "runtime/base/clock.h"
#include "runtime/base/parse.h"
#include "runtime/health_record.h"
#include "runtime/watch.h"

#include <stdio.h>

struct wait_cmd {
	bool latest, ignore, first;
	struct strv condition;
	char *interval;
	int64_t interval_ms;
	unsigned wanted; /* bits of enum container_status, and these */
};

/* of a container that runs */
enum { WAIT_HEALTHY = 1 << 16, WAIT_UNHEALTHY = 1 << 17 };
#define WAIT_HEALTH (WAIT_HEALTHY | WAIT_UNHEALTHY)

static int parse_condition(const char *text, unsigned *wanted)
{
	static const struct {
		const char *name;
		enum container_status status;
	} names[] = {{"created", CONTAINER_CREATED}, {"configured", CONTAINER_CREATED},
		{"initialized", CONTAINER_INITIALIZED}, {"running", CONTAINER_RUNNING},
		{"stopping", CONTAINER_STOPPING}, {"paused", CONTAINER_PAUSED},
		{"restarting", CONTAINER_RESTARTING}, {"stopped", CONTAINER_EXITED},
		{"exited", CONTAINER_EXITED}};

	if (str_eq(text, "healthy") || str_eq(text, "unhealthy")) {
		*wanted |= *text == 'h' ? WAIT_HEALTHY : WAIT_UNHEALTHY;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(text, names[i].name)) {
			*wanted |= 1U << names[i].status;
			return 0;
		}
	return -EINVAL;
}

/* an exit code, or -1 for a container that has none */
static int say(const struct container *c)
{
	printf("%d\n", c->status == CONTAINER_EXITED ? c->exit_code : -1);
	fflush(stdout);
	return 0;
}

static bool matches(const struct container *c, unsigned wanted)
{
	char health[HEALTH_NAME_MAX];

	if (wanted >> c->status & 1)
		return true;
	if (!(wanted & WAIT_HEALTH) || !*health_shown(c, health))
		return false;
	return str_eq(health, "healthy")     ? wanted & WAIT_HEALTHY
	       : str_eq(health, "unhealthy") ? wanted & WAIT_UNHEALTHY
					     : false;
}

/* what will never be healthy is not waited for */
static int check_health(const struct container *c, unsigned wanted, struct err *err)
{
	struct health_conf conf;

	if (!(wanted & WAIT_HEALTH) || wanted & ~(unsigned)WAIT_HEALTH)
		return 0;
	health_conf_read(c->record, &conf);
	if (conf.on)
		return 0;
	err_say(err, EINVAL, "container %s has no health check", container_label(c));
	return err_hint(
		err, "'rl update --health-cmd COMMAND %s' gives it one", container_label(c));
}

static int wait_state(struct container *c, const struct wait_cmd *o, struct err *err)
{
	_cleanup_(watch_done) struct watch w = WATCH_INIT;

	for (;;) {
		int r;

		watch_begin(&w, c);
		r = container_refresh(c, err);
		if (r < 0)
			return r;
		if (matches(c, o->wanted))
			return say(c);
		watch_wait(&w, o->interval_ms);
	}
}

static int wait_one(struct target *t, void *arg, struct err *err)
{
	const struct wait_cmd *o = arg;
	int code = 0, r;

	if (t->c.status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	if (o->wanted == 0 || o->wanted == 1U << CONTAINER_EXITED) {
		/* a container that was never started has not ended: wait for that too */
		while (t->c.status == CONTAINER_CREATED && o->wanted) {
			clock_sleep_ms(o->interval_ms);
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
	r = check_health(&t->c, o->wanted, err);
	return r < 0 ? r : wait_state(&t->c, o, err);
}

/* --exit-first-match: look at all of them in turn; a container that vanishes ends the wait as well */
static int wait_first(
	struct ctx *ctx, const struct wait_cmd *o, const struct strv *names, struct err *err)
{
	struct container_list l = {.v = xcalloc(names->n, sizeof(*l.v))};
	unsigned wanted = o->wanted ? o->wanted : 1U << CONTAINER_EXITED | 1U << CONTAINER_CREATED;
	int r = 0;

	for (; r == 0 && l.n < names->n; l.n += r == 0)
		r = container_find(&ctx->containers, names->v[l.n], &l.v[l.n], err);
	for (size_t i = 0; r == 0; i = (i + 1) % l.n) {
		if (matches(&l.v[i], wanted)) {
			say(&l.v[i]);
			break;
		}
		if (i + 1 == l.n)
			clock_sleep_ms(o->interval_ms);
		r = container_refresh(&l.v[i], err);
	}
	container_list_done(&l);
	return r;
}

static int run_wait(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct wait_cmd *o = opts;
	struct target_opts t = {.latest = o->latest, .ignore = o->ignore, .ignored = "-1"};
	int64_t ns = 250000000;
	uint64_t ms;
	int r;

	strv_foreach (i, c, &o->condition)
		if (parse_condition(c, &o->wanted) < 0) {
			err_say(err, ERR_USAGE, "--condition: %.32s is not a state", c);
			return err_hint(err, "states are created, initialized, running, paused, "
					     "stopping, restarting, stopped, exited, healthy, "
					     "unhealthy");
		}
	/* a bare number is milliseconds, as with podman */
	if (o->interval && parse_u64_max(o->interval, 86400000, &ms) == 0)
		ns = (int64_t)ms * 1000000;
	else if (o->interval && (parse_duration(o->interval, &ns) < 0 || ns <= 0))
		return err_say(err, ERR_USAGE, "--interval: %.32s is not a duration", o->interval);
	o->interval_ms = ns < 1000000 ? 1 : ns / 1000000;
	if (!o->first || o->latest || args->n < 2)
		return target_each(ctx, &t, args, 0, wait_one, o, err);
	r = ctx_containers(ctx, err);
	return r < 0 ? r : wait_first(ctx, o, args, err);
}

#define O struct wait_cmd
static const struct opt wait_opts[] = {
	OPTION_LIST(0, "condition", O, condition, "STATE",
		"wait for one of these states (default: stopped)"),
	OPTION_BOOL(0, "exit-first-match", O, first, "end with the first container that matches"),
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
