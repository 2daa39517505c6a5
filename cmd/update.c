#include "cmd/health_flags.h"
#include "cmd/limit_flags.h"
#include "cmd/target.h"
#include "runtime/spec.h"

#include <stdio.h>

struct update_cmd {
	bool latest;
	char *restart;
	struct restart_policy policy;
	struct health_opts health;
	struct limit_opts limits;
	struct strv env, unsetenv, ulimit;
};

static bool config_given(const struct update_cmd *o)
{
	return limit_opts_given(&o->limits) || o->env.n || o->unsetenv.n || o->ulimit.n;
}

static int update_one(struct target *t, void *arg, struct err *err)
{
	const struct update_cmd *o = arg;
	const struct spec_changes changes = {
		.limits = limit_opts_given(&o->limits) ? &o->limits : NULL,
		.env = &o->env,
		.unsetenv = &o->unsetenv,
		.ulimit = &o->ulimit,
	};
	const struct container_changes all = {
		.config = config_given(o) ? &changes : NULL,
		.health = health_opts_given(&o->health) ? &o->health : NULL,
		.restart = o->restart ? &o->policy : NULL,
	};
	int r = 0;

	if (t->c.status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	if (o->restart && o->policy.when != RESTART_NO && o->policy.when != RESTART_ON_FAILURE &&
		json_get_bool(t->c.record, "autoRemove", false)) {
		err_say(err, EINVAL, "container %s is removed when it ends (--rm)", t->name);
		return err_hint(err, "such a container takes on-failure or no");
	}
	if (all.config || all.health || all.restart)
		r = container_update(&t->c, &all, err);
	if (r == 0)
		puts(t->c.id);
	return r;
}

static int run_update(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct update_cmd *o = opts;
	struct target_opts t = {.latest = o->latest};
	int r = !o->restart ? 0 : restart_parse(o->restart, &o->policy, err);

	return r < 0 ? r : target_each(ctx, &t, args, 0, update_one, o, err);
}

#define O struct update_cmd
static const struct opt update_opts[] = {
	LIMIT_OPTIONS_BLKIO(O, limits),
	LIMIT_OPTIONS_CONF(O, limits),
	LIMIT_OPTIONS_CPU(O, limits),
	LIMIT_OPTIONS_DEVICE(O, limits),
	OPTION_STRV('e', "env", O, env, "NAME[=VALUE]",
		"set a variable for exec and the next start; alone: as it is here"),
	HEALTH_OPTIONS(O, health),
	OPTION_BOOL('l', "latest", O, latest, "change the newest container"),
	LIMIT_OPTIONS_MEMORY(O, limits),
	HEALTH_OPTION_NONE(O, health),
	LIMIT_OPTIONS_PIDS(O, limits),
	OPTION_STR(0, "restart", O, restart, "POLICY",
		"start it again when it ends: no, on-failure[:N], always, unless-stopped"),
	OPTION_LIST(0, "ulimit", O, ulimit, "NAME=SOFT[:HARD]",
		"set a resource limit for the next start"),
	OPTION_STRV(
		0, "unsetenv", O, unsetenv, "NAME", "drop a variable for exec and the next start"),
	{0},
};

const struct cmd cmd_update = {
	.name = "update",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Change what containers were made with",
	.details =
		"Limits hold at once; 0 or -1 lifts one.  A running container goes by the new "
		"policy from its next end on; one that "
		"waits to be started again stops doing so with --restart no.  It is checked by the "
		"new health check at once.  Without options nothing is changed.  The id is "
		"printed.",
	.opts = update_opts,
	.opts_size = sizeof(struct update_cmd),
	.run = run_update,
};
