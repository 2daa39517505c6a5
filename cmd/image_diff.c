#include "cmd/changed.h"

static int run_diff(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return changed_run(ctx, CHANGED_IMAGE, "image diff", opts, args, err);
}

#define O struct changed_opts
static const struct opt diff_opts[] = {
	OPTION_STR(0, "format", O, format, "json", "print JSON"),
	{0},
};

const struct cmd cmd_image_diff = {
	.name = "image diff",
	.args = "IMAGE [IMAGE]",
	.min = 1,
	.max = 2,
	.summary = "Show what an image has changed",
	.details = "Lines begin with A for what was added, C for what was changed and D for what "
		   "was deleted.  It is compared with what lies below its highest layer, or with "
		   "another image.",
	.opts = diff_opts,
	.opts_size = sizeof(struct changed_opts),
	.run = run_diff,
};
