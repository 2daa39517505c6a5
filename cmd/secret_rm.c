#include "cmd/cmd.h"
#include "cmd/report.h"
#include "runtime/event.h"
#include "storage/secret.h"

#include <stdio.h>

struct rm_opts {
	bool all, ignore;
};

static int remove_this(struct ctx *ctx, const struct secret *s, struct err *err)
{
	int r = secret_remove(&ctx->store, s, err);

	if (r < 0)
		return r;
	event_object(&ctx->store, "secret", "remove", s->id, s->name);
	puts(s->id);
	return 0;
}

static int remove_one(struct ctx *ctx, const char *name, struct err *err)
{
	_cleanup_(secret_done) struct secret s = {0};
	int r = secret_find(&ctx->store, name, &s, err);

	return r < 0 ? r : remove_this(ctx, &s, err);
}

static int remove_all(struct ctx *ctx, struct err *err)
{
	_cleanup_(secret_list_done) struct secret_list all = {0};
	int r = secret_list(&ctx->store, &all, err);

	for (size_t i = 0; r == 0 && i < all.n; i++)
		r = remove_this(ctx, &all.v[i], err);
	return r;
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rm_opts *o = opts;
	int r, code = 0;

	if (o->all && args->n > 0)
		return err_say(err, ERR_USAGE, "--all and names exclude each other");
	if (!o->all && args->n == 0) {
		err_say(err, ERR_USAGE, "no secret is named");
		return err_hint(err, "name some, or use --all");
	}
	r = ctx_store(ctx, err);
	if (r < 0 || o->all)
		return r < 0 ? r : remove_all(ctx, err);
	/* the others go even if one is missing */
	strv_foreach (i, name, args) {
		struct err why = {0};

		r = remove_one(ctx, name, &why);
		if (r == 0 || (r == -ERR_NO_OBJECT && o->ignore))
			continue;
		report(&why);
		code = 125;
	}
	return code;
}

#define O struct rm_opts
static const struct opt rm_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all secrets"),
	OPTION_BOOL('i', "ignore", O, ignore, "a missing secret is no error"),
	{0},
};

const struct cmd cmd_secret_rm = {
	.name = "secret rm",
	.args = "[SECRET...]",
	.max = -1,
	.summary = "Remove secrets; containers that have them keep them",
	.opts = rm_opts,
	.opts_size = sizeof(O),
	.run = run_rm,
};
