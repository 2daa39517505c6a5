#include "cmd/access.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "runtime/base/parse.h"
#include "storage/pull.h"
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
	bool list_tags, no_trunc;
};

/* what --filter says; -1 where it says nothing */
struct search_filter {
	int64_t stars;
	int official, automated;
};

static int parse_filter(const struct strv *given, struct search_filter *ret, struct err *err)
{
	*ret = (struct search_filter){-1, -1, -1};
	strv_foreach (i, one, given) {
		const char *value = strchr(one, '=');
		_cleanup_free_ char *key =
			xstrndup(one, value ? (size_t)(value - one) : strlen(one));
		int *flag = str_eq(key, "is-official")	  ? &ret->official
			    : str_eq(key, "is-automated") ? &ret->automated
							  : NULL;
		bool on = true;

		if (str_eq(key, "stars") && value && parse_i64(value + 1, &ret->stars) == 0 &&
			ret->stars >= 0)
			continue;
		if (!flag || (value && parse_bool(value + 1, &on) < 0)) {
			err_say(err, ERR_USAGE, "--filter \"%s\" is not understood", one);
			return err_hint(err, "use stars=N, is-official or is-automated");
		}
		*flag = on;
	}
	return 0;
}

static bool fits(const struct search_filter *f, const json_t *image)
{
	return json_get_int(image, "stars", 0) >= f->stars &&
	       (f->official < 0 || json_get_bool(image, "official", false) == f->official) &&
	       (f->automated < 0 || json_get_bool(image, "automated", false) == f->automated);
}

static json_t *make_row(
	const struct search_cmd *o, const struct output *how, const char *host, const json_t *image)
{
	const char *text = json_get_str(image, "description", "");
	bool ok = json_get_bool(image, "official", false);
	_cleanup_free_ char *line = xstrdup(text);
	json_t *row = json_object();

	for (char *p = line; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	if (!o->no_trunc && strlen(line) > DESCRIPTION) {
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
	struct output how = {.format = o->format, .table = "{{.Name}}\t{{.Description}}"};
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_strv_ struct strv hosts = {0};
	_cleanup_free_ char *text = NULL;
	struct search_filter filter;
	int code = 0, r = parse_filter(&o->filter, &filter, err);

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
			if (fits(&filter, image))
				json_array_append_new(rows, make_row(o, &how, host, image));
	}
	if (r < 0 && !code)
		return r;
	r = output_list(&how, rows, err);
	return r < 0 ? r : code;
}

static int list_tags(struct ctx *ctx, const struct search_cmd *o, const struct access *a,
	const char *name, struct err *err)
{
	struct output how = {.format = o->format, .table = "{{.Name}}\t{{.Tag}}"};
	struct pull_request req = {.access = *a, .list_tags = true};
	_cleanup_json_ json_t *result = NULL, *rows = json_array();
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *base = NULL;
	_cleanup_strv_ struct strv tags = {0};
	int r;

	if (o->filter.n)
		return err_say(err, ERR_USAGE, "--filter and --list-tags exclude each other");
	r = pull_run_worker(&ctx->store, ctx->rundir, name, &req, &result, err);
	if (r == 0)
		r = ref_parse(json_get_str(result, "name", ""), &ref, err);
	if (r < 0)
		return r;
	base = ref_name(&ref);
	json_get_strv(result, "tags", &tags);
	while ((int64_t)tags.n > o->limit) {
		tags.n--;
		free(take_ptr(tags.v[tags.n]));
	}
	if (output_is_json(&how))
		json_array_append_new(rows, json_pack("{s:o,s:o}", "Name", json_str(base), "Tags",
						    json_from_strv(&tags)));
	else
		strv_foreach (i, tag, &tags)
			json_array_append_new(rows, json_pack("{s:o,s:o}", "Name", json_str(base),
							    "Tag", json_str(tag)));
	return output_list(&how, rows, err);
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
	return o->list_tags ? list_tags(ctx, o, &a, args->v[0], err)
			    : search(ctx, o, &a, args->v[0], err);
}

#define O struct search_cmd
static const struct opt search_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	ACCESS_CREDS(O, access),
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
