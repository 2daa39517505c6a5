#include "cmd/artifact_gone.h"
#include "cmd/manifest.h"
#include "cmd/push_flags.h"
#include "runtime/base/fs.h"
#include "storage/artifacts.h"
#include "storage/push.h"

#include <fcntl.h>

struct push_opts {
	struct access_flags access;
	struct push_flags how;
	char *digestfile;
	bool quiet;
};

static int push(struct ctx *ctx, const struct push_opts *o, const struct strv *args,
	json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(artifact_done) struct artifact a = {0};
	struct progress progress;
	struct list_work w = {0};
	int r = manifest_begin(ctx, &o->access, &progress, &w, err);

	if (r == 0)
		r = artifacts_find(&ctx->store, args->v[0], &a, NULL, err);
	if (r == 0)
		r = push_flags_parse(&o->how, NULL, request, err);
	if (r == 0)
		r = push_endpoint(&w.access, args->n > 1 ? args->v[1] : a.name, request, err);
	if (r < 0)
		return r;
	json_set_str(request, "digest", a.digest);
	progress_init(&progress, o->quiet);
	r = list_work_do(&w, "artifact", request, ret, err);
	progress_finish(&progress);
	if (r == 0)
		artifact_event(ctx, "push", a.digest, args->n > 1 ? args->v[1] : a.name);
	return r;
}

static int run_push(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct push_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s}", "op", "push"), *result = NULL;
	int r = push(ctx, o, args, request, &result, err);
	const char *digest;

	if (r < 0 || !o->digestfile)
		return r;
	digest = json_get_str(result, "digest", "");
	return fs_write_at(AT_FDCWD, o->digestfile, digest, strlen(digest), 0644, 0, err);
}

#define O struct push_opts
static const struct opt push_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	ACCESS_CREDS(O, access),
	OPTION_STR(0, "digestfile", O, digestfile, "FILE", "write the manifest's digest to FILE"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	ACCESS_RETRY(O, access),
	ACCESS_RETRY_DELAY(O, access),
	PUSH_SIGN_PARAMS(O, how),
	PUSH_SIGN_KEY(O, how),
	PUSH_SIGN_PASSPHRASE(O, how),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};
static const struct push_opts push_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_artifact_push = {
	.name = "artifact push",
	.args = "ARTIFACT [DESTINATION]",
	.min = 1,
	.max = 2,
	.summary = "Give an artifact to a registry",
	.details = "DESTINATION is [docker://]HOST/PATH[:TAG]; without one the artifact goes where "
		   "its name says.",
	.opts = push_opts,
	.opts_size = sizeof(O),
	.defaults = &push_defaults,
	.run = run_push,
};
