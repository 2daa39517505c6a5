#include "cmd/cmd.h"
#include "storage/secret.h"

#define EXIT_MISSING 1

static int run_exists(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(secret_done) struct secret s = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0)
		r = secret_find(&ctx->store, args->v[0], &s, err);
	return r == -ERR_NO_OBJECT ? EXIT_MISSING : r;
}

const struct cmd cmd_secret_exists = {
	.name = "secret exists",
	.args = "SECRET",
	.min = 1,
	.max = 1,
	.summary = "Exit with 0 if there is such a secret, else with 1",
	.run = run_exists,
};
