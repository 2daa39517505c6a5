#include "cmd/borrow.h"

#include "cmd/progress.h"
#include "storage/driver.h"
#include "storage/transfer.h"

static bool has_tree(struct ctx *ctx, const struct image *img)
{
	char path[META_PATH_MAX];
	enum meta_kind kind = meta_find(&ctx->store, img->id, img->shared, path);

	/* names alone are of no use to a driver that can only stack whole trees */
	return kind == META_PLAIN || (kind == META_ONLY && meta_data_only(&ctx->store, false) == 1);
}

int borrow_image(struct ctx *ctx, const struct image *img, struct err *err)
{
	_cleanup_json_ json_t *request = NULL, *result = NULL;
	struct progress progress;
	struct transfer_opts t = {.subcommand = "borrow",
		.driver = ctx->storage_driver,
		.input = -EBADF,
		.progress = progress_event,
		.note = progress_note,
		.arg = &progress};
	int r;

	if (!img->shared)
		return 0;
	/* none is chosen yet: fine */
	store_driver(&ctx->store, false, NULL);
	if (has_tree(ctx, img))
		return 0;
	r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	t.request = request = json_pack("{s:s,s:s,s:o}", "store", img->shared, "id", img->id,
		"diffIds", json_from_strv(&img->diff_ids));
	progress_init(&progress, false);
	r = transfer_run(&ctx->store, ctx->rundir, &t, &result, err);
	progress_finish(&progress);
	return r < 0 ? err_wrap(err, "use the shared image %.12s", img->id) : 0;
}
