#include "cmd/cmd.h"

static int run_rename(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = ctx_containers(ctx, err);

	(void)opts;
	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &c, err);
	return r < 0 ? r : container_rename(&c, args->v[1], err);
}

const struct cmd cmd_rename = {
	.name = "rename",
	.args = "CONTAINER NAME",
	.min = 2,
	.max = 2,
	.summary = "Give a container another name",
	.run = run_rename,
};
