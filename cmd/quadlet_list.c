#include "cmd/cmd.h"
#include "cmd/output.h"
#include "runtime/quadlet/search.h"
#include "runtime/quadlet/shelf.h"
#include "runtime/systemctl.h"

#include <fnmatch.h>
#include <stdio.h>
#include <unistd.h>

#define TABLE "{{.Name}}\t{{.UnitName}}\t{{.Path}}\t{{.Status}}\t{{.App}}\t{{.Pod}}"

struct list_opts {
	struct strv filter;
	char *format;
	bool noheading;
};

static const struct filter {
	const char *key, *field;
} filters[] = {{"name=", "Name"}, {"pod=", "Pod"}, {"status=", "Status"}};

static int check_filters(const struct strv *texts, struct err *err)
{
	strv_foreach (i, text, texts) {
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(filters); k++)
			known = known || str_after(text, filters[k].key);
		if (known)
			continue;
		err_say(err, ERR_USAGE, "the filter '%.80s' is not known", text);
		return err_hint(err, "known are name=PATTERN, pod=POD and status=STATUS");
	}
	return 0;
}

/* Values of one key are alternatives; a pod is named with or without what is behind its name. */
static bool fits(const json_t *row, const struct strv *texts, const struct filter *f)
{
	const char *is = json_get_str(row, f->field, "");
	bool given = false;

	strv_foreach (i, text, texts) {
		const char *value = str_after(text, f->key);
		_cleanup_free_ char *longer = value ? xasprintf("%s.pod", value) : NULL;

		if (!value)
			continue;
		given = true;
		if (fnmatch(value, is, 0) == 0 || (str_eq(f->field, "Pod") && str_eq(longer, is)))
			return true;
	}
	return !given;
}

static json_t *make_row(const struct quadlet *q, const char *status, bool user)
{
	_cleanup_free_ char *app = q->source.path ? shelf_app(user, q->source.path) : NULL,
			    *pod = quadlet_get(q, "Pod");
	json_t *j = json_object();

	json_set_str(j, "Name", q->source.name);
	json_set_str(j, "UnitName", q->service);
	json_set_str(j, "Path", q->source.path);
	json_set_str(j, "Status", status);
	json_set_str(j, "App", app ? app : "");
	json_set_str(j, "Pod", pod ? pod : "");
	return j;
}

static void complain(const char *name, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", name, err->msg);
}

static int run_list(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	static const struct heading headings[] = {
		{"UnitName", "UNIT NAME"}, {"Path", "PATH ON DISK"}, {"App", "APPLICATION"}, {0}};
	const struct list_opts *o = opts;
	_cleanup_(quadlet_set_done) struct quadlet_set set = {.user = geteuid() != 0};
	_cleanup_strv_ struct strv dirs = {0}, units = {0}, states = {0};
	_cleanup_json_ json_t *rows = json_array();
	const struct output how = {.format = o->format,
		.table = TABLE,
		.headings = headings,
		.noheading = o->noheading};
	int r = check_filters(&o->filter, err);

	(void)ctx;
	(void)args;
	if (r < 0)
		return r;
	search_dirs(set.user, &dirs);
	search_load(&set, &dirs, complain);
	for (size_t i = 0; i < set.n; i++)
		strv_add(&units, set.v[i].service);
	/* without systemd none is loaded */
	if (output_uses(&how, "Status") || o->filter.n)
		systemctl_states(&units, &states, NULL);
	for (size_t i = 0; i < set.n; i++) {
		json_t *row =
			make_row(&set.v[i], i < states.n ? states.v[i] : "Not loaded", set.user);
		bool all = true;

		for (size_t k = 0; k < ARRAY_SIZE(filters); k++)
			all = all && fits(row, &o->filter, &filters[k]);
		if (all)
			json_array_append_new(rows, row);
		else
			json_decref(row);
	}
	return output_list(&how, rows, err);
}

#define O struct list_opts
static const struct opt list_opts[] = {
	OPTION_STRV(
		'f', "filter", O, filter, "KEY=VALUE", "only those that fit: name, pod, status"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL('n', "noheading", O, noheading, "leave the headings out"),
	{0},
};

const struct cmd cmd_quadlet_list = {
	.name = "quadlet list",
	.summary = "List unit files that describe containers, and how their services are",
	.opts = list_opts,
	.opts_size = sizeof(O),
	.run = run_list,
};
