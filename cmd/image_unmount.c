#include "cmd/cmd.h"
#include "cmd/output.h"
#include "runtime/event.h"
#include "storage/image_find.h"
#include "storage/shown.h"

struct unmount_opts {
	bool all, force;
};

static int unmount(struct ctx *ctx, const char *id, bool force, struct err *err)
{
	int r = shown_remove(ctx->runpath, SHOWN_IMAGE, id, force, err);

	if (r < 0)
		return r;
	event_image(&ctx->store, "unmount", id, NULL);
	output_printf("%s\n", id);
	return 0;
}

static int unmount_named(struct ctx *ctx, const char *name, bool force, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv mounted = {0};
	int r = image_find(&ctx->store, name, &img, err);

	if (r == 0)
		r = shown_list(ctx->runpath, SHOWN_IMAGE, &mounted, err);
	if (r == 0 && !strv_has(&mounted, img.id)) {
		err_say(err, EINVAL, "image %s is not mounted", name);
		return err_hint(err, "'rl image mount' lists what is mounted in this namespace");
	}
	return r < 0 ? r : unmount(ctx, img.id, force, err);
}

static int run_image_unmount(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct unmount_opts *o = opts;
	_cleanup_strv_ struct strv mounted = {0};
	int r = ctx_containers(ctx, err);

	if (r == 0 && o->all == (args->n > 0)) {
		err_say(err, ERR_USAGE, "images are named, or --all is given");
		return err_hint(err, "usage: rl image unmount [OPTIONS] IMAGE [IMAGE...]");
	}
	if (r == 0 && o->all)
		r = shown_list(ctx->runpath, SHOWN_IMAGE, &mounted, err);
	for (size_t i = 0; r == 0 && i < mounted.n; i++)
		r = unmount(ctx, mounted.v[i], o->force, err);
	for (size_t i = 0; r == 0 && i < args->n; i++)
		r = unmount_named(ctx, args->v[i], o->force, err);
	return r;
}

#define O struct unmount_opts
static const struct opt image_unmount_opts[] = {
	OPTION_BOOL('a', "all", O, all, "unmount all images"),
	OPTION_BOOL('f', "force", O, force, "also where files of the image are in use"),
	{0},
};

const struct cmd cmd_image_unmount = {
	.name = "image unmount",
	.args = "[IMAGE...]",
	.max = -1,
	.summary = "Unmount images",
	.opts = image_unmount_opts,
	.opts_size = sizeof(struct unmount_opts),
	.run = run_image_unmount,
};
