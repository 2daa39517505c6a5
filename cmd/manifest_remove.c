#include "cmd/manifest.h"
#include "storage/ref.h"

static int run_remove(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *request =
		json_pack("{s:s,s:s}", "op", "remove", "digest", args->v[1]);
	struct list_work w = {0};
	int r;

	(void)opts;
	if (!ref_digest_ok(args->v[1])) {
		err_say(err, ERR_USAGE, "not a digest: \"%.200s\"", args->v[1]);
		return err_hint(err, "'rl manifest inspect %.100s' shows the digests", args->v[0]);
	}
	r = manifest_begin(ctx, NULL, NULL, &w, err);
	return r < 0 ? r : manifest_change(&w, args->v[0], request, err);
}

const struct cmd cmd_manifest_remove = {
	.name = "manifest remove",
	.args = "LIST DIGEST",
	.min = 2,
	.max = 2,
	.summary = "Take an image out of a manifest list",
	.run = run_remove,
};
