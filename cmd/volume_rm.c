#include "cmd/output.h"
#include "cmd/report.h"
#include "cmd/volume_filter.h"
#include "runtime/event.h"

struct volume_rm_opts {
	bool all, force;
	int64_t time;
};

static int remove_users(
	struct ctx *ctx, const struct volume_rm_opts *o, const char *name, struct err *err)
{
	_cleanup_json_ json_t *users = volume_users(&ctx->store);
	const json_t *ids = json_object_get(users, name);
	json_t *id;
	size_t i;

	json_array_foreach (ids, i, id) {
		_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
		struct err why = {0};
		int r = container_find(&ctx->containers, json_string_value(id), &c, &why);

		if (r == 0)
			r = container_retire(&c, true, o->time > 0 ? (int)o->time : 0, &why);
		if (r < 0 && r != -ERR_NO_OBJECT) {
			if (err)
				*err = why;
			return r;
		}
	}
	return 0;
}

static int remove_one(
	struct ctx *ctx, const struct volume_rm_opts *o, const char *given, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	struct err why = {0};
	const char *name;
	int r = volume_find(&ctx->store, given, &record, &why);

	/* one whose record is damaged can go nevertheless */
	if (r < 0 && r != -EBADMSG) {
		if (err)
			*err = why;
		return r;
	}
	name = r == 0 ? json_get_str(record, "name", given) : given;
	r = o->force ? remove_users(ctx, o, name, err) : 0;
	if (r == 0)
		r = volume_remove(&ctx->store, name, err);
	if (r < 0)
		return r;
	event_volume(&ctx->store, "remove", name);
	output_printf("%s\n", name);
	return 0;
}

static int all_names(struct ctx *ctx, struct strv *ret, struct err *err)
{
	_cleanup_json_ json_t *all = NULL;
	json_t *record;
	size_t i;
	int r = volume_list(&ctx->store, &all, ret, err);

	if (r == 0)
		json_array_foreach (all, i, record)
			strv_add(ret, json_get_str(record, "name", ""));
	return r;
}

static int run_volume_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct volume_rm_opts *o = opts;
	_cleanup_strv_ struct strv names = {0};
	int r = ctx_containers(ctx, err), code = 0;

	if (r == 0 && o->all == (args->n > 0))
		return err_say(err, ERR_USAGE, "volumes are named, or --all is given");
	if (r == 0 && (o->time < -1 || o->time > INT32_MAX / 2000))
		return err_say(err, ERR_USAGE, "--time: %lld is not a number of seconds",
			(long long)o->time);
	if (r == 0 && o->all)
		r = all_names(ctx, &names, err);
	if (r < 0)
		return r;
	strv_addv(&names, args);
	strv_foreach (i, name, &names) {
		struct err why = {0};
		int this;

		r = remove_one(ctx, o, name, &why);
		if (r == 0 || (r == -ERR_NO_OBJECT && o->force))
			continue;
		report(&why);
		this = r == -ERR_NO_OBJECT ? VOLUME_EXIT_MISSING
		       : r == -EBUSY	   ? VOLUME_EXIT_IN_USE
					   : 125;
		code = this > code ? this : code;
	}
	/* all at once: entering R may take longer than all the rest */
	container_purge(&ctx->containers);
	return code;
}

#define O struct volume_rm_opts
static const struct opt volume_rm_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all volumes"),
	OPTION_BOOL('f', "force", O, force,
		"remove the containers that have it first; missing ones are fine"),
	OPTION_INT('t', "time", O, time, "SECONDS",
		"with --force: let containers stop by themselves for so long (default 0)"),
	{0},
};

const struct cmd cmd_volume_rm = {
	.name = "volume rm",
	.args = "[VOLUME...]",
	.max = -1,
	.summary = "Remove volumes",
	.details = "Exit codes: 1 where one is missing, 2 where one is in use, 125 for anything "
		   "else that fails.",
	.opts = volume_rm_opts,
	.opts_size = sizeof(O),
	.defaults = &(const O){.time = -1},
	.missing_code = VOLUME_EXIT_MISSING,
	.run = run_volume_rm,
};
