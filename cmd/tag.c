#include "cmd/cmd.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/image_names.h"
#include "storage/ref.h"

static int run_tag(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0)
		r = image_find_any(&ctx->store, args->v[0], &img, err);
	if (r == 0)
		r = image_check_own(&img, "named", err);
	/* all of them are looked at before the first is set */
	for (size_t i = 1; r == 0 && i < args->n; i++) {
		_cleanup_(ref_done) struct ref ref = {0};

		r = ref_parse(args->v[i], &ref, err);
		if (r == 0 && ref.digest)
			r = err_say(
				err, ERR_USAGE, "%s: a new name cannot have a digest", args->v[i]);
	}
	for (size_t i = 1; r == 0 && i < args->n; i++) {
		r = image_tag(&ctx->store, img.id, args->v[i], err);
		if (r == 0)
			event_image(&ctx->store, "tag", img.id, args->v[i]);
	}
	return r;
}

const struct cmd cmd_tag = {
	.name = "tag",
	.args = "IMAGE NAME [NAME...]",
	.min = 2,
	.max = -1,
	.summary = "Give an image another name",
	.run = run_tag,
};
