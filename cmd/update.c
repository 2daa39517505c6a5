#include "cmd/health_flags.h"
#include "cmd/target.h"

#include <stdio.h>

struct update_cmd {
	bool latest;
	char *restart;
	struct restart_policy policy;
	struct health_opts health;
};

static int update_one(struct target *t, void *arg, struct err *err)
{
	const struct update_cmd *o = arg;
	int r;

	if (t->c.status == CONTAINER_DAMAGED)
		return err_say(err, EBADMSG, "the records of container %s are damaged", t->name);
	if (o->restart && o->policy.when != RESTART_NO && o->policy.when != RESTART_ON_FAILURE &&
		json_get_bool(t->c.record, "autoRemove", false)) {
		err_say(err, EINVAL, "container %s is removed when it ends (--rm)", t->name);
		return err_hint(err, "such a container takes on-failure or no");
	}
	r = health_opts_given(&o->health) ? container_set_health(&t->c, &o->health, err) : 0;
	if (r == 0 && o->restart)
		r = container_set_restart(&t->c, &o->policy, err);
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
	HEALTH_OPTIONS(O, health),
	OPTION_BOOL('l', "latest", O, latest, "change the newest container"),
	HEALTH_OPTION_NONE(O, health),
	OPTION_STR(0, "restart", O, restart, "POLICY",
		"start it again when it ends: no, on-failure[:N], always, unless-stopped"),
	{0},
};

const struct cmd cmd_update = {
	.name = "update",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Change what containers were made with",
	.details =
		"A running container goes by the new policy from its next end on; one that "
		"waits to be started again stops doing so with --restart no.  It is checked by the "
		"new health check at once.  Without options nothing is changed.  The id is "
		"printed.",
	.opts = update_opts,
	.opts_size = sizeof(struct update_cmd),
	.run = run_update,
};
