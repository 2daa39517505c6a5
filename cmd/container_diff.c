#include "cmd/changed.h"

static int run_diff(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return changed_run(ctx, CHANGED_CONTAINER, "container diff", opts, args, err);
}

const struct cmd cmd_container_diff = {
	.name = "container diff",
	.args = "[CONTAINER [CONTAINER]]",
	.min = 0,
	.max = 2,
	.summary = "Show what a container has changed",
	.details = "Lines begin with A for what was added, C for what was changed and D for what "
		   "was deleted.  It is compared with its image, or with another container.",
	.opts = changed_opts,
	.opts_size = sizeof(struct changed_opts),
	.run = run_diff,
};
