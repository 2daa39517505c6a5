#include "cmd/manifest.h"
#include "storage/image_find.h"
#include "storage/ref.h"

struct annotate_opts {
	struct manifest_entry entry;
	char *subject;
	bool index;
};

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

static bool names_platform(const struct manifest_entry *f)
{
	return f->arch || f->os || f->os_version || f->variant || f->features.n || f->os_features.n;
}

static int run_annotate(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct annotate_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:s}", "op", "annotate");
	struct list_work w = {0};
	/* only a list itself has a subject */
	bool index = o->index || o->subject;
	int r;

	if (index != (args->n == 1)) {
		err_say(err, ERR_USAGE,
			index ? "--index and --subject change the list itself: no image can be "
				"named"
			      : "which image of the list?");
		return err_hint(
			err, "usage: rl manifest annotate LIST DIGEST|IMAGE, or --index LIST");
	}
	if (index && names_platform(&o->entry))
		return err_say(err, ERR_USAGE, "a list has annotations and a subject, no platform");
	r = manifest_begin(ctx, NULL, NULL, &w, err);
	if (r == 0)
		r = index ? manifest_annotations(&o->entry.annotations, request, err)
			  : manifest_entry_change(&o->entry, request, err);
	if (r == 0 && o->subject)
		r = list_work_subject(&w, o->subject, request, err);
	if (r == 0 && !index)
		r = entry_digest(&ctx->store, args->v[1], request, err);
	return r < 0 ? r : manifest_change(&w, args->v[0], request, err);
}

static const struct opt annotate_opts[] = {
	MANIFEST_ENTRY_OPTIONS(struct annotate_opts),
	OPTION_BOOL(0, "index", struct annotate_opts, index, "annotate the list itself"),
	OPTION_LIST(0, "os-features", struct annotate_opts, entry.os_features, "FEATURE",
		"features of the operating system that it needs"),
	OPTION_STR(0, "subject", struct annotate_opts, subject, "IMAGE",
		"image that the list is about; changes the list itself"),
	{0},
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
