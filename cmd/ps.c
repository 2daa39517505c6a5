#include "cmd/cmd.h"
#include "cmd/filter.h"
#include "cmd/output.h"
#include "cmd/ps_rows.h"
#include "cmd/target.h"

#include "storage/image_find.h"
#include "storage/writable.h"

#include <stdio.h>
#include <unistd.h>

struct ps_cmd {
	bool all, latest, no_trunc, noheading, namespaces, quiet, size, sync, external;
	int64_t last;
	uint64_t watch;
	char *format, *sort;
	struct strv filter;
};

static const char table[] =
	"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
static const char table_size[] = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.CreatedHuman}}\t{{.Status}}"
				 "\t{{.Ports}}\t{{.Names}}\t{{.Size}}";
static const char table_ns[] =
	"{{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.CGROUPNS}}\t{{.IPC}}\t{{.MNT}}\t{{.NET}}"
	"\t{{.PIDNS}}\t{{.USERNS}}\t{{.UTS}}";

static const struct heading headings[] = {{"ID", "CONTAINER ID"}, {"CreatedHuman", "CREATED"},
	{"RunningFor", "CREATED"}, {"CreatedAt", "CREATED AT"}, {"PIDNS", "PIDNS"},
	{"CGROUPNS", "CGROUPNS"}, {"USERNS", "USERNS"}, {"Pid", "PID"}, {0}};

static const char *sort_text(const struct container *c, const char *key)
{
	if (str_eq(key, "id"))
		return c->id;
	if (str_eq(key, "names"))
		return c->name ? c->name : "";
	if (str_eq(key, "image"))
		return json_get_str(c->record, "image", "");
	if (str_eq(key, "status"))
		return container_status_name(c->status);
	return json_get_str(c->record, "created", "");
}

/* the key is the same for the whole sort; qsort(3) has no place for it */
static int compare(const void *va, const void *vb, void *key)
{
	const struct container *a = va, *b = vb;
	const json_t *ca, *cb;

	if (str_eq(key, "command")) {
		ca = json_array_get(json_object_get(a->record, "command"), 0);
		cb = json_array_get(json_object_get(b->record, "command"), 0);
		return strcmp(json_is_string(ca) ? json_string_value(ca) : "",
			json_is_string(cb) ? json_string_value(cb) : "");
	}
	if (str_eq(key, "runningfor"))
		return strcmp(json_get_str(b->state, "started", ""),
			json_get_str(a->state, "started", ""));
	return strcmp(sort_text(a, key), sort_text(b, key));
}

static int check(const struct ps_cmd *o, struct err *err)
{
	static const char *const keys[] = {
		"command", "created", "id", "image", "names", "runningfor", "size", "status"};

	if (o->quiet && o->size)
		return err_say(err, ERR_USAGE, "--quiet and --size exclude each other");
	if (o->namespaces && (o->size || o->quiet))
		return err_say(err, ERR_USAGE, "--ns excludes --size and --quiet");
	if (o->latest && o->last > 0)
		return err_say(err, ERR_USAGE, "--latest and --last exclude each other");
	for (size_t i = 0; o->sort && i < ARRAY_SIZE(keys); i++)
		if (str_eq(o->sort, keys[i]))
			return filter_check(&o->filter, err);
	if (!o->sort)
		return filter_check(&o->filter, err);
	err_say(err, ERR_USAGE, "--sort: %.32s is not a column to sort by", o->sort);
	return err_hint(err, "use command, created, id, image, names, runningfor, size or status");
}

static bool shown(
	const struct ps_cmd *o, const struct container *c, const struct container_list *all)
{
	/* who asks for a number, a state or an exit code means the ended ones too */
	bool every = o->all || o->latest || o->last > 0;

	strv_foreach (i, f, &o->filter)
		every = every || str_after(f, "status=") || str_after(f, "exited=");
	return (every || target_is_running(c)) && filter_match(&o->filter, c, all);
}

/* the container first: then it is compared like one without a size */
struct sized {
	struct container c;
	uint64_t size;
};

static int by_size(const void *va, const void *vb)
{
	const struct sized *a = va, *b = vb;

	return a->size < b->size ? 1 : a->size > b->size ? -1 : 0;
}

/* @sizes: of each, or NULL; put into the same order */
static void sort_list(struct container_list *l, char *key, uint64_t *sizes)
{
	struct sized *v;

	if (!str_eq(key, "size") && !sizes) {
		qsort_r(l->v, l->n, sizeof(*l->v), compare, key);
		return;
	}
	v = xcalloc(l->n + 1, sizeof(*v));
	for (size_t i = 0; i < l->n; i++)
		v[i] = (struct sized){.c = l->v[i], .size = sizes[i]};
	if (str_eq(key, "size"))
		qsort(v, l->n, sizeof(*v), by_size);
	else
		qsort_r(v, l->n, sizeof(*v), compare, key);
	for (size_t i = 0; i < l->n; i++) {
		l->v[i] = v[i].c;
		sizes[i] = v[i].size;
	}
	free(v);
}

static int read_sizes(
	struct ctx *ctx, const struct container_list *l, uint64_t **ret, struct err *err)
{
	_cleanup_free_ uint64_t *sizes = xcalloc(l->n + 1, sizeof(*sizes));
	_cleanup_strv_ struct strv ids = {0};
	int r;

	for (size_t i = 0; i < l->n; i++)
		strv_add(&ids, l->v[i].id);
	r = writable_sizes(&ctx->store, ctx->rundir, &ids, sizes, err);
	if (r == 0)
		*ret = take_ptr(sizes);
	return r;
}

static uint64_t image_size(struct ctx *ctx, const struct container *c)
{
	const char *id = json_get_str(c->record, "imageId", "");
	_cleanup_(image_done) struct image img = {0};

	return *id && image_find(&ctx->store, id, &img, NULL) == 0 ? img.size : 0;
}

static bool uses_namespaces(const struct output *out)
{
	static const char *const fields[] = {"Cgroup", "CGROUPNS", "IPC", "MNT", "NET",
		"Namespaces", "PIDNS", "User", "USERNS", "UTS"};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (output_uses(out, fields[i]))
			return true;
	return false;
}

/* drop what is not asked for */
static void keep_shown(const struct ps_cmd *o, struct container_list *l)
{
	_cleanup_free_ bool *keep = xcalloc(l->n + 1, sizeof(*keep));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		keep[i] = shown(o, &l->v[i], l);
	for (size_t i = 0; i < l->n; i++) {
		if (keep[i])
			l->v[n++] = l->v[i];
		else
			container_done(&l->v[i]);
	}
	l->n = n;
}

static int list_once(struct ctx *ctx, const struct ps_cmd *o, struct err *err)
{
	struct output out = {.format = o->format,
		.table = o->namespaces ? table_ns
			 : o->size     ? table_size
				       : table,
		.headings = headings,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.ID}}" : NULL};
	struct ps_row_opts ro = {.typed = output_is_json(&out),
		.full = o->no_trunc,
		.namespaces = o->namespaces,
		.brief = !o->format};
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_(container_list_done) struct container_list l = {0};
	_cleanup_free_ uint64_t *sizes = NULL;
	int64_t max = o->latest ? 1 : o->last > 0 ? o->last : INT64_MAX;
	int r = container_list(&ctx->containers, &l, err);

	if (r == 0)
		r = filter_resolve(&o->filter, &l, err);
	if (r < 0)
		return r;
	ro.size = o->size || (o->format && !ro.typed && output_uses(&out, "Size")) ||
		  str_eq(o->sort, "size");
	ro.namespaces |= o->format && !ro.typed && uses_namespaces(&out);
	keep_shown(o, &l);
	/* the newest are chosen before they are put into another order */
	for (; (int64_t)l.n > max; l.n--)
		container_done(&l.v[l.n - 1]);
	if (ro.size)
		r = read_sizes(ctx, &l, &sizes, err);
	if (r < 0)
		return r;
	if (o->sort)
		sort_list(&l, o->sort, sizes);
	for (size_t i = 0; i < l.n; i++)
		json_array_append_new(rows, ps_row(&l.v[i], &ro, sizes ? sizes[i] : 0,
						    ro.size ? image_size(ctx, &l.v[i]) : 0));
	return output_list(&out, rows, err);
}

static int run_ps(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct ps_cmd *o = opts;
	int r = check(o, err);

	(void)args;
	/* not where it goes on for ever */
	if (o->watch == 0)
		json_keep();
	if (r == 0)
		r = ctx_containers(ctx, err);
	if (r < 0 || o->watch == 0)
		return r < 0 ? r : list_once(ctx, o, err);
	do {
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		r = list_once(ctx, o, err);
		if (r == 0 && fflush(stdout) != 0)
			return output_lost(err);
		sleep(o->watch > 86400 ? 86400 : (unsigned)o->watch);
	} while (r == 0);
	return r;
}

#define O struct ps_cmd
static const struct opt ps_opts[] = {
	OPTION_BOOL('a', "all", O, all, "all containers, not only running ones"),
	OPTION_BOOL(0, "external", O, external,
		"containers of other tools too, of which there are none in this store"),
	OPTION_STRV('f', "filter", O, filter, "FILTER",
		"only those that match KEY=VALUE: id, name, label, status, …"),
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_INT('n', "last", O, last, "N", "the newest N containers, in any state"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container, in any state"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "do not shorten ids and commands"),
	OPTION_BOOL(0, "noheading", O, noheading, "without the heading line"),
	OPTION_BOOL(0, "ns", O, namespaces, "show the namespaces"),
	OPTION_BOOL('q', "quiet", O, quiet, "only ids"),
	OPTION_BOOL('s', "size", O, size, "show the size of what the container has written"),
	OPTION_STR(0, "sort", O, sort, "command|created|id|image|names|runningfor|size|status",
		"sort by this"),
	OPTION_BOOL(0, "sync", O, sync,
		"look at the containers themselves, as always here: no state is stored"),
	OPTION_UINT('w', "watch", O, watch, "SECONDS", "again and again, with this pause"),
	{0},
};

const struct cmd cmd_ps = {
	.name = "ps",
	.summary = "List containers",
	.opts = ps_opts,
	.opts_size = sizeof(struct ps_cmd),
	.run = run_ps,
};
