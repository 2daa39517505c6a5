#include "cmd/output.h"
#include "cmd/prune.h"

struct container_prune_opts {
	bool force;
	struct strv filter;
};

static int run_container_prune(
	struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct container_prune_opts *o = opts;
	_cleanup_strv_ struct strv gone = {0};
	int r = prune_check(&o->filter, err);

	(void)args;
	if (r == 0 && !o->force) {
		r = prune_confirm("rl container prune",
			"WARNING! This will remove all non running containers.", err);
		if (r <= 0)
			return r;
	}
	if (r >= 0)
		r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	r = prune_containers(ctx, &o->filter, &gone, err);
	strv_foreach (i, id, &gone)
		output_printf("%s\n", id);
	if (gone.n)
		container_purge(&ctx->containers);
	return r;
}

#define O struct container_prune_opts
static const struct opt container_prune_opts[] = {
	OPTION_STRV(0, "filter", O, filter, "KEY=VALUE",
		"only containers that fit: label, label!, until"),
	OPTION_BOOL('f', "force", O, force, "do not ask"),
	{0},
};

const struct cmd cmd_container_prune = {
	.name = "container prune",
	.summary = "Remove all containers that do not run",
	.opts = container_prune_opts,
	.opts_size = sizeof(struct container_prune_opts),
	.run = run_container_prune,
};
