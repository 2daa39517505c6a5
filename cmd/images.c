#include "cmd/cmd.h"
#include "cmd/human.h"
#include "cmd/image_filter.h"
#include "cmd/output.h"
#include "runtime/base/clock.h"
#include "runtime/base/fs.h"
#include "storage/image.h"
#include "storage/ref.h"

#include <stdio.h>

#define TABLE	      "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.Created}}\t{{.Size}}"
#define TABLE_DIGESTS "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.Created}}\t{{.Size}}"
#define NONE	      "<none>"

struct images_opts {
	bool all, digests, noheading, no_trunc, quiet;
	struct strv filter;
	char *format, *sort;
};

/* one line: an image under one of its names */
struct row {
	const struct image *img;
	const char *name; /* NULL: it has none */
	char *repository, *tag;
};

struct rows {
	struct row *v;
	size_t n;
};

static void rows_done(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->v[i].repository);
		free(rows->v[i].tag);
	}
	free(rows->v);
}

static void add_row(struct rows *rows, const struct image *img, const char *name)
{
	_cleanup_(ref_done) struct ref ref = {0};
	struct row row = {.img = img, .name = name};

	if (name && ref_parse(name, &ref, NULL) == 0) {
		row.repository = ref_name(&ref);
		row.tag = xstrdup(ref.tag ? ref.tag : NONE);
	} else {
		row.repository = xstrdup(NONE);
		row.tag = xstrdup(NONE);
	}
	rows->v = xreallocarray(rows->v, rows->n + 1, sizeof(*rows->v));
	rows->v[rows->n++] = row;
}

static void collect(struct rows *rows, const struct image_list *l, const struct image_filter *f)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct image *img = &l->v[i];

		strv_foreach (k, name, &img->names)
			if (image_filter_match(f, img, name))
				add_row(rows, img, name);
		if (!img->names.n && image_filter_match(f, img, NULL))
			add_row(rows, img, NULL);
	}
}

static int by_repository(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->repository, y->repository);

	return c ? c : strcmp(x->tag, y->tag);
}

static int by_tag(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->tag, ((const struct row *)b)->tag);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->img->id, ((const struct row *)b)->img->id);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = ((const struct row *)a)->img->size, y = ((const struct row *)b)->img->size;

	return x < y ? -1 : x > y;
}

static int sort_rows(struct rows *rows, const char *key, struct err *err)
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

static json_t *repo_digests(const struct image *img)
{
	_cleanup_strv_ struct strv list = {0};

	strv_foreach (i, name, &img->names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *repository = NULL, *digest = NULL;

		if (ref_parse(name, &ref, NULL) < 0)
			continue;
		repository = ref_name(&ref);
		digest = xasprintf("%s@%s", repository, img->digest);
		if (!strv_has(&list, digest))
			strv_add(&list, digest);
	}
	return json_from_strv(&list);
}

static int64_t count_containers(const struct store *s, const char *id)
{
	_cleanup_strv_ struct strv ids = {0};
	int64_t n = 0;

	fs_list_at(s->fd, "containers", &ids, NULL);
	strv_foreach (i, ctr, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", ctr);
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(s->fd, path, &record, NULL) == 0)
			n += str_eq(json_get_str(record, "imageId", ""), id);
	}
	return n;
}

/* @none: what stands for no labels; taken */
static json_t *labels_of(const struct image *img, json_t *none)
{
	const json_t *labels = json_path(img->config, "config", "Labels", NULL);

	if (!json_is_object(labels))
		return none;
	json_decref(none);
	return json_incref((json_t *)(uintptr_t)labels);
}

static char *created_text(const struct image *img, char buf[CLOCK_TEXT_MAX])
{
	struct timespec ts = {.tv_sec = (time_t)img->created};

	return clock_text(&ts, buf);
}

/* an image with typed values; one object, whatever number of names */
static json_t *json_row(const struct store *s, const struct image *img)
{
	json_t *j = json_object();
	char when[CLOCK_TEXT_MAX];

	json_set_str(j, "Id", img->id);
	json_set_str(j, "ParentId", "");
	json_object_set_new(j, "RepoTags", json_from_strv(&img->names));
	json_object_set_new(j, "RepoDigests", repo_digests(img));
	json_object_set_new(j, "Size", json_integer((json_int_t)img->size));
	json_object_set_new(j, "SharedSize", json_integer(0));
	json_object_set_new(j, "VirtualSize", json_integer((json_int_t)img->size));
	json_object_set_new(j, "Labels", labels_of(img, json_null()));
	json_object_set_new(j, "Containers", json_integer(count_containers(s, img->id)));
	json_object_set_new(j, "Names", json_from_strv(&img->names));
	json_set_str(j, "Digest", img->digest);
	json_object_set_new(j, "Dangling", json_boolean(!img->names.n));
	json_object_set_new(j, "ReadOnly", json_false());
	json_object_set_new(j, "Created", json_integer((json_int_t)img->created));
	json_set_str(j, "CreatedAt", created_text(img, when));
	return j;
}

/* what a line shows */
static json_t *shown_row(
	const struct store *s, const struct row *row, const struct output *o, bool no_trunc)
{
	const struct image *img = row->img;
	char when[CLOCK_TEXT_MAX], text[HUMAN_MAX], id[80];
	json_t *j = json_object();

	created_text(img, when);
	if (no_trunc) {
		_cleanup_free_ char *full = xasprintf("sha256:%s", img->id);

		json_set_str(j, "ID", full);
	} else {
		json_set_str(j, "ID", human_id(img->id, false, id));
	}
	json_set_str(j, "Id", img->id);
	json_set_str(j, "Repository", row->repository);
	json_set_str(j, "Tag", row->tag);
	json_set_str(j, "Digest", img->digest);
	json_set_str(j, "Created", human_since(when, text));
	json_set_str(j, "CreatedSince", text);
	json_set_str(j, "CreatedAt", human_time(when, text));
	json_set_str(j, "CreatedTime", text);
	json_set_str(j, "Size", human_size(img->size, text));
	json_set_str(j, "VirtualSize", text);
	json_object_set_new(j, "Names", json_from_strv(&img->names));
	json_object_set_new(j, "RepoTags", json_from_strv(&img->names));
	json_object_set_new(j, "RepoDigests", repo_digests(img));
	json_object_set_new(j, "Labels", labels_of(img, json_object()));
	json_object_set_new(j, "Dangling", json_boolean(!img->names.n));
	json_object_set_new(j, "ReadOnly", json_false());
	if (output_uses(o, "Containers"))
		json_object_set_new(j, "Containers", json_integer(count_containers(s, img->id)));
	return j;
}

static json_t *make_rows(const struct store *s, const struct rows *rows, const struct output *o,
	bool quiet, bool no_trunc)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rows->n; i++) {
		bool seen = false;

		/* with -q and as JSON an image is there once, not once a name */
		for (size_t k = 0; k < i && (quiet || output_is_json(o)); k++)
			seen = seen || rows->v[k].img == rows->v[i].img;
		if (!seen)
			json_array_append_new(
				array, output_is_json(o) ? json_row(s, rows->v[i].img)
							 : shown_row(s, &rows->v[i], o, no_trunc));
	}
	return array;
}

static int run_images(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {
		{"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {0}};
	struct images_opts *o = opts;
	_cleanup_(image_filter_done) struct image_filter f = {0};
	_cleanup_(image_list_done) struct image_list l = {0};
	_cleanup_(rows_done) struct rows rows = {0};
	_cleanup_json_ json_t *out = NULL;
	_cleanup_strv_ struct strv damaged = {0};
	struct output how = {
		.format = o->format,
		.table = o->digests ? TABLE_DIGESTS : TABLE,
		.headings = headings,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.ID}}" : NULL,
	};
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = image_filter_parse(&ctx->store, &o->filter, &f, err);
	if (r < 0)
		return r;
	if (args->n)
		strv_add(&f.references, args->v[0]);
	r = image_list(&ctx->store, &l, &damaged, err);
	if (r < 0)
		return r;
	collect(&rows, &l, &f);
	r = sort_rows(&rows, o->sort, err);
	if (r < 0)
		return r;
	out = make_rows(&ctx->store, &rows, &how, o->quiet, o->no_trunc);
	strv_foreach (i, id, &damaged)
		fprintf(stderr, "Image %.12s is damaged; remove it with 'rl rmi %s'\n", id, id);
	return output_list(&how, out, err);
}

#define O struct images_opts
static const struct opt images_opts[] = {
	OPTION_BOOL('a', "all", O, all, "show all images, intermediate ones too"),
	OPTION_BOOL(0, "digests", O, digests, "show the digests of manifests"),
	OPTION_STRV('f', "filter", O, filter, "KEY=VALUE",
		"only images that fit: reference, before, since, dangling, label, id, until, "
		"readonly"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
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
