#include "cmd/manifest.h"
#include "cmd/output.h"

#include <stdio.h>

struct inspect_opts {
	struct access_flags access;
};

static int print_remote(struct ctx *ctx, const struct inspect_opts *o, const char *name,
	const struct err *missing, struct err *err)
{
	_cleanup_json_ json_t *result = NULL, *j = NULL;
	const char *text;
	struct list_work w = {0};
	int r = manifest_begin(ctx, &o->access, NULL, &w, err);

	if (r == 0)
		r = list_work_fetch(&w, name, &result, err);
	/* "no such list" says more than that a registry on this machine cannot be reached */
	if (r < 0 && str_after(name, "localhost/"))
		*err = *missing;
	if (r < 0)
		return str_after(name, "localhost/") ? -missing->code : r;
	text = json_get_str(result, "manifest", "");
	r = json_parse(text, strlen(text), "manifest", &j, err);
	if (r < 0)
		return r;
	if (!json_object_get(j, "manifests"))
		fprintf(stderr, "Warning: this is the manifest of a single image, not a list\n");
	return output_object(NULL, j, err);
}

static int run_inspect(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	const char *name = args->v[0];
	struct err missing = {0};
	int r = ctx_store(ctx, err);

	if (r < 0)
		return r;
	r = str_after(name, "docker://") ? -ERR_NO_OBJECT
					 : list_find(&ctx->store, name, &img, &missing);
	if (r == 0)
		return output_object(NULL, img.manifest, err);
	if (r == -ERR_NO_OBJECT || r == -EINVAL)
		return print_remote(ctx, opts, name, &missing, err);
	*err = missing;
	return r;
}

#define O struct inspect_opts
static const struct opt inspect_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};
static const struct inspect_opts inspect_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_manifest_inspect = {
	.name = "manifest inspect",
	.args = "LIST",
	.min = 1,
	.max = 1,
	.summary = "Show a manifest list of the store or of a registry",
	.opts = inspect_opts,
	.opts_size = sizeof(O),
	.defaults = &inspect_defaults,
	.run = run_inspect,
};
