#include "cmd/cmd.h"
#include "storage/image.h"
#include "storage/image_find.h"

static int run_image_exists(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0)
		r = image_find_any(&ctx->store, args->v[0], &img, err);
	return r == -ERR_NO_OBJECT ? 1 : r;
}

const struct cmd cmd_image_exists = {
	.name = "image exists",
	.args = "IMAGE",
	.min = 1,
	.max = 1,
	.summary = "Tell by the exit code whether an image is in the store",
	.details = "0: it is, 1: it is not, 125: that cannot be told.",
	.run = run_image_exists,
};
