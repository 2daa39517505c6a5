#include "cmd/cmd.h"
#include "cmd/report.h"
#include "cmd/output.h"
#include "runtime/event.h"
#include "storage/family.h"
#include "storage/image_find.h"
#include "storage/image_names.h"
#include "storage/reclaim.h"
#include "storage/ref.h"

#include <stdio.h>

#define EXIT_MISSING 1
#define EXIT_IN_USE  2

struct rmi_opts {
	bool all, force, ignore, no_prune;
};

static int remove_containers(struct ctx *ctx, const char *id, struct err *err)
{
	_cleanup_(container_list_done) struct container_list l = {0};
	int r = ctx_containers(ctx, err);

	if (r == 0)
		r = container_list(&ctx->containers, &l, err);
	for (size_t i = 0; r == 0 && i < l.n; i++)
		if (str_eq(json_get_str(l.v[i].record, "imageId", ""), id))
			r = container_remove(&l.v[i], true, 0, err);
	return r;
}

static void print_lines(const struct ctx *ctx, const struct strv *lines, const char *id)
{
	event_image_report(&ctx->store, lines, id);
	strv_foreach (i, line, lines)
		output_printf("%s\n", line);
}

/* the id of what the image was made of, or ""; the caller owns it */
static char *parent_of(struct ctx *ctx, const char *id)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	_cleanup_(family_done) struct family all = {0};
	size_t i;

	if (image_list(&ctx->store, &l, NULL, NULL) < 0)
		return xstrdup("");
	family_init(&all, &l);
	i = family_index(&all, id);
	return xstrdup(i == SIZE_MAX || all.parent[i] == SIZE_MAX ? "" : l.v[all.parent[i]].id);
}

/* Ancestors without a name that nothing else was made of go with the last image that was. */
static void prune_parents(struct ctx *ctx, const char *first)
{
	_cleanup_free_ char *id = xstrdup(first);

	while (*id) {
		_cleanup_(image_list_done) struct image_list l = {0};
		_cleanup_(family_done) struct family all = {0};
		_cleanup_strv_ struct strv lines = {0};
		size_t i;

		if (image_list(&ctx->store, &l, NULL, NULL) < 0)
			return;
		family_init(&all, &l);
		i = family_index(&all, id);
		if (i == SIZE_MAX || !family_is_dangling(&all, i) ||
			image_drop(&ctx->store, id, NULL, 0, &lines, NULL) < 0)
			return;
		print_lines(ctx, &lines, id);
		free(id);
		id = xstrdup(all.parent[i] == SIZE_MAX ? "" : l.v[all.parent[i]].id);
	}
}

static int remove_one(struct ctx *ctx, const struct rmi_opts *o, const char *arg, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv lines = {0};
	_cleanup_free_ char *parent = NULL;
	const char *name;
	int r = image_find_any(&ctx->store, arg, &img, err);

	if (r == 0)
		r = image_check_own(&img, "removed", err);
	if (r < 0)
		return r;
	name = o->all ? NULL : image_typed_name(&img, arg);
	parent = o->no_prune ? xstrdup("") : parent_of(ctx, img.id);
	if (o->force && (!name || img.names.n == 1))
		r = remove_containers(ctx, img.id, err);
	/* an id stands for all names only if that is what is meant */
	if (r == 0)
		r = image_drop(
			&ctx->store, img.id, name, o->force || o->all ? SIZE_MAX : 1, &lines, err);
	print_lines(ctx, &lines, img.id);
	if (r == 0)
		prune_parents(ctx, parent);
	return r;
}

/* several failures: the gravest counts */
static int worse(int code, int r)
{
	int new = r == -ERR_NO_OBJECT ? EXIT_MISSING : r == -EBUSY ? EXIT_IN_USE : 125;

	return new > code ? new : code;
}

static int list_all(struct ctx *ctx, struct strv *ret, struct err *err)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	int r = image_list(&ctx->store, &l, ret, err);

	for (size_t i = 0; r == 0 && i < l.n; i++)
		if (!l.v[i].shared)
			strv_add(ret, l.v[i].id);
	return r;
}

/* a damaged image cannot be found, but removed by its whole id */
static int remove_damaged(struct ctx *ctx, const char *arg, struct err *err)
{
	_cleanup_strv_ struct strv lines = {0};
	int r;

	if (!str_is_hex(arg, 64))
		return -ENOENT;
	r = image_remove(&ctx->store, arg, &lines, err);
	print_lines(ctx, &lines, arg);
	return r;
}

static int run_rmi(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rmi_opts *o = opts;
	_cleanup_strv_ struct strv all = {0};
	int r, code = 0;

	if (o->all == (args->n > 0)) {
		err_say(err, ERR_USAGE,
			o->all ? "'rl rmi --all' takes no arguments" : "'rl rmi' needs an image");
		return err_hint(err, "usage: rl rmi [OPTIONS] IMAGE [IMAGE...]");
	}
	r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r == 0 && o->all)
		r = list_all(ctx, &all, err);
	if (r < 0)
		return r;
	strv_foreach (i, arg, o->all ? &all : args) {
		struct err why = {0};

		r = remove_one(ctx, o, arg, &why);
		if (r < 0 && r != -ERR_NO_OBJECT && r != -EBUSY &&
			remove_damaged(ctx, arg, NULL) == 0)
			r = 0;
		if (r == 0 || (r == -ERR_NO_OBJECT && (o->ignore || o->all || o->force)))
			continue;
		if (why.hint[0] && r == -ERR_NO_OBJECT)
			why.hint[0] = '\0';
		report(&why);
		code = worse(code, r);
	}
	/* best effort: what stays in trash/ is emptied by a later command */
	reclaim_trash(&ctx->store, ctx->rundir);
	return code;
}

#define O struct rmi_opts
static const struct opt rmi_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all images"),
	OPTION_BOOL('f', "force", O, force,
		"remove all names of the image, and the containers that use it"),
	OPTION_BOOL('i', "ignore", O, ignore, "a missing image is no error"),
	OPTION_BOOL(
		0, "no-prune", O, no_prune, "keep the images without a name that it was made of"),
	{0},
};

const struct cmd cmd_rmi = {
	.name = "rmi",
	.args = "[IMAGE...]",
	.max = -1,
	.summary = "Remove images",
	.details = "An image with several names loses the one that is given.  The exit code is 1 "
		   "if an image is missing, 2 "
		   "if one is in use.",
	.opts = rmi_opts,
	.opts_size = sizeof(struct rmi_opts),
	.missing_code = EXIT_MISSING,
	.run = run_rmi,
};
