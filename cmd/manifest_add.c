#include "cmd/manifest_artifact.h"

struct add_opts {
	struct access_flags access;
	struct manifest_entry entry;
	struct artifact_flags artifact;
	bool all;
};

static int run_add(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct add_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s,s:b}", "op", "add", "all", o->all);
	struct list_work w = {0};
	int r = manifest_artifact_check(&o->artifact, o->all, err);

	if (r == 0)
		r = manifest_entry_change(&o->entry, request, err);
	if (r == 0)
		r = manifest_begin(ctx, &o->access, NULL, &w, err);
	if (r == 0 && o->artifact.wanted)
		return manifest_artifact_add(&w, &o->artifact, args, request, err);
	for (size_t i = 1; r == 0 && i < args->n; i++)
		r = list_work_source(&w, args->v[i], request, err);
	/* which of an index's images is meant */
	json_set_str(request, "os", o->entry.os);
	json_set_str(request, "arch", o->entry.arch);
	json_set_str(request, "variant", o->entry.variant);
	return r < 0 ? r : manifest_change(&w, args->v[0], request, err);
}

static const struct opt add_opts[] = {
	OPTION_BOOL(0, "all", struct add_opts, all,
		"of an image that is a list itself, add all that is in it"),
	MANIFEST_ENTRY_OPTIONS(struct add_opts),
	ARTIFACT_OPTIONS(struct add_opts),
	ACCESS_AUTHFILE(struct add_opts, access),
	ACCESS_CERT_DIR(struct add_opts, access),
	ACCESS_CREDS(struct add_opts, access),
	ACCESS_TLS_VERIFY(struct add_opts, access),
	{0},
};
static const struct add_opts add_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_manifest_add = {
	.name = "manifest add",
	.args = "LIST IMAGE|FILE [IMAGE|FILE...]",
	.min = 2,
	.max = -1,
	.summary = "Add images or an artifact to a manifest list",
	.details =
		"The platform is that of the image's configuration, unless an option says another. "
		"Of an image "
		"that is a list itself, the one for this machine is added, or for --os, --arch and "
		"--variant. With --artifact files become an OCI artifact, which is kept in the "
		"store "
		"as long as a list names it.",
	.opts = add_opts,
	.opts_size = sizeof(struct add_opts),
	.defaults = &add_defaults,
	.run = run_add,
};
