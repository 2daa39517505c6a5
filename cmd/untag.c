#include "cmd/cmd.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/image_names.h"

static int run_untag(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv names = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0)
		r = image_find_any(&ctx->store, args->v[0], &img, err);
	if (r < 0)
		return r;
	if (args->n == 1)
		strv_addv(&names, &img.names);
	/* all of them are looked at before the first is taken away */
	for (size_t i = 1; i < args->n; i++) {
		const char *name = image_typed_name(&img, args->v[i]);

		if (!name)
			return err_say(err, ERR_NO_OBJECT, "image %.12s is not called %.200s",
				img.id, args->v[i]);
		if (!strv_has(&names, name))
			strv_add(&names, name);
	}
	strv_foreach (i, name, &names) {
		r = image_untag(&ctx->store, name, err);
		if (r < 0)
			return r;
		event_image(&ctx->store, "untag", img.id, name);
	}
	return 0;
}

const struct cmd cmd_untag = {
	.name = "untag",
	.args = "IMAGE [NAME...]",
	.min = 1,
	.max = -1,
	.summary = "Take names away from an image",
	.details = "Without NAME it loses all of them.  The image itself stays.",
	.run = run_untag,
};
