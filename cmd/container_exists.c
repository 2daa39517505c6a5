#include "cmd/cmd.h"

static int run_container_exists(
	struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = ctx_containers(ctx, err);

	(void)opts;
	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &c, err);
	return r == -ERR_NO_OBJECT ? 1 : r;
}

const struct cmd cmd_container_exists = {
	.name = "container exists",
	.args = "CONTAINER",
	.min = 1,
	.max = 1,
	.summary = "Tell by the exit code whether a container is there",
	.details = "0: it is, 1: it is not, 125: that cannot be told.",
	.run = run_container_exists,
};
