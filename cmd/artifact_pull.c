#include "cmd/artifact_gone.h"
#include "cmd/manifest.h"
#include "cmd/output.h"
#include "storage/pull.h"

struct pull_opts {
	struct access_flags access;
	bool quiet;
};

static int run_pull(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct pull_opts *o = opts;
	const char *plain = str_after(args->v[0], "docker://");
	_cleanup_json_ json_t *request = json_pack("{s:s}", "op", "pull"), *result = NULL;
	struct progress progress;
	struct list_work w = {0};
	int r = manifest_begin(ctx, &o->access, &progress, &w, err);

	if (r == 0)
		r = pull_candidates(&w.access, plain ? plain : args->v[0], request, err);
	if (r < 0)
		return r;
	progress_init(&progress, o->quiet);
	r = list_work_do(&w, "artifact", request, &result, err);
	progress_finish(&progress);
	if (r < 0)
		return r;
	artifact_told(ctx, "pull", result);
	return 0;
}

#define O struct pull_opts
static const struct opt pull_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	ACCESS_CREDS(O, access),
	OPTION_BOOL('q', "quiet", O, quiet, "print the digest only"),
	ACCESS_RETRY(O, access),
	ACCESS_RETRY_DELAY(O, access),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};
static const struct pull_opts pull_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_artifact_pull = {
	.name = "artifact pull",
	.args = "ARTIFACT",
	.min = 1,
	.max = 1,
	.summary = "Get an artifact from a registry",
	.opts = pull_opts,
	.opts_size = sizeof(O),
	.defaults = &pull_defaults,
	.run = run_pull,
};
