#include "cmd/archive.h"
#include "cmd/outfile.h"
#include "runtime/base/json.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/image_names.h"
#include "storage/ref.h"

struct save_opts {
	char *format, *output;
	bool compress, many, quiet, uncompressed;
};

static const char *const formats[] = {"docker-archive", "docker-dir", "oci-archive", "oci-dir"};

static bool is_dir_format(const char *format)
{
	return str_ends(format, "-dir");
}

static int check_opts(const struct save_opts *o, size_t images, struct err *err)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		known = known || str_eq(o->format, formats[i]);
	if (!known) {
		err_say(err, ERR_USAGE, "unknown format: %.100s", o->format);
		return err_hint(err, "use docker-archive, oci-archive, oci-dir or docker-dir");
	}
	if (is_dir_format(o->format) && !o->output)
		return err_say(err, ERR_USAGE, "the format %s needs --output DIRECTORY", o->format);
	if (o->compress && !str_eq(o->format, "docker-dir"))
		return err_say(err, ERR_USAGE, "--compress is for the format docker-dir only");
	if (o->uncompressed && !str_after(o->format, "oci-"))
		return err_say(err, ERR_USAGE,
			"--uncompressed is for the formats oci-archive and oci-dir only");
	if (images > 1 && str_eq(o->format, "docker-dir"))
		return err_say(err, ERR_USAGE, "the format docker-dir holds one image");
	return 0;
}

/* the entry of the request for an image; one that is named twice is saved once */
static json_t *entry_of(json_t *images, const char *id)
{
	json_t *entry;
	size_t i;

	json_array_foreach (images, i, entry)
		if (str_eq(json_get_str(entry, "id", ""), id))
			return entry;
	entry = json_pack("{s:s,s:[]}", "id", id, "names");
	json_array_append_new(images, entry);
	return entry;
}

/* a further name for the first image, as podman takes it without --multi-image-archive */
static int add_tag(json_t *images, const char *text, struct err *err)
{
	json_t *first = json_array_get(images, 0);
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *name = NULL;
	int r = ref_parse(text, &ref, err);

	if (r < 0)
		return r;
	if (ref.digest)
		return err_say(err, ERR_USAGE, "%s: a new name cannot have a digest", text);
	name = ref_format(&ref);
	json_array_append_new(json_object_get(first, "names"), json_str(name));
	return 0;
}

static int add_image(struct ctx *ctx, json_t *images, const char *text, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	const char *name;
	int r = image_find(&ctx->store, text, &img, err);

	if (r < 0)
		return r;
	name = image_typed_name(&img, text);
	images = json_object_get(entry_of(images, img.id), "names");
	if (name)
		json_array_append_new(images, json_str(name));
	return 0;
}

static int add_images(struct ctx *ctx, const struct save_opts *o, const struct strv *args,
	json_t *images, struct err *err)
{
	int r = ctx_store(ctx, err);

	for (size_t i = 0; r == 0 && i < args->n; i++) {
		r = add_image(ctx, images, args->v[i], err);
		if (r == -ERR_NO_OBJECT && i > 0 && !o->many)
			r = add_tag(images, args->v[i], err);
	}
	return r;
}

static void tell(const struct ctx *ctx, int r, const json_t *images, const char *where)
{
	json_t *image;
	size_t i;

	json_array_foreach (r == 0 ? images : NULL, i, image)
		event_image(&ctx->store, "save", json_get_str(image, "id", NULL), where);
}

static int run_save(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct save_opts *o = opts;
	_cleanup_json_ json_t *request = json_object(), *result = NULL;
	_cleanup_(outfile_done) struct outfile out = OUTFILE_INIT;
	json_t *images = json_array();
	int r;

	json_set_str(request, "format", o->format);
	json_object_set_new(request, "compress", json_boolean(o->compress));
	json_object_set_new(request, "plain", json_boolean(o->uncompressed));
	json_object_set_new(request, "images", images);
	r = add_images(ctx, o, args, images, err);
	if (r == 0)
		r = check_opts(o, json_array_size(images), err);
	if (r < 0)
		return r;
	r = is_dir_format(o->format)
		    ? outfile_open_dir(&out, o->output, NULL, err)
		    : outfile_open(&out, o->output,
			      "use 'rl save -o FILE', or redirect it into a file or pipe", err);
	if (r == 0)
		r = archive_run(ctx, "save", request, out.fd, o->quiet, "an image of this store",
			&result, err);
	if (r == 0)
		r = outfile_commit(&out, err);
	tell(ctx, r, images, o->output);
	return r;
}

#define O struct save_opts
static const struct opt save_opts[] = {
	OPTION_BOOL(0, "compress", O, compress, "compress the layers (docker-dir)"),
	OPTION_STR(0, "format", O, format, "FORMAT",
		"docker-archive, oci-archive, oci-dir or docker-dir"),
	OPTION_BOOL('m', "multi-image-archive", O, many,
		"every argument is an image, none a further name of the first"),
	OPTION_STR('o', "output", O, output, "FILE",
		"write to this file or directory instead of standard output"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	OPTION_BOOL(0, "uncompressed", O, uncompressed,
		"write layers as plain tars, also those that came compressed (OCI formats)"),
	{0},
};

const struct cmd cmd_save = {
	.name = "save",
	.args = "IMAGE [IMAGE|NAME...]",
	.min = 1,
	.max = -1,
	.summary = "Save images to an archive or a directory",
	.details = "What was pulled or loaded comes out as it came in: layers, configuration and, "
		   "in an "
		   "OCI layout, the manifest have the same digests.  An argument behind the first "
		   "that "
		   "is no image of the store is a further name for the first one.",
	.opts = save_opts,
	.opts_size = sizeof(struct save_opts),
	.defaults = &(const struct save_opts){.format = (char *)(uintptr_t) "docker-archive"},
	.run = run_save,
};
