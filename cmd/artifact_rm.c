#include "cmd/artifact_gone.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "storage/artifacts.h"

struct rm_opts {
	bool all, ignore;
};

/* all names of an artifact, or one; each artifact is told once */
static int remove_names(struct ctx *ctx, const struct artifact_list *all, const char *digest,
	const char *name, struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct artifact *a = &all->v[i];
		int r;

		if ((digest && !str_eq(a->digest, digest)) || (name && !str_eq(a->name, name)))
			continue;
		r = artifacts_untag(&ctx->store, a, err);
		if (r < 0)
			return r;
		artifact_event(ctx, "remove", a->digest, a->name);
	}
	return 0;
}

static int remove_one(struct ctx *ctx, const char *text, struct err *err)
{
	_cleanup_(artifact_list_done) struct artifact_list all = {0};
	_cleanup_(artifact_done) struct artifact a = {0};
	bool by_digest;
	int r = artifacts_find(&ctx->store, text, &a, &by_digest, err);

	if (r == 0)
		r = artifacts_list(&ctx->store, &all, err);
	if (r == 0)
		r = remove_names(ctx, &all, a.digest, by_digest ? NULL : a.name, err);
	if (r == 0)
		output_printf("%s\n", artifact_digits(a.digest));
	return r;
}

static int remove_all(struct ctx *ctx, struct err *err)
{
	_cleanup_(artifact_list_done) struct artifact_list all = {0};
	_cleanup_strv_ struct strv told = {0};
	int r = artifacts_list(&ctx->store, &all, err);

	if (r == 0)
		r = remove_names(ctx, &all, NULL, NULL, err);
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		if (strv_has(&told, all.v[i].digest))
			continue;
		strv_add(&told, all.v[i].digest);
		output_printf("%s\n", artifact_digits(all.v[i].digest));
	}
	return r;
}

static int remove_some(
	struct ctx *ctx, const struct rm_opts *o, const struct strv *args, struct err *err)
{
	int code = 0;

	if (o->all)
		return remove_all(ctx, err);
	/* the others go even if one is missing */
	strv_foreach (i, text, args) {
		struct err why = {0};
		int r = remove_one(ctx, text, &why);

		if (r == 0 || (r == -ERR_NO_OBJECT && o->ignore))
			continue;
		report(&why);
		code = 125;
	}
	return code;
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rm_opts *o = opts;
	int r;

	if (o->all && args->n > 0)
		return err_say(err, ERR_USAGE, "--all and names exclude each other");
	if (!o->all && args->n == 0) {
		err_say(err, ERR_USAGE, "no artifact is named");
		return err_hint(err, "name some, or use --all");
	}
	r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	r = remove_some(ctx, o, args, err);
	artifact_gone(ctx, true);
	return r;
}

#define O struct rm_opts
static const struct opt rm_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all artifacts"),
	OPTION_BOOL('i', "ignore", O, ignore, "a missing artifact is no error"),
	{0},
};

const struct cmd cmd_artifact_rm = {
	.name = "artifact rm",
	.args = "[ARTIFACT...]",
	.max = -1,
	.summary = "Remove artifacts",
	.details = "ARTIFACT is a name, or a digest or the beginning of one, which stands for all "
		   "names that the artifact has. The files of one that a manifest list names stay.",
	.opts = rm_opts,
	.opts_size = sizeof(O),
	.run = run_rm,
};
