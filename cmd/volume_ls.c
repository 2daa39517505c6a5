#include "cmd/output.h"
#include "cmd/volume_filter.h"

#include <stdio.h>

struct volume_ls_opts {
	struct strv filter;
	char *format;
	bool noheading, quiet;
};

static json_t *row(const struct store *s, const json_t *record, const json_t *users, bool typed)
{
	json_t *j = volume_shown(s, record, users);

	if (typed)
		return j;
	json_object_set_new(j, "Labels", json_pairs(json_object_get(record, "labels")));
	json_object_set_new(j, "Options", json_pairs(json_object_get(record, "options")));
	/* docker's words */
	json_object_set(j, "Links", json_object_get(j, "MountCount"));
	json_set_str(j, "Size", "N/A");
	json_set_str(j, "Availability", "N/A");
	json_set_str(j, "Group", "N/A");
	json_set_str(j, "Status", "N/A");
	return j;
}

static int run_volume_ls(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {{"Name", "VOLUME NAME"}, {0}};
	const struct volume_ls_opts *o = opts;
	_cleanup_json_ json_t *all = NULL, *users = NULL, *rows = json_array();
	_cleanup_strv_ struct strv damaged = {0};
	struct output how = {.format = o->format,
		.table = "{{.Driver}}\t{{.Name}}",
		.headings = headings,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.Name}}" : NULL};
	json_t *record;
	size_t i;
	int r = ctx_store(ctx, err);

	(void)args;
	if (r == 0)
		r = volume_filter_check(&ctx->store, &o->filter, err);
	if (r == 0)
		r = volume_list(&ctx->store, &all, &damaged, err);
	if (r < 0)
		return r;
	users = volume_users(&ctx->store);
	json_array_foreach (all, i, record)
		if (volume_filter_match(&ctx->store, &o->filter, record, users))
			json_array_append_new(
				rows, row(&ctx->store, record, users, output_is_json(&how)));
	strv_foreach (k, name, &damaged)
		fprintf(stderr, "Volume %s is damaged: see 'rl system check'\n", name);
	return output_list(&how, rows, err);
}

#define O struct volume_ls_opts
static const struct opt volume_ls_opts[] = {
	OPTION_STRV(
		'f', "filter", O, filter, "KEY=VALUE", "only volumes that fit: " VOLUME_FILTERS),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL('n', "noheading", O, noheading, "leave the heading out"),
	OPTION_BOOL('q', "quiet", O, quiet, "show names only"),
	{0},
};

const struct cmd cmd_volume_ls = {
	.name = "volume ls",
	.summary = "List volumes",
	.opts = volume_ls_opts,
	.opts_size = sizeof(O),
	.run = run_volume_ls,
};
