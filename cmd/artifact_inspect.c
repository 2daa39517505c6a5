#include "cmd/artifact_inspect.h"

#include "cmd/cmd.h"
#include "cmd/output.h"
#include "storage/artifacts.h"

struct inspect_opts {
	char *format;
};

int artifact_shown(struct ctx *ctx, const char *name, json_t **ret, struct err *err)
{
	_cleanup_(artifact_done) struct artifact a = {0};
	int r = artifacts_find(&ctx->store, name, &a, NULL, err);

	if (r == 0)
		*ret = json_pack("{s:O,s:s,s:s}", "Manifest", a.manifest, "Name", a.name, "Digest",
			a.digest);
	return r;
}

static int run_inspect(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct inspect_opts *o = opts;
	_cleanup_json_ json_t *j = NULL;
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = artifact_shown(ctx, args->v[0], &j, err);
	return r < 0 ? r : output_object(o->format, j, err);
}

#define O struct inspect_opts
static const struct opt inspect_opts[] = {
	OPTION_STR('f', "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	{0},
};

const struct cmd cmd_artifact_inspect = {
	.name = "artifact inspect",
	.args = "ARTIFACT",
	.min = 1,
	.max = 1,
	.summary = "Show the manifest of an artifact",
	.opts = inspect_opts,
	.opts_size = sizeof(O),
	.run = run_inspect,
};
