#include "cmd/manifest.h"

#include "cmd/output.h"
#include "cmd/report.h"
#include "userns/userns.h"

#include <stdio.h>

#define EXIT_MISSING 1

int manifest_begin(struct ctx *ctx, const struct access_flags *f, struct progress *p,
	struct list_work *ret, struct err *err)
{
	static const struct access_flags none = {.retry = ACCESS_RETRY_DEFAULT};
	struct list_work w = {.driver = ctx->storage_driver, .arg = p};
	int r = access_parse(f ? f : &none, &w.access, err);

	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	w.store = &ctx->store;
	w.rundir = ctx->rundir;
	if (p) {
		w.progress = progress_event;
		w.note = progress_note;
	}
	*ret = w;
	return 0;
}

static int sweep(void *arg, struct err *err)
{
	(void)err;
	store_sweep(arg);
	return 0;
}

int manifest_remove_list(struct ctx *ctx, const char *id, struct strv *report, struct err *err)
{
	int r = image_remove(&ctx->store, id, report, err);

	/* best effort, as with rmi */
	userns_call(ctx->rundir, sweep, &ctx->store, NULL);
	return r;
}

int manifest_annotations(const struct strv *texts, json_t *request, struct err *err)
{
	json_t *all = json_object();

	json_object_set_new(request, "annotations", all);
	strv_foreach (i, text, texts) {
		const char *eq = strchr(text, '=');
		_cleanup_free_ char *key = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;

		if (str_empty(key))
			return err_say(
				err, ERR_USAGE, "--annotation is KEY=VALUE, not \"%.200s\"", text);
		json_set_str(all, key, eq + 1);
	}
	return 0;
}

struct create_opts {
	struct access_flags access;
	struct strv annotations;
	bool all, amend;
};

static int run_create(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct create_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s,s:b,s:b}", "op", "create", "all", o->all,
				      "amend", o->amend),
			      *result = NULL;
	_cleanup_free_ char *name = NULL;
	struct list_work w = {0};
	int r = list_work_name(args->v[0], &name, err);

	if (r == 0)
		r = manifest_annotations(&o->annotations, request, err);
	if (r == 0)
		r = manifest_begin(ctx, &o->access, NULL, &w, err);
	for (size_t i = 1; r == 0 && i < args->n; i++)
		r = list_work_source(&w, args->v[i], request, err);
	json_set_str(request, "name", name);
	if (r == 0)
		r = list_work_run(&w, request, &result, err);
	if (r == 0)
		output_printf("%s\n", json_get_str(result, "id", ""));
	return r;
}

static int run_exists(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r < 0)
		return r;
	r = list_find(&ctx->store, args->v[0], &img, err);
	return r == -ERR_NO_OBJECT ? EXIT_MISSING : r;
}

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

struct rm_opts {
	bool ignore;
};

static int remove_list(struct ctx *ctx, const char *name, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv lines = {0};
	int r = list_find(&ctx->store, name, &img, err);

	if (r == 0)
		r = image_check_own(&img, "removed", err);
	if (r == 0)
		r = manifest_remove_list(ctx, img.id, &lines, err);
	strv_foreach (i, line, &lines)
		output_printf("%s\n", line);
	return r;
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rm_opts *o = opts;
	int r = ctx_store(ctx, err), code = 0;

	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	strv_foreach (i, name, args) {
		struct err why = {0};

		r = remove_list(ctx, name, &why);
		if (r == 0 || (r == -ERR_NO_OBJECT && o->ignore))
			continue;
		why.hint[0] = '\0';
		report(&why);
		code = r == -ERR_NO_OBJECT && code == 0 ? EXIT_MISSING
		       : r == -ERR_NO_OBJECT		? code
							: 125;
	}
	return code;
}

#define C struct create_opts
static const struct opt create_opts[] = {
	OPTION_BOOL(0, "all", C, all, "of an image that is a list itself, add all that is in it"),
	OPTION_BOOL('a', "amend", C, amend, "add to the list if there is one of this name"),
	OPTION_STRV(0, "annotation", C, annotations, "KEY=VALUE", "annotate the list"),
	ACCESS_TLS_VERIFY(C, access),
	{0},
};
static const struct create_opts create_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

#define I struct inspect_opts
static const struct opt inspect_opts[] = {
	ACCESS_AUTHFILE(I, access),
	ACCESS_TLS_VERIFY(I, access),
	{0},
};
static const struct inspect_opts inspect_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

#define R struct rm_opts
static const struct opt rm_opts[] = {
	OPTION_BOOL('i', "ignore", R, ignore, "a missing list is no error"),
	{0},
};

const struct cmd cmd_manifest_create = {
	.name = "manifest create",
	.args = "LIST [IMAGE...]",
	.min = 1,
	.max = -1,
	.summary = "Make a manifest list: one name for an image of several platforms",
	.details = "Images are taken from the store (containers-storage:NAME) or named on a "
		   "registry (docker://NAME); "
		   "without either, the store is looked at first. Nothing is pulled: the list "
		   "holds their digests.",
	.opts = create_opts,
	.opts_size = sizeof(C),
	.defaults = &create_defaults,
	.run = run_create,
};

const struct cmd cmd_manifest_exists = {
	.name = "manifest exists",
	.args = "LIST",
	.min = 1,
	.max = 1,
	.summary = "Exit with 0 if there is such a manifest list, else with 1",
	.run = run_exists,
};

const struct cmd cmd_manifest_inspect = {
	.name = "manifest inspect",
	.args = "LIST",
	.min = 1,
	.max = 1,
	.summary = "Show a manifest list of the store or of a registry",
	.opts = inspect_opts,
	.opts_size = sizeof(I),
	.defaults = &inspect_defaults,
	.run = run_inspect,
};

const struct cmd cmd_manifest_rm = {
	.name = "manifest rm",
	.args = "LIST [LIST...]",
	.min = 1,
	.max = -1,
	.summary = "Remove manifest lists; the images in them stay",
	.opts = rm_opts,
	.opts_size = sizeof(R),
	.missing_code = EXIT_MISSING,
	.run = run_rm,
};
