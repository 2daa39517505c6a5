#include "cmd/access.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "cmd/search_filter.h"
#include "cmd/search_tags.h"
#include "storage/search.h"

#include <stdio.h>

#define LIMIT_DEFAULT 25
#define LIMIT_MAX     100
#define DESCRIPTION   44

struct search_cmd {
	struct access_flags access;
	struct strv filter;
	char *format;
	int64_t limit;
	bool compatible, list_tags, no_trunc;
};

static json_t *make_row(const struct output *how, const char *host, const json_t *image, bool whole)
{
	const char *text = json_get_str(image, "description", "");
	bool ok = json_get_bool(image, "official", false);
	_cleanup_free_ char *line = xstrdup(text);
	json_t *row = json_object();

	for (char *p = line; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	if (!whole && strlen(line) > DESCRIPTION) {
		size_t cut = DESCRIPTION - 3;

		/* not within a character */
		while (cut && ((unsigned char)line[cut] & 0xc0) == 0x80)
			cut--;
		memcpy(line + cut, "...", 4);
	}
	json_set_str(row, "Index", host);
	json_set_str(row, "Name", json_get_str(image, "name", ""));
	json_set_str(row, "Description", line);
	json_object_set_new(row, "Stars", json_integer(json_get_int(image, "stars", 0)));
	json_set_str(row, "Official", ok ? "[OK]" : "");
	json_set_str(row, "Automated", json_get_bool(image, "automated", false) ? "[OK]" : "");
	if (output_is_json(how))
		json_object_set_new(row, "Tag", json_string(""));
	return row;
}

static int search(struct ctx *ctx, const struct search_cmd *o, const struct access *a,
	const char *term, struct err *err)
{
	struct output how = {.format = o->format,
		.table = o->compatible ? "{{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}\t"
					 "{{.Automated}}"
				       : "{{.Name}}\t{{.Description}}"};
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_strv_ struct strv hosts = {0};
	_cleanup_free_ char *text = NULL;
	struct search_filter filter;
	int code = 0, r = search_filter_parse(&o->filter, &filter, err);

	if (r == 0)
		r = search_places(term, &hosts, &text, err);
	strv_foreach (i, host, &hosts) {
		_cleanup_json_ json_t *found = NULL;
		const json_t *image;
		size_t k;

		r = search_run_worker(
			&ctx->store, ctx->rundir, a, host, text, o->limit, &found, err);
		if (r < 0 && (hosts.n == 1 || r == -ERR_CANCELLED))
			return r;
		/* the others may have it */
		if (r < 0) {
			report(err);
			code = 125;
		}
		json_array_foreach (found, k, image)
			if (search_filter_match(&filter, image))
				json_array_append_new(
					rows, make_row(&how, host, image, o->no_trunc));
	}
	if (r < 0 && !code)
		return r;
	r = output_list(&how, rows, err);
	return r < 0 ? r : code;
}

static int run_search(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct search_cmd *o = opts;
	struct access a;
	int r = access_parse(&o->access, &a, err);

	if (r == 0 && (o->limit < 1 || o->limit > LIMIT_MAX))
		r = err_say(err, ERR_USAGE, "--limit is a number from 1 to %d", LIMIT_MAX);
	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	if (!o->list_tags)
		return search(ctx, o, &a, args->v[0], err);
	if (o->filter.n)
		return err_say(err, ERR_USAGE, "--filter and --list-tags exclude each other");
	return search_tags(ctx, &a, args->v[0], o->limit, o->format, err);
}

#define O struct search_cmd
static const struct opt search_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	ACCESS_CREDS(O, access),
	OPTION_BOOL(0, "compatible", O, compatible, "show stars, official and automated, too"),
	OPTION_STRV('f', "filter", O, filter, "FILTER", "only stars=N, is-official, is-automated"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_INT(0, "limit", O, limit, "N", "at most so many from each registry (default: 25)"),
	OPTION_BOOL(0, "list-tags", O, list_tags, "list the tags of a repository"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "show whole descriptions"),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};

static const struct search_cmd defaults = {
	.access.retry = ACCESS_RETRY_DEFAULT, .limit = LIMIT_DEFAULT};

const struct cmd cmd_search = {
	.name = "search",
	.args = "TERM",
	.min = 1,
	.max = 1,
	.summary = "Look for images on registries",
	.details =
		"TERM is [HOST/]TEXT; without HOST the search registries of registries.conf are "
		"asked, or docker.io. "
		"Registries without a search of their own are looked through by their catalogue.",
	.opts = search_opts,
	.opts_size = sizeof(struct search_cmd),
	.defaults = &defaults,
	.run = run_search,
};
