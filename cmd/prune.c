#include "cmd/prune.h"

#include "cmd/filter.h"
#include "cmd/image_filter.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "cmd/volume_filter.h"
#include "runtime/requires.h"
#include "runtime/event.h"
#include "storage/family.h"

#include <stdio.h>
#include <unistd.h>

static const char *const keys[] = {"label", "until", NULL};

static void ask(const char *warning)
{
	_cleanup_strv_ struct strv lines = {0};

	/* a path in it may be anything */
	strv_split(&lines, warning, "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_buf_ struct buf shown = {0};

		output_escape(&shown, *line == '\t' ? line + 1 : line);
		fprintf(stderr, "%s%s\n", *line == '\t' ? "\t" : "", buf_str(&shown));
	}
	fputs("Are you sure you want to continue? [y/N] ", stderr);
	fflush(stderr);
}

int prune_confirm(const char *command, const char *warning, struct err *err)
{
	bool terminal = isatty(STDIN_FILENO);
	char answer[64];

	if (terminal)
		ask(warning);
	if (!fgets(answer, sizeof(answer), stdin)) {
		if (terminal)
			return 0;
		err_say(err, ERR_USAGE, "'%s' asks before it removes anything, and nobody answered",
			command);
		return err_hint(err, "use --force to remove without asking");
	}
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static int check(const struct strv *filters, struct err *err)
{
	strv_foreach (i, text, filters) {
		bool known = str_after(text, "label=") || str_after(text, "label!=") ||
			     str_after(text, "until=");

		if (known)
			continue;
		err_say(err, ERR_USAGE, "--filter \"%.200s\": this filter is not known here", text);
		return err_hint(err, "filters are label=, label!= and until=");
	}
	return filter_check(filters, err);
}

int prune_begin(struct ctx *ctx, const struct prune_opts *o, const char *command,
	const char *warning, struct err *err)
{
	int r = check(&o->filter, err);

	if (r == 0 && !o->force) {
		r = prune_confirm(command, warning, err);
		if (r <= 0)
			return r;
	}
	if (r >= 0)
		r = ctx_containers(ctx, err);
	return r < 0 ? r : 1;
}

void prune_print(const struct strv *ids)
{
	strv_foreach (i, id, ids)
		output_printf("%s\n", id);
}

/* one round; Return: how many are gone, or a negative errno */
static int prune_once(struct ctx *ctx, const struct image_filter *f, bool all_images,
	struct strv *ret, struct err *err)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	_cleanup_(family_done) struct family all = {0};
	int n = 0, r = image_list(&ctx->store, &l, NULL, err);

	if (r < 0)
		return r;
	family_init(&all, &l);
	family_count_containers(&all, &ctx->store);
	for (size_t i = 0; i < l.n; i++) {
		const struct image *img = &l.v[i];
		struct err why = {0};

		if (all.containers[i] || !(all_images || family_is_dangling(&all, i)) ||
			!image_filter_match(f, &all, i, NULL))
			continue;
		r = image_drop(&ctx->store, img->id, NULL, img->names.n, NULL, &why);
		if (r == -EBUSY || r == -ERR_NO_OBJECT)
			continue;
		if (r < 0) {
			if (err)
				*err = why;
			return r;
		}
		event_image(&ctx->store, "remove", img->id, NULL);
		strv_add(ret, img->id);
		n++;
	}
	return n;
}

int prune_images(
	struct ctx *ctx, bool all, const struct strv *filters, struct strv *ret, struct err *err)
{
	_cleanup_(image_filter_done) struct image_filter f = {0};
	int r = image_filter_parse(&ctx->store, filters, keys, &f, err);

	if (r < 0)
		return r;
	/* an image may be the last that was made of another one without a name */
	do
		r = prune_once(ctx, &f, all, ret, err);
	while (r > 0);
	return r;
}

static bool is_over(const struct container *c)
{
	return c->status == CONTAINER_CREATED || c->status == CONTAINER_EXITED;
}

/* the list begins with the newest: what required it and is over has gone before */
static bool is_needed(const struct container *c)
{
	_cleanup_strv_ struct strv ids = {0};

	return requires_dependents(c, &ids, NULL) < 0 || ids.n > 0;
}

int prune_containers(struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err)
{
	_cleanup_(container_list_done) struct container_list l = {0};
	int r = container_list(&ctx->containers, &l, err), failed = 0;

	for (size_t i = 0; r == 0 && i < l.n; i++) {
		struct err why = {0};
		int e;

		/* held: being started, or removed by somebody else */
		if (!is_over(&l.v[i]) || l.v[i].held || !filter_match(filters, &l.v[i], &l) ||
			is_needed(&l.v[i]))
			continue;
		e = container_retire(&l.v[i], false, 0, &why);
		if (e == 0) {
			strv_add(ret, l.v[i].id);
		} else if (e != -EBUSY && e != -ERR_NO_OBJECT) {
			/* the others can go nevertheless */
			if (failed)
				report(&why);
			else if (err)
				*err = why;
			failed = failed ? failed : e;
		}
	}
	return r < 0 ? r : failed;
}

int prune_list_volumes(
	struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err)
{
	_cleanup_json_ json_t *all = NULL, *users = NULL;
	json_t *record;
	size_t i;
	int r = volume_list(&ctx->store, &all, NULL, err);

	if (r < 0)
		return r;
	users = volume_users(&ctx->store);
	json_array_foreach (all, i, record) {
		const char *name = json_get_str(record, "name", "");

		if (!json_array_size(json_object_get(users, name)) &&
			volume_filter_match(&ctx->store, filters, record, users))
			strv_add(ret, name);
	}
	return 0;
}

int prune_volumes(struct ctx *ctx, const struct strv *filters, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = prune_list_volumes(ctx, filters, &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct err why = {0};

		r = volume_remove(&ctx->store, names.v[i], &why);
		if (r == 0) {
			event_volume(&ctx->store, "remove", names.v[i]);
			event_volume(&ctx->store, "prune", names.v[i]);
			strv_add(ret, names.v[i]);
		}
		/* taken into use, or removed, meanwhile */
		else if (r == -EBUSY || r == -ERR_NO_OBJECT)
			r = 0;
		else if (err)
			*err = why;
	}
	return r;
}
