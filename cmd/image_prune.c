#include "cmd/output.h"
#include "cmd/prune.h"
#include "userns/userns.h"

struct image_prune_opts {
	bool all, force;
	struct strv filter;
};

static int sweep(void *arg, struct err *err)
{
	(void)err;
	store_sweep(arg);
	return 0;
}

static int run_image_prune(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct image_prune_opts *o = opts;
	_cleanup_strv_ struct strv gone = {0};
	int r = prune_check(&o->filter, err);

	(void)args;
	if (r == 0 && !o->force) {
		r = prune_confirm("rl image prune",
			o->all ? "WARNING! This command removes all images without at least one "
				 "container associated with them."
			       : "WARNING! This command removes all dangling images.",
			err);
		if (r <= 0)
			return r;
	}
	if (r >= 0)
		r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	r = prune_images(ctx, o->all, &o->filter, &gone, err);
	strv_foreach (i, id, &gone)
		output_printf("%s\n", id);
	/* best effort: what stays in trash/ is emptied by a later command */
	if (gone.n)
		userns_call(ctx->rundir, sweep, &ctx->store, NULL);
	return r;
}

#define O struct image_prune_opts
static const struct opt image_prune_opts[] = {
	OPTION_BOOL(
		'a', "all", O, all, "remove images with a name, too, if no container uses them"),
	OPTION_STRV(
		0, "filter", O, filter, "KEY=VALUE", "only images that fit: label, label!, until"),
	OPTION_BOOL('f', "force", O, force, "do not ask"),
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
