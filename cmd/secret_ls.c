#include "cmd/cmd.h"
#include "cmd/human.h"
#include "cmd/output.h"
#include "storage/secret.h"

#include <regex.h>

#define TABLE "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}"

struct ls_opts {
	struct strv filter;
	char *format;
	bool noheading, quiet;
};

/* Values of one key are alternatives; name= is a regular expression, id= the beginning of an id. */
static bool fits_key(const struct secret *s, const struct strv *filters, const char *key)
{
	bool given = false;

	strv_foreach (i, text, filters) {
		const char *value = str_after(text, key);
		regex_t re;
		bool hit;

		if (!value)
			continue;
		given = true;
		if (str_eq(key, "id=")) {
			hit = str_after(s->id, value) != NULL;
		} else {
			if (regcomp(&re, value, REG_EXTENDED | REG_NOSUB) != 0)
				continue;
			hit = regexec(&re, s->name, 0, NULL, 0) == 0;
			regfree(&re);
		}
		if (hit)
			return true;
	}
	return !given;
}

static int check_filters(const struct strv *filters, struct err *err)
{
	strv_foreach (i, text, filters) {
		const char *name = str_after(text, "name=");
		regex_t re;
		char why[80];
		int r = name ? regcomp(&re, name, REG_EXTENDED | REG_NOSUB) : 0;

		if (!name && !str_after(text, "id=")) {
			err_say(err, ERR_USAGE, "the filter '%.80s' is not known", text);
			return err_hint(err, "known are name=REGEX and id=ID");
		}
		if (r != 0) {
			regerror(r, &re, why, sizeof(why));
			return err_say(err, ERR_USAGE, "the filter '%.80s': %s", text, why);
		}
		if (name)
			regfree(&re);
	}
	return 0;
}

static json_t *make_row(const struct secret *s, bool json)
{
	const char *created = json_get_str(s->record, "created", ""),
		   *updated = json_get_str(s->record, "updated", "");
	char a[HUMAN_MAX], b[HUMAN_MAX];
	json_t *j = json_object();

	json_set_str(j, "ID", s->id);
	json_set_str(j, "Name", s->name);
	json_set_str(j, "Driver", json_get_str(s->record, "driver", ""));
	json_set_str(j, "CreatedAt", json ? created : human_since(created, a));
	json_set_str(j, "UpdatedAt", json ? updated : human_since(updated, b));
	return j;
}

static int run_ls(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {
		{"CreatedAt", "CREATED"}, {"UpdatedAt", "UPDATED"}, {0}};
	const struct ls_opts *o = opts;
	_cleanup_(secret_list_done) struct secret_list all = {0};
	_cleanup_json_ json_t *rows = json_array();
	struct output how = {
		.format = o->format,
		.table = TABLE,
		.headings = headings,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.ID}}" : NULL,
	};
	int r = check_filters(&o->filter, err);

	(void)args;
	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = secret_list(&ctx->store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		if (fits_key(&all.v[i], &o->filter, "name=") &&
			fits_key(&all.v[i], &o->filter, "id="))
			json_array_append_new(rows, make_row(&all.v[i], output_is_json(&how)));
	return output_list(&how, rows, err);
}

#define O struct ls_opts
static const struct opt ls_opts[] = {
	OPTION_STRV('f', "filter", O, filter, "KEY=VALUE", "only those that fit: name, id"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL('n', "noheading", O, noheading, "leave the headings out"),
	OPTION_BOOL('q', "quiet", O, quiet, "show ids only"),
	{0},
};

const struct cmd cmd_secret_ls = {
	.name = "secret ls",
	.summary = "List the secrets",
	.opts = ls_opts,
	.opts_size = sizeof(O),
	.run = run_ls,
};
