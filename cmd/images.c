#include "cmd/cmd.h"
#include "cmd/image_filter.h"
#include "cmd/image_rows.h"
#include "storage/shared.h"

#include <stdio.h>

struct images_opts {
	bool all, digests, history, noheading, no_trunc, quiet;
	struct strv filter;
	char *format, *sort;
};

static bool wants(const struct image_filter *f, const struct family *all, size_t i,
	const char *name, bool every)
{
	/* what is only a step on the way to another image is noise, unless it was asked for */
	if (!every && !name && all->children[i] > 0 && !image_filter_has(f, "intermediate"))
		return false;
	return image_filter_match(f, all, i, name);
}

static void collect(
	struct image_rows *rows, const struct family *all, const struct image_filter *f, bool every)
{
	for (size_t i = 0; i < all->list->n; i++) {
		const struct image *img = &all->list->v[i];

		strv_foreach (k, name, &img->names)
			if (wants(f, all, i, name, every))
				image_rows_add(rows, all, i, name);
		if (!img->names.n && wants(f, all, i, NULL, every))
			image_rows_add(rows, all, i, NULL);
	}
}

static int by_repository(const void *a, const void *b)
{
	const struct image_row *x = a, *y = b;
	int c = strcmp(x->repository, y->repository);

	return c ? c : strcmp(x->tag, y->tag);
}

static int by_tag(const void *a, const void *b)
{
	return strcmp(((const struct image_row *)a)->tag, ((const struct image_row *)b)->tag);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(
		((const struct image_row *)a)->img->id, ((const struct image_row *)b)->img->id);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = ((const struct image_row *)a)->img->size,
		 y = ((const struct image_row *)b)->img->size;

	return x < y ? -1 : x > y;
}

static int sort_rows(struct image_rows *rows, const char *key, struct err *err)
{
	static const struct {
		const char *key;
		int (*compare)(const void *a, const void *b);
	} orders[] = {
		{"repository", by_repository},
		{"tag", by_tag},
		{"id", by_id},
		{"size", by_size},
	};

	/* the newest first, as the list comes */
	if (!key || str_eq(key, "created"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (!str_eq(orders[i].key, key))
			continue;
		if (rows->n > 1)
			qsort(rows->v, rows->n, sizeof(*rows->v), orders[i].compare);
		return 0;
	}
	return err_say(
		err, ERR_USAGE, "--sort %.60s: use created, id, repository, size or tag", key);
}

/* The columns that were asked for, and R/O where something is; the caller owns it. */
static char *table_of(const struct images_opts *o, const struct image_list *l)
{
	bool shared = false;

	for (size_t i = 0; i < l->n; i++)
		shared = shared || l->v[i].shared;
	return xasprintf("{{.Repository}}\t{{.Tag}}\t%s{{.ID}}\t{{.Created}}\t{{.Size}}%s%s",
		o->digests ? "{{.Digest}}\t" : "", shared ? "\t{{.ReadOnly}}" : "",
		o->history ? "\t{{.History}}" : "");
}

static void tell_away(const struct store *s)
{
	strv_foreach (i, path, &s->shared) {
		struct store other = {.fd = -EBADF};
		struct err why = {0};

		if (shared_open(path, &other, &why) < 0)
			fprintf(stderr, "Left out: %s\n", why.msg);
		store_done(&other);
	}
}

static int run_images(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {
		{"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {"ReadOnly", "R/O"}, {0}};
	struct images_opts *o = opts;
	_cleanup_(image_filter_done) struct image_filter f = {0};
	_cleanup_(image_list_done) struct image_list l = {0};
	_cleanup_(image_rows_done) struct image_rows rows = {0};
	_cleanup_(family_done) struct family all = {0};
	_cleanup_free_ char *table = NULL;
	_cleanup_json_ json_t *out = NULL;
	_cleanup_strv_ struct strv damaged = {0};
	struct output how = {
		.format = o->format,
		.headings = headings,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.ID}}" : NULL,
	};
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = image_filter_parse(&ctx->store, &o->filter, NULL, &f, err);
	if (r < 0)
		return r;
	if (args->n)
		image_filter_reference(&f, args->v[0]);
	r = image_list(&ctx->store, &l, &damaged, err);
	if (r < 0)
		return r;
	how.table = table = table_of(o, &l);
	family_init(&all, &l);
	if (output_uses(&how, "Containers") || image_filter_has(&f, "containers"))
		family_count_containers(&all, &ctx->store);
	collect(&rows, &all, &f, o->all);
	r = sort_rows(&rows, o->sort, err);
	if (r < 0)
		return r;
	tell_away(&ctx->store);
	/* with -q and as JSON an image is there once, not once a name */
	out = image_rows_make(&rows, &all, &how, o->quiet || output_is_json(&how), o->no_trunc);
	strv_foreach (i, id, &damaged)
		fprintf(stderr, "Image %.12s is damaged; remove it with 'rl rmi %s'\n", id, id);
	return output_list(&how, out, err);
}

#define O struct images_opts
static const struct opt images_opts[] = {
	OPTION_BOOL('a', "all", O, all, "show all images, intermediate ones too"),
	OPTION_BOOL(0, "digests", O, digests, "show the digests of manifests"),
	OPTION_STRV('f', "filter", O, filter, "KEY=VALUE",
		"only images that fit: after, before, containers, dangling, digest, id, "
		"intermediate, label, manifest, readonly, reference, since, until; KEY!=VALUE "
		"for those that do not"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL(0, "history", O, history, "show the names that images have or had"),
	OPTION_BOOL('n', "noheading", O, noheading, "leave the heading out"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "show whole ids"),
	OPTION_BOOL('q', "quiet", O, quiet, "show ids only"),
	OPTION_STR(
		0, "sort", O, sort, "created|id|repository|size|tag", "order (default: created)"),
	{0},
};

const struct cmd cmd_images = {
	.name = "images",
	.args = "[IMAGE]",
	.max = 1,
	.summary = "List images",
	.opts = images_opts,
	.opts_size = sizeof(struct images_opts),
	.run = run_images,
};
