#include "cmd/cmd.h"
#include "storage/list.h"

#define EXIT_MISSING 1

static int run_exists(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r < 0)
		return r;
	r = list_find(&ctx->store, args->v[0], &img, err);
	return r == -ERR_NO_OBJECT ? EXIT_MISSING : r;
}

const struct cmd cmd_manifest_exists = {
	.name = "manifest exists",
	.args = "LIST",
	.min = 1,
	.max = 1,
	.summary = "Exit with 0 if there is such a manifest list, else with 1",
	.run = run_exists,
};
