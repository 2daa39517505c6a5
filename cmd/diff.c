#include "cmd/changed.h"

static int run_diff(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return changed_run(ctx, CHANGED_ANY, "diff", opts, args, err);
}

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "[CONTAINER|IMAGE [CONTAINER|IMAGE]]",
	.min = 0,
	.max = 2,
	.summary = "Show what a container or an image has changed",
	.details = "Lines begin with A for what was added, C for what was changed and D for what "
		   "was deleted.  A container is compared with its image, an image with what lies "
		   "below its highest layer, or either with the second argument.",
	.opts = changed_opts,
	.opts_size = sizeof(struct changed_opts),
	.run = run_diff,
};
