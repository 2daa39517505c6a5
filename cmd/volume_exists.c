#include "cmd/cmd.h"
#include "storage/volume.h"

static int run_volume_exists(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0)
		r = volume_read(&ctx->store, args->v[0], &record, err);
	return r == -ERR_NO_OBJECT ? 1 : r;
}

const struct cmd cmd_volume_exists = {
	.name = "volume exists",
	.args = "VOLUME",
	.min = 1,
	.max = 1,
	.summary = "Tell by the exit code whether a volume is there",
	.details = "0: it is, 1: it is not, 125: that cannot be told.",
	.run = run_volume_exists,
};
