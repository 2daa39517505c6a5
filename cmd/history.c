#include "cmd/cmd.h"
#include "cmd/human.h"
#include "cmd/output.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/usage.h"

#include <stdio.h>

#define TABLE	"{{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
#define MISSING "<missing>"
#define BY_MAX	45

struct history_opts {
	char *format;
	bool human, no_trunc, quiet;
};

/* one step: what the configuration says of it, and the layer that it made */
struct step {
	const json_t *entry;
	const char *diff_id; /* NULL: it made none */
	uint64_t size;
	const struct image *img; /* that ends with it, or NULL */
};

static const char *created(const struct step *s, const struct image *img)
{
	const char *when = json_get_str(s->entry, "created", NULL);

	return when ? when : json_get_str(img->config, "created", "");
}

static json_t *tags(const struct step *s)
{
	return s->img ? json_from_strv(&s->img->names) : json_array();
}

static json_t *json_row(const struct step *s, const struct image *img)
{
	json_t *j = json_object();
	const char *keys[][2] = {{"CreatedBy", "created_by"}, {"Comment", "comment"}};

	json_set_str(j, "id", s->img ? s->img->id : MISSING);
	json_set_str(j, "created", created(s, img));
	json_set_str(j, "Created", created(s, img));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_set_str(j, keys[i][0], json_get_str(s->entry, keys[i][1], ""));
	json_object_set_new(j, "tags", tags(s));
	json_object_set_new(j, "size", json_integer((json_int_t)s->size));
	return j;
}

static void set_by(json_t *j, const char *by, bool full)
{
	_cleanup_free_ char *cut = NULL;

	if (!full && strlen(by) > BY_MAX) {
		cut = xasprintf("%.*s...", BY_MAX - 3, by);
		by = cut;
	}
	json_set_str(j, "CreatedBy", by);
}

static json_t *shown_row(
	const struct step *s, const struct image *img, const struct history_opts *o)
{
	const char *when = created(s, img);
	json_t *j = json_object();
	char text[HUMAN_MAX], id[80];

	json_set_str(j, "ID", s->img ? human_id(s->img->id, o->no_trunc, id) : MISSING);
	json_set_str(j, "Created", o->human ? human_since(when, text) : when);
	json_set_str(j, "CreatedSince", o->human ? text : when);
	json_set_str(j, "CreatedAt", when);
	set_by(j, json_get_str(s->entry, "created_by", ""), o->no_trunc);
	if (o->human)
		json_set_str(j, "Size", human_size(s->size, text));
	else
		json_object_set_new(j, "Size", json_integer((json_int_t)s->size));
	json_set_str(j, "Comment", json_get_str(s->entry, "comment", ""));
	json_object_set_new(j, "Tags", tags(s));
	return j;
}

static void add_row(json_t *rows, const struct step *s, const struct image *img,
	const struct history_opts *o, bool json)
{
	json_array_append_new(rows, json ? json_row(s, img) : shown_row(s, img, o));
}

/* The newest step first.  An image may have layers without history, and may say nothing of any. */
static json_t *make_rows(
	const struct store *st, const struct image *img, const struct history_opts *o, bool json)
{
	const json_t *history = json_object_get(img->config, "history");
	size_t layers = img->diff_ids.n;
	json_t *rows = json_array();

	for (size_t i = json_array_size(history); i-- > 0;) {
		struct step s = {.entry = json_array_get(history, i)};

		if (json_array_size(rows) == 0)
			s.img = img;
		if (!json_get_bool(s.entry, "empty_layer", false) && layers)
			s.diff_id = img->diff_ids.v[--layers];
		if (s.diff_id)
			s.size = usage_contents(st, s.diff_id);
		add_row(rows, &s, img, o, json);
	}
	while (layers) {
		struct step s = {.diff_id = img->diff_ids.v[--layers]};

		if (json_array_size(rows) == 0)
			s.img = img;
		s.size = usage_contents(st, s.diff_id);
		add_row(rows, &s, img, o, json);
	}
	return rows;
}

static int run_history(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {{"CreatedBy", "CREATED BY"}, {0}};
	const struct history_opts *o = opts;
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *rows = NULL;
	struct output how = {
		.format = o->format,
		.table = TABLE,
		.headings = headings,
		.quiet = o->quiet ? "{{.ID}}" : NULL,
	};
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = image_find(&ctx->store, args->v[0], &img, err);
	if (r < 0)
		return r;
	rows = make_rows(&ctx->store, &img, o, output_is_json(&how));
	return output_list(&how, rows, err);
}

#define O struct history_opts
static const struct opt history_opts[] = {
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL('H', "human", O, human, "sizes and times as people read them (default: true)"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "show whole ids and commands"),
	OPTION_BOOL('q', "quiet", O, quiet, "show ids only"),
	{0},
};

static const struct history_opts history_defaults = {.human = true};

const struct cmd cmd_history = {
	.name = "history",
	.args = "IMAGE",
	.min = 1,
	.max = 1,
	.summary = "Show the steps that an image was made in",
	.details = "The newest comes first.  A step that is no image of the store is shown as "
		   "<missing>.",
	.opts = history_opts,
	.opts_size = sizeof(struct history_opts),
	.defaults = &history_defaults,
	.run = run_history,
};
