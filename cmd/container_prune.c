#include "cmd/prune.h"

struct container_prune_opts {
	struct prune_opts prune;
};

static int run_container_prune(
	struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct container_prune_opts *o = opts;
	_cleanup_strv_ struct strv gone = {0};
	int r = prune_begin(ctx, &o->prune, "rl container prune",
		"WARNING! This will remove all non running containers.", err);

	(void)args;
	if (r <= 0)
		return r;
	r = prune_containers(ctx, &o->prune.filter, &gone, err);
	prune_print(&gone);
	if (gone.n)
		container_purge(&ctx->containers);
	return r;
}

#define O struct container_prune_opts
static const struct opt container_prune_opts[] = {
	PRUNE_OPTIONS(O, "containers"),
	{0},
};

const struct cmd cmd_container_prune = {
	.name = "container prune",
	.summary = "Remove all containers that do not run",
	.opts = container_prune_opts,
	.opts_size = sizeof(struct container_prune_opts),
	.run = run_container_prune,
};
