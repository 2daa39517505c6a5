#include "cmd/prune.h"
#include "cmd/volume_filter.h"
#include "storage/reclaim.h"

struct volume_prune_opts {
	bool all, force;
	struct strv filter;
};

static int confirm(struct ctx *ctx, const struct strv *filters, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_buf_ struct buf warning = {0};
	int r = prune_list_volumes(ctx, filters, &names, err);

	if (r < 0)
		return r;
	if (!names.n)
		return 0;
	buf_adds(&warning, "WARNING! This will remove all volumes that no container has:");
	strv_foreach (i, name, &names)
		buf_addf(&warning, "\n\t- %s", name);
	return prune_confirm("rl volume prune", buf_str(&warning), err);
}

static int run_volume_prune(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct volume_prune_opts *o = opts;
	_cleanup_strv_ struct strv gone = {0};
	int r = ctx_containers(ctx, err);

	(void)args;
	if (r == 0)
		r = volume_filter_check(&ctx->store, &o->filter, err);
	if (r == 0 && !o->force) {
		r = confirm(ctx, &o->filter, err);
		if (r <= 0)
			return r;
	}
	if (r >= 0)
		r = prune_volumes(ctx, &o->filter, &gone, err);
	prune_print(&gone);
	if (gone.n)
		reclaim_trash(&ctx->store, ctx->rundir);
	return r;
}

#define O struct volume_prune_opts
static const struct opt volume_prune_opts[] = {
	OPTION_BOOL('a', "all", O, all,
		"those with a name, too: as is the default, other than docker's"),
	OPTION_STRV(0, "filter", O, filter, "KEY=VALUE", "only volumes that fit: " VOLUME_FILTERS),
	OPTION_BOOL('f', "force", O, force, "do not ask"),
	{0},
};

const struct cmd cmd_volume_prune = {
	.name = "volume prune",
	.summary = "Remove the volumes that no container has",
	.details = "Their names are printed.  '--filter anonymous=true' spares those with a name.",
	.opts = volume_prune_opts,
	.opts_size = sizeof(O),
	.run = run_volume_prune,
};
