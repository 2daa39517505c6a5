#include "cmd/target.h"

#include <stdio.h>

struct cleanup_cmd {
	bool all, latest, rm, any;
};

static bool has_ended(const struct container *c)
{
	return c->status == CONTAINER_EXITED && !c->held;
}

static int cleanup_one(struct target *t, void *arg, struct err *err)
{
	struct cleanup_cmd *o = arg;
	int r = container_cleanup(&t->c, err);

	if (r == 0 && o->rm) {
		r = container_retire(&t->c, false, 0, err);
		o->any |= r == 0;
	}
	if (r == 0)
		puts(t->name);
	return r;
}

static int run_cleanup(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct cleanup_cmd *o = opts;
	const struct target_opts t = {.all = o->all, .latest = o->latest, .suitable = has_ended};
	int r = target_each(ctx, &t, args, 0, cleanup_one, o, err);

	if (o->any)
		container_purge(&ctx->containers);
	return r;
}

#define O struct cleanup_cmd
static const struct opt cleanup_opts[] = {
	OPTION_BOOL('a', "all", O, all, "all containers that have ended"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container"),
	OPTION_BOOL(0, "rm", O, rm, "remove them then"),
	{0},
};

const struct cmd cmd_container_cleanup = {
	.name = "container cleanup",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Undo what ended containers have left",
	.details = "Their monitors do this by themselves.  It is needed only for one whose monitor "
		   "was "
		   "killed, and any command that starts or removes the container does it too.",
	.opts = cleanup_opts,
	.opts_size = sizeof(struct cleanup_cmd),
	.run = run_cleanup,
};
