#include "cmd/prune.h"
#include "storage/reclaim.h"

struct image_prune_opts {
	struct prune_opts prune;
	bool all;
};

static int run_image_prune(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct image_prune_opts *o = opts;
	_cleanup_strv_ struct strv gone = {0};
	int r = prune_begin(ctx, &o->prune, "rl image prune",
		o->all ? "WARNING! This command removes all images without at least one "
			 "container associated with them."
		       : "WARNING! This command removes all dangling images.",
		err);

	(void)args;
	if (r <= 0)
		return r;
	r = prune_images(ctx, o->all, &o->prune.filter, &gone, err);
	prune_print(&gone);
	if (gone.n)
		reclaim_trash(&ctx->store, ctx->rundir);
	return r;
}

#define O struct image_prune_opts
static const struct opt image_prune_opts[] = {
	OPTION_BOOL(
		'a', "all", O, all, "remove images with a name, too, if no container uses them"),
	PRUNE_OPTIONS(O, "images"),
	{0},
};

const struct cmd cmd_image_prune = {
	.name = "image prune",
	.summary = "Remove images that nothing uses",
	.details = "Without --all these are the images that have no name, that no other image was "
		   "made "
		   "of, and that no container uses.",
	.opts = image_prune_opts,
	.opts_size = sizeof(struct image_prune_opts),
	.run = run_image_prune,
};
