#include "cmd/manifest.h"
#include "cmd/output.h"

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

#define O struct create_opts
static const struct opt create_opts[] = {
	OPTION_BOOL(0, "all", O, all, "of an image that is a list itself, add all that is in it"),
	OPTION_BOOL('a', "amend", O, amend, "add to the list if there is one of this name"),
	OPTION_STRV(0, "annotation", O, annotations, "KEY=VALUE", "annotate the list"),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};
static const struct create_opts create_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

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
	.opts_size = sizeof(O),
	.defaults = &create_defaults,
	.run = run_create,
};
