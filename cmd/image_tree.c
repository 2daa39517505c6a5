#include "cmd/cmd.h"
#include "cmd/human.h"
#include "cmd/output.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/usage.h"

#include <stdio.h>

struct tree_opts {
	bool whatrequires;
};

struct tree {
	const struct store *store;
	struct image_list all;
};

static void tree_done(struct tree *t)
{
	image_list_done(&t->all);
}

/* whether the image begins with the first @n layers of @ids */
static bool begins_with(const struct image *img, const struct strv *ids, size_t n)
{
	if (img->diff_ids.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq(img->diff_ids.v[i], ids->v[i]))
			return false;
	return true;
}

/* the names of all images that consist of just the first @n layers of @ids */
static char *names_ending(const struct tree *t, const struct strv *ids, size_t n)
{
	_cleanup_strv_ struct strv names = {0};

	for (size_t i = 0; i < t->all.n; i++) {
		const struct image *img = &t->all.v[i];

		if (img->diff_ids.n == n && begins_with(img, ids, n))
			strv_addv(&names, &img->names);
	}
	return names.n ? strv_join(&names, " ") : NULL;
}

static void print_layer(
	const struct tree *t, const char *indent, bool last, const struct strv *ids, size_t at)
{
	_cleanup_free_ char *names = names_ending(t, ids, at + 1);
	const char *hex = ids->v[at] + strlen("sha256:");
	char size[HUMAN_MAX];

	human_size(usage_contents(t->store, ids->v[at]), size);
	output_printf("%s%s ID: %.12s Size: %s%s%s%s\n", indent, last ? "└── " : "├── ", hex, size,
		names ? " Top Layer of: [" : "", names ? names : "", names ? "]" : "");
}

static void print_layers(const struct tree *t, const struct image *img)
{
	for (size_t i = 0; i < img->diff_ids.n; i++)
		print_layer(t, "", i + 1 == img->diff_ids.n, &img->diff_ids, i);
}

/* whether an image before @i goes on with the same layer after the first @n */
static bool seen_before(const struct tree *t, size_t i, size_t n)
{
	for (size_t k = 0; k < i; k++)
		if (begins_with(&t->all.v[k], &t->all.v[i].diff_ids, n + 1))
			return true;
	return false;
}

/* what is built on the first @n layers of @ids: each layer that comes next, and below it what is built on that */
static void print_children(
	const struct tree *t, const char *indent, const struct strv *ids, size_t n)
{
	_cleanup_free_ size_t *next = xcalloc(t->all.n + 1, sizeof(*next));
	size_t found = 0;

	for (size_t i = 0; i < t->all.n; i++) {
		const struct image *img = &t->all.v[i];

		if (img->diff_ids.n > n && begins_with(img, ids, n) && !seen_before(t, i, n))
			next[found++] = i;
	}
	for (size_t i = 0; i < found; i++) {
		bool last = i + 1 == found;
		_cleanup_free_ char *deeper = xasprintf("%s%s", indent, last ? "    " : "│   ");

		print_layer(t, indent, last, &t->all.v[next[i]].diff_ids, n);
		print_children(t, deeper, &t->all.v[next[i]].diff_ids, n + 1);
	}
}

static int run_image_tree(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct tree_opts *o = opts;
	_cleanup_(tree_done) struct tree t = {0};
	_cleanup_(image_done) struct image img = {0};
	_cleanup_free_ char *names = NULL;
	char size[HUMAN_MAX];
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = image_find(&ctx->store, args->v[0], &img, err);
	if (r == 0)
		r = image_list(&ctx->store, &t.all, NULL, err);
	if (r < 0)
		return r;
	t.store = &ctx->store;
	names = strv_join(&img.names, " ");
	output_printf("Image ID: %.12s\nTags:     [%s]\nSize:     %s\n", img.id, names ? names : "",
		human_size(img.size, size));
	puts("Image Layers");
	if (o->whatrequires)
		print_children(&t, "", &img.diff_ids, img.diff_ids.n);
	else
		print_layers(&t, &img);
	return 0;
}

#define O struct tree_opts
static const struct opt tree_opts[] = {
	OPTION_BOOL(0, "whatrequires", O, whatrequires, "show what is built on the image instead"),
	{0},
};

const struct cmd cmd_image_tree = {
	.name = "image tree",
	.args = "IMAGE",
	.min = 1,
	.max = 1,
	.summary = "Show the layers of an image as a tree",
	.details = "The lowest layer comes first.  Where an image of the store ends, its names are "
		   "shown.",
	.opts = tree_opts,
	.opts_size = sizeof(struct tree_opts),
	.run = run_image_tree,
};
