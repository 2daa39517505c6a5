#include "cmd/borrow.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "runtime/event.h"
#include "storage/image_find.h"
#include "storage/shown.h"

#include <unistd.h>

struct mount_opts {
	char *format;
	bool all;
};

static int mount_one(struct ctx *ctx, const char *name, bool alone, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_free_ char *path = NULL;
	int r = image_find(&ctx->store, name, &img, err);

	if (r == 0)
		r = borrow_image(ctx, &img, err);
	if (r == 0)
		r = shown_add(&ctx->store, ctx->runpath, &img, &path, err);
	if (r < 0) {
		err_wrap(err, "mount image %s", name);
		return r == -EPERM ? err_hint(err, "run it in 'rl unshare'") : r;
	}
	event_image(&ctx->store, "mount", img.id, name);
	if (alone)
		output_printf("%s\n", path);
	else
		output_printf("%s %s\n", img.names.n ? img.names.v[0] : img.id, path);
	return 0;
}

static int list(struct ctx *ctx, const char *format, struct err *err)
{
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_strv_ struct strv ids = {0};
	struct output o = {
		.format = format, .table = "{{.Repository}} {{.Path}}", .noheading = true};
	int r = shown_list(ctx->runpath, SHOWN_IMAGE, &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		_cleanup_(image_done) struct image img = {0};
		_cleanup_free_ char *path = shown_path(ctx->runpath, SHOWN_IMAGE, id);
		json_t *row = json_object();

		image_find(&ctx->store, id, &img, NULL);
		json_set_str(row, output_is_json(&o) ? "id" : "ID", id);
		json_set_str(row, output_is_json(&o) ? "mountpoint" : "Path", path);
		if (output_is_json(&o))
			json_object_set_new(row, "Repositories", json_from_strv(&img.names));
		else
			json_set_str(row, "Repository", img.names.n ? img.names.v[0] : id);
		json_array_append_new(rows, row);
	}
	return output_list(&o, rows, err);
}

static int run_image_mount(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct mount_opts *o = opts;
	_cleanup_(image_list_done) struct image_list all = {0};
	int r = ctx_containers(ctx, err);

	if (r == 0 && o->all && args->n)
		r = err_say(err, ERR_USAGE, "--all and names exclude each other");
	if (r == 0 && !o->all && !args->n)
		return list(ctx, o->format, err);
	if (r == 0 && geteuid() != 0) {
		err_say(err, EPERM, "mounting an image takes a namespace in which you are root");
		return err_hint(err, "run 'rl unshare', and this command in it");
	}
	if (r == 0 && o->all)
		r = image_list(&ctx->store, &all, NULL, err);
	for (size_t i = 0; r == 0 && i < all.n; i++)
		r = mount_one(ctx, all.v[i].id, false, err);
	for (size_t i = 0; r == 0 && i < args->n; i++)
		r = mount_one(ctx, args->v[i], args->n == 1, err);
	return r;
}

#define O struct mount_opts
static const struct opt image_mount_opts[] = {
	OPTION_BOOL('a', "all", O, all, "mount all images"),
	OPTION_STR(
		0, "format", O, format, "TEMPLATE", "print the list with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_image_mount = {
	.name = "image mount",
	.args = "[IMAGE...]",
	.max = -1,
	.summary = "Mount images to look at their files",
	.details = "It is for use inside 'rl unshare': the mounts, which are read-only, end with "
		   "it.  The places are "
		   "printed; without IMAGE what is mounted is listed.",
	.opts = image_mount_opts,
	.opts_size = sizeof(struct mount_opts),
	.run = run_image_mount,
};
