#include "cmd/output.h"
#include "cmd/report.h"
#include "cmd/volume_filter.h"

struct volume_inspect_opts {
	bool all;
	char *format;
};

/* those that are there are shown, even if others are missing; Return: exit code */
static int collect(struct ctx *ctx, const struct strv *names, const json_t *users, json_t *out)
{
	int code = 0;

	strv_foreach (i, name, names) {
		_cleanup_json_ json_t *record = NULL;
		struct err why = {0};
		int r = volume_find(&ctx->store, name, &record, &why);

		if (r == 0) {
			json_array_append_new(out, volume_shown(&ctx->store, record, users));
			continue;
		}
		report(&why);
		code = 125;
	}
	return code;
}

static int run_volume_inspect(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct volume_inspect_opts *o = opts;
	_cleanup_json_ json_t *users = NULL, *all = NULL, *out = json_array();
	json_t *record;
	size_t i;
	int r = ctx_store(ctx, err), code = 0;

	if (r == 0 && o->all == (args->n > 0))
		return err_say(err, ERR_USAGE, "volumes are named, or --all is given");
	if (r < 0)
		return r;
	users = volume_users(&ctx->store);
	if (o->all) {
		r = volume_list(&ctx->store, &all, NULL, err);
		if (r < 0)
			return r;
		json_array_foreach (all, i, record)
			json_array_append_new(out, volume_shown(&ctx->store, record, users));
	} else {
		code = collect(ctx, args, users, out);
	}
	r = json_array_size(out) || !o->format ? output_object(o->format, out, err) : 0;
	return r < 0 ? r : code;
}

#define O struct volume_inspect_opts
static const struct opt volume_inspect_opts[] = {
	OPTION_BOOL('a', "all", O, all, "show all volumes"),
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_volume_inspect = {
	.name = "volume inspect",
	.args = "[VOLUME...]",
	.max = -1,
	.summary = "Show everything about volumes",
	.opts = volume_inspect_opts,
	.opts_size = sizeof(O),
	.run = run_volume_inspect,
};
