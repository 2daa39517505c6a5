#include "cmd/target.h"

#include "cmd/filter.h"
#include "cmd/report.h"
#include "runtime/base/fs.h"

#include <fcntl.h>

bool target_is_running(const struct container *c)
{
	return container_is_live(c);
}

int target_cidfile(const char *path, struct strv *names, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = 4096};
	char *nl;
	int r = fs_read_at(AT_FDCWD, path, &b, err);

	if (r < 0)
		return err_wrap(err, "read --cidfile");
	nl = strpbrk(buf_str(&b), "\r\n");
	if (nl)
		*nl = '\0';
	strv_add(names, buf_str(&b));
	return 0;
}

/* results of the single steps */
struct tally {
	unsigned failed, missing, busy;
	struct err first;
};

static void failed(struct tally *t, const struct err *err)
{
	/* the first one waits: if it stays alone, main() reports it */
	if (t->failed == 0)
		t->first = *err;
	else if (t->failed == 1)
		report(&t->first);
	if (t->failed >= 1)
		report(err);
	t->failed++;
	t->missing += err->code == ERR_NO_OBJECT;
	t->busy += err->code == EBUSY;
}

static void each_named(struct ctx *ctx, const struct target_opts *o, const struct strv *names,
	target_fn *fn, void *arg, struct tally *tally)
{
	strv_foreach (i, name, names) {
		struct target t = {.name = xstrdup(name)};
		struct err err = {0};
		int r = container_find(&ctx->containers, name, &t.c, &err);

		if (r == 0) {
			r = fn(&t, arg, &err);
			container_done(&t.c);
		}
		if (r < 0 && !(o->ignore && r == -ERR_NO_OBJECT))
			failed(tally, &err);
		else if (r < 0 && o->ignored)
			puts(o->ignored);
		free(t.name);
	}
}

static void begin_named(
	struct ctx *ctx, const struct target_opts *o, const struct strv *names, void *arg)
{
	strv_foreach (i, name, names) {
		struct container c;

		if (container_find(&ctx->containers, name, &c, NULL) < 0)
			continue;
		o->begin(&c, arg);
		container_done(&c);
	}
}

/* @only: ids, or NULL for any */
static bool is_chosen(const struct target_opts *o, const struct container_list *l, size_t i,
	const struct strv *only)
{
	if (o->latest)
		return i == 0;
	if (only && !strv_has(only, l->v[i].id))
		return false;
	if (o->filter && o->filter->n && !filter_match(o->filter, &l->v[i], l))
		return false;
	return !o->suitable || o->suitable(&l->v[i]);
}

static const char *shown_name(
	const struct container *c, const struct strv *only, const struct strv *names)
{
	if (only)
		strv_foreach (i, id, only)
			if (str_eq(id, c->id))
				return names->v[i];
	return c->id;
}

/* @only: ids, each beside the name that it was given by in @names; or NULL */
static void each_listed(const struct target_opts *o, struct container_list *l,
	const struct strv *only, const struct strv *names, target_fn *fn, void *arg,
	struct tally *tally)
{
	_cleanup_free_ bool *chosen = xcalloc(l->n + 1, sizeof(*chosen));

	for (size_t i = 0; i < l->n; i++) {
		chosen[i] = is_chosen(o, l, i, only);
		if (chosen[i] && o->begin && !o->latest)
			o->begin(&l->v[i], arg);
	}
	for (size_t i = 0; i < l->n; i++) {
		struct target t = {
			.c = l->v[i], .name = xstrdup(shown_name(&l->v[i], only, names))};
		struct err err = {0};

		/* one that vanished since it was listed is no failure of "all" */
		if (chosen[i] && container_refresh(&t.c, &err) == 0) {
			int r = fn(&t, arg, &err);

			if (r < 0 && r != -ERR_NO_OBJECT)
				failed(tally, &err);
		}
		l->v[i] = t.c; /* the list still owns what fn() may have opened */
		free(t.name);
	}
}

/* the ids of those that were named, for a filter to choose from */
static void find_named(struct ctx *ctx, const struct target_opts *o, const struct strv *names,
	struct strv *ids, struct strv *given, struct tally *tally)
{
	strv_foreach (i, name, names) {
		struct container c;
		struct err err = {0};
		int r = container_find(&ctx->containers, name, &c, &err);

		if (r == 0) {
			strv_add(ids, c.id);
			strv_add(given, name);
			container_done(&c);
		} else if (!(o->ignore && r == -ERR_NO_OBJECT)) {
			failed(tally, &err);
		}
	}
}

static int check_choice(const struct target_opts *o, const struct strv *names, struct err *err)
{
	bool filtered = o->filter && o->filter->n;
	bool named = names->n > 0 || (o->cidfile && o->cidfile->n);

	if (named + o->all + o->latest > 1)
		return err_say(err, ERR_USAGE, "names, --all and --latest exclude each other");
	if (o->latest && filtered)
		return err_say(err, ERR_USAGE, "--latest and --filter exclude each other");
	if (!named && !o->all && !o->latest && !filtered) {
		err_say(err, ERR_USAGE, "no container was named");
		return err_hint(err, "give a name or an id; 'rl ps -a' lists them");
	}
	return o->filter ? filter_check(o->filter, err) : 0;
}

int target_each(struct ctx *ctx, const struct target_opts *o, const struct strv *names,
	int missing_code, target_fn *fn, void *arg, struct err *err)
{
	_cleanup_strv_ struct strv all = {0};
	struct tally tally = {0};
	int r = check_choice(o, names, err);

	if (r == 0)
		r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	strv_addv(&all, names);
	for (size_t i = 0; o->cidfile && i < o->cidfile->n; i++) {
		r = target_cidfile(o->cidfile->v[i], &all, err);
		if (r < 0 && !(o->ignore && r == -ENOENT))
			return r;
	}
	if (o->all || o->latest || (o->filter && o->filter->n)) {
		struct container_list l = {0};
		_cleanup_strv_ struct strv only = {0}, given = {0};

		find_named(ctx, o, &all, &only, &given, &tally);
		r = container_list(&ctx->containers, &l, err);
		if (r == 0 && o->filter)
			r = filter_resolve(o->filter, &l, err);
		if (r == 0)
			each_listed(o, &l, all.n ? &only : NULL, &given, fn, arg, &tally);
		container_list_done(&l);
		if (r < 0)
			return r;
	} else {
		if (o->begin && all.n > 1)
			begin_named(ctx, o, &all, arg);
		each_named(ctx, o, &all, fn, arg, &tally);
	}
	if (tally.failed == 0)
		return 0;
	if (o->busy_code && tally.busy == tally.failed) {
		if (tally.failed == 1)
			report(&tally.first);
		return o->busy_code;
	}
	if (tally.failed == 1) {
		*err = tally.first;
		return -err->code;
	}
	return missing_code && tally.missing == tally.failed ? missing_code : 125;
}

int target_one(struct ctx *ctx, bool latest, const struct strv *names, struct container *ret,
	struct err *err)
{
	struct container_list l = {0};
	int r = ctx_containers(ctx, err);

	if (r < 0)
		return r;
	if (latest && names->n)
		return err_say(err, ERR_USAGE, "a name and --latest exclude each other");
	if (!latest && !names->n) {
		err_say(err, ERR_USAGE, "no container was named");
		return err_hint(err, "give a name or an id; 'rl ps -a' lists them");
	}
	if (!latest)
		return container_find(&ctx->containers, names->v[0], ret, err);
	r = container_list(&ctx->containers, &l, err);
	if (r == 0 && l.n == 0)
		r = err_say(err, ERR_NO_OBJECT, "there is no container");
	if (r == 0)
		r = container_find(&ctx->containers, l.v[0].id, ret, err);
	container_list_done(&l);
	return r;
}
