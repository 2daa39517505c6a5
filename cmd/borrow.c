#include "cmd/borrow.h"

#include "cmd/progress.h"
#include "runtime/mapped.h"
#include "storage/driver.h"
#include "storage/transfer.h"
#include "userns/userns.h"

#include <stdio.h>
#include <unistd.h>

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

struct owners_job {
	struct store *store;
	const json_t *record;
};

static int make_owners(void *arg, struct err *err)
{
	struct owners_job *job = arg;
	struct owners tree;
	int r = store_driver(job->store, true, err);

	r = r < 0 ? r : mapped_tree(job->store, job->record, &tree, err);
	return r < 0 ? r : 0;
}

int borrow_owners(struct ctx *ctx, const struct container *c, struct err *err)
{
	struct owners_job job = {&ctx->store, c->record};

	if (mapped_ready(&ctx->store, c->record))
		return 0;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "Preparing the image's files for this id mapping, once...\n");
	return userns_call(ctx->containers.rundir, make_owners, &job, err);
}
