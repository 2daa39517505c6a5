#include "cmd/manifest.h"
#include "cmd/output.h"
#include "storage/image_find.h"
#include "storage/ref.h"

/* what an entry says about its image */
struct entry_flags {
	char *arch, *os, *os_version, *variant;
	struct strv features, os_features, annotations;
};

struct add_opts {
	struct access_flags access;
	struct entry_flags entry;
	bool all;
};

struct annotate_opts {
	struct entry_flags entry;
	bool index;
};

static int set_change(const struct entry_flags *f, json_t *request, struct err *err)
{
	json_t *change = json_object();

	json_object_set_new(request, "change", change);
	json_set_str(change, "arch", f->arch);
	json_set_str(change, "os", f->os);
	json_set_str(change, "osVersion", f->os_version);
	json_set_str(change, "variant", f->variant);
	json_set_strv(change, "features", &f->features);
	json_set_strv(change, "osFeatures", &f->os_features);
	return manifest_annotations(&f->annotations, change, err);
}

/* send a change of @list; its id is printed */
static int change(const struct list_work *w, const char *list, json_t *request, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *result = NULL;
	int r = list_find(w->store, list, &img, err);

	if (r == 0)
		r = image_check_own(&img, "changed", err);
	if (r < 0)
		return r;
	json_set_str(request, "id", img.id);
	r = list_work_run(w, request, &result, err);
	if (r == 0)
		output_printf("%s\n", json_get_str(result, "id", ""));
	return r;
}

static int run_add(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct add_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s,s:b}", "op", "add", "all", o->all);
	struct list_work w = {0};
	int r = set_change(&o->entry, request, err);

	if (r == 0)
		r = manifest_begin(ctx, &o->access, NULL, &w, err);
	for (size_t i = 1; r == 0 && i < args->n; i++)
		r = list_work_source(&w, args->v[i], request, err);
	/* which of an index's images is meant */
	json_set_str(request, "os", o->entry.os);
	json_set_str(request, "arch", o->entry.arch);
	json_set_str(request, "variant", o->entry.variant);
	return r < 0 ? r : change(&w, args->v[0], request, err);
}

/* a digest, or the name of an image that is in the list */
static int entry_digest(const struct store *s, const char *text, json_t *request, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = 0;

	if (!ref_digest_ok(text)) {
		r = image_find(s, text, &img, err);
		text = img.digest;
	}
	json_set_str(request, "digest", text);
	return r;
}

static bool names_platform(const struct entry_flags *f)
{
	return f->arch || f->os || f->os_version || f->variant || f->features.n || f->os_features.n;
}

static int run_annotate(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct annotate_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s}", "op", "annotate");
	struct list_work w = {0};
	int r;

	if (o->index != (args->n == 1)) {
		err_say(err, ERR_USAGE,
			o->index ? "--index changes the list itself: no image can be named"
				 : "which image of the list?");
		return err_hint(
			err, "usage: rl manifest annotate LIST DIGEST|IMAGE, or --index LIST");
	}
	if (o->index && names_platform(&o->entry))
		return err_say(err, ERR_USAGE, "a list has annotations only, no platform");
	r = manifest_begin(ctx, NULL, NULL, &w, err);
	if (r == 0)
		r = o->index ? manifest_annotations(&o->entry.annotations, request, err)
			     : set_change(&o->entry, request, err);
	if (r == 0 && !o->index)
		r = entry_digest(&ctx->store, args->v[1], request, err);
	return r < 0 ? r : change(&w, args->v[0], request, err);
}

static int run_remove(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *request =
		json_pack("{s:s,s:s}", "op", "remove", "digest", args->v[1]);
	struct list_work w = {0};
	int r;

	(void)opts;
	if (!ref_digest_ok(args->v[1])) {
		err_say(err, ERR_USAGE, "not a digest: \"%.200s\"", args->v[1]);
		return err_hint(err, "'rl manifest inspect %.100s' shows the digests", args->v[0]);
	}
	r = manifest_begin(ctx, NULL, NULL, &w, err);
	return r < 0 ? r : change(&w, args->v[0], request, err);
}

/* clang-format off */
#define ENTRY_OPTIONS(s) \
	OPTION_STRV(0, "annotation", s, entry.annotations, "KEY=VALUE", "annotate the entry"), \
	OPTION_STR(0, "arch", s, entry.arch, "ARCH", "architecture"), \
	OPTION_LIST(0, "features", s, entry.features, "FEATURE", "features of the processor that it needs"), \
	OPTION_STR(0, "os", s, entry.os, "OS", "operating system"), \
	OPTION_STR(0, "os-version", s, entry.os_version, "VERSION", "version of the operating system"), \
	OPTION_STR(0, "variant", s, entry.variant, "VARIANT", "variant of the architecture")
/* clang-format on */

static const struct opt add_opts[] = {
	OPTION_BOOL(0, "all", struct add_opts, all,
		"of an image that is a list itself, add all that is in it"),
	ENTRY_OPTIONS(struct add_opts),
	ACCESS_AUTHFILE(struct add_opts, access),
	ACCESS_CERT_DIR(struct add_opts, access),
	ACCESS_CREDS(struct add_opts, access),
	ACCESS_TLS_VERIFY(struct add_opts, access),
	{0},
};
static const struct add_opts add_defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

static const struct opt annotate_opts[] = {
	ENTRY_OPTIONS(struct annotate_opts),
	OPTION_BOOL(0, "index", struct annotate_opts, index, "annotate the list itself"),
	OPTION_LIST(0, "os-features", struct annotate_opts, entry.os_features, "FEATURE",
		"features of the operating system that it needs"),
	{0},
};

const struct cmd cmd_manifest_add = {
	.name = "manifest add",
	.args = "LIST IMAGE [IMAGE...]",
	.min = 2,
	.max = -1,
	.summary = "Add images to a manifest list",
	.details =
		"The platform is that of the image's configuration, unless an option says another. "
		"Of an image "
		"that is a list itself, the one for this machine is added, or for --os, --arch and "
		"--variant.",
	.opts = add_opts,
	.opts_size = sizeof(struct add_opts),
	.defaults = &add_defaults,
	.run = run_add,
};

const struct cmd cmd_manifest_annotate = {
	.name = "manifest annotate",
	.args = "LIST [DIGEST|IMAGE]",
	.min = 1,
	.max = 2,
	.summary = "Change what a manifest list says of an image",
	.opts = annotate_opts,
	.opts_size = sizeof(struct annotate_opts),
	.run = run_annotate,
};

const struct cmd cmd_manifest_remove = {
	.name = "manifest remove",
	.args = "LIST DIGEST",
	.min = 2,
	.max = 2,
	.summary = "Take an image out of a manifest list",
	.run = run_remove,
};
