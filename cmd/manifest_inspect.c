#include "cmd/manifest_verbose.h"
#include "cmd/output.h"
#include "storage/pull.h"

#include <stdio.h>

struct inspect_opts {
	struct access_flags access;
	bool verbose;
};

/* the first name that it may mean; the caller owns it */
static char *full_name(const char *name)
{
	const char *plain = str_after(name, "docker://");
	_cleanup_strv_ struct strv names = {0};

	plain = plain ? plain : name;
	pull_names(plain, &names, NULL);
	return xstrdup(names.n ? names.v[0] : plain);
}

static int show_remote(struct list_work *w, const char *name, const json_t *fetched,
	const json_t *j, bool verbose, struct err *err)
{
	const char *text = json_get_str(fetched, "manifest", "");
	_cleanup_json_ json_t *out = NULL, *descriptor = NULL;
	_cleanup_free_ char *full = full_name(name);
	bool list = json_object_get(j, "manifests") != NULL;
	int r;

	if (!verbose) {
		if (!list)
			fprintf(stderr,
				"Warning: this is the manifest of a single image, not a list\n");
		return output_object(NULL, (json_t *)(uintptr_t)j, err);
	}
	descriptor = json_pack("{s:s,s:s,s:I}", "mediaType", json_get_str(j, "mediaType", ""),
		"digest", json_get_str(fetched, "digest", ""), "size", (json_int_t)strlen(text));
	r = list ? manifest_verbose_list(w, full, j, NULL, &out, err)
		 : manifest_verbose_one(full, descriptor, text, &out, err);
	return r < 0 ? r : output_object(NULL, out, err);
}

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
	return r < 0 ? r : show_remote(&w, name, result, j, o->verbose, err);
}

static int print_local(struct ctx *ctx, const struct inspect_opts *o, const char *name,
	const struct image *img, struct err *err)
{
	_cleanup_json_ json_t *sources = NULL, *out = NULL;
	_cleanup_free_ char *full = NULL;
	struct list_work w = {0};
	int r;

	if (!o->verbose)
		return output_object(NULL, img->manifest, err);
	r = manifest_begin(ctx, &o->access, NULL, &w, err);
	if (r < 0)
		return r;
	sources = list_sources(&ctx->store, img->id);
	if (list_work_name(name, &full, NULL) < 0)
		full = xstrdup(name);
	r = manifest_verbose_list(&w, full, img->manifest, sources, &out, err);
	return r < 0 ? r : output_object(NULL, out, err);
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
		return print_local(ctx, opts, name, &img, err);
	if (r == -ERR_NO_OBJECT || r == -EINVAL)
		return print_remote(ctx, opts, name, &missing, err);
	*err = missing;
	return r;
}

#define O struct inspect_opts
static const struct opt inspect_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_TLS_VERIFY(O, access),
	OPTION_BOOL('v', "verbose", O, verbose, "show the manifests that it names, as docker does"),
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
