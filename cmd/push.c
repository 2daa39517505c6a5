#include "cmd/access.h"
#include "cmd/progress.h"
#include "cmd/push_archive.h"
#include "cmd/push_flags.h"
#include "cmd/push_tags.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/image_names.h"
#include "storage/image_find.h"
#include "storage/pull.h"
#include "storage/push.h"

#include <fcntl.h>
#include <stdio.h>

struct push_cmd {
	struct access_flags access;
	struct push_flags how;
	char *digestfile, *format;
	bool all_tags, compress, no_trust, quiet;
};

/* the name under which an image was asked for, which is where it goes to if nothing else was said */
static int own_name(const char *arg, const struct image *img, char **ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_(ref_done) struct ref ref = {0};

	if (ref_parse(arg, &ref, NULL) == 0)
		strv_take(&names, ref_format(&ref));
	pull_names(arg, &names, NULL);
	strv_foreach (i, name, &names)
		if (strv_has(&img->names, name)) {
			*ret = xstrdup(name);
			return 0;
		}
	err_say(err, ERR_USAGE, "%s does not say where to push to", arg);
	return err_hint(err, "name the destination: rl push %s HOST/PATH:TAG", arg);
}

static int find_image(struct ctx *ctx, const char *arg, struct image *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	struct err ignored;
	int r = image_find(&ctx->store, arg, ret, err);

	if (r == -ERR_NO_OBJECT && pull_names(arg, &names, NULL) == 0)
		for (size_t i = 0; r == -ERR_NO_OBJECT && i < names.n; i++)
			r = image_find(&ctx->store, names.v[i], ret, &ignored);
	return r;
}

/* the destination's reference, or a file or directory: what @to names if it is given, else the image's own name */
static int find_destination(const char *arg, const char *to, const struct image *img,
	struct transport *ret_transport, char **ret_name, struct err *err)
{
	int r;

	if (!to)
		return own_name(arg, img, ret_name, err);
	r = transport_parse(to, ret_transport, err);
	if (r == 0)
		*ret_name = xstrdup(to);
	return r;
}

static int push_to_registry(struct ctx *ctx, const struct push_cmd *o, const struct image *img,
	const char *to, const json_t *how, json_t **ret, struct err *err)
{
	struct progress progress;
	struct push_request req = {.driver = ctx->storage_driver,
		.id = img->id,
		.format = o->format,
		.how = how,
		.progress = progress_event,
		.note = progress_note,
		.arg = &progress};
	int r = access_parse(&o->access, &req.access, err);

	if (r == 0 && o->compress)
		r = err_say(err, ERR_USAGE,
			"--compress is for dir: only; layers for a registry are always compressed");
	if (r < 0)
		return r;
	progress_init(&progress, o->quiet);
	r = push_run_worker(&ctx->store, ctx->rundir, to, &req, ret, err);
	progress_finish(&progress);
	return r;
}

static int push(struct ctx *ctx, const struct push_cmd *o, const char *from, const char *dest,
	json_t *how, json_t **ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_(transport_done) struct transport to = {0};
	_cleanup_free_ char *name = NULL;
	int r = find_image(ctx, from, &img, err);

	if (r == 0)
		r = find_destination(from, dest, &img, &to, &name, err);
	if (r == 0)
		r = push_to_registry(ctx, o, &img, name, how, ret, err);
	else if (r > 0)
		r = push_archive(ctx, &img, image_typed_name(&img, from), &to, o->format, how,
			o->quiet, ret, err);
	if (r == 0)
		event_image(&ctx->store, "push", img.id, dest ? dest : from);
	return r;
}

static int push_all(struct ctx *ctx, const struct push_cmd *o, const struct strv *args, json_t *how,
	struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r;

	if (args->n > 1 || o->digestfile)
		return err_say(err, ERR_USAGE,
			"--all-tags goes with neither a destination nor --digestfile");
	r = push_tags(&ctx->store, args->v[0], &names, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_json_ json_t *result = NULL;

		r = push(ctx, o, names.v[i], NULL, how, &result, err);
		if (r < 0)
			return err_wrap(err, "push %s", names.v[i]);
	}
	return r;
}

static int run_push(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct push_cmd *o = opts;
	_cleanup_json_ json_t *how = json_pack("{s:b}", "compress", o->compress), *result = NULL;
	const char *digest;
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = ctx_run(ctx, err);
	if (r == 0)
		r = push_flags_parse(&o->how, o->format, how, err);
	if (r < 0)
		return r;
	if (o->all_tags)
		return push_all(ctx, o, args, how, err);
	r = push(ctx, o, args->v[0], args->n > 1 ? args->v[1] : NULL, how, &result, err);
	if (r < 0 || !o->digestfile)
		return r;
	digest = json_get_str(result, "digest", "");
	return fs_write_at(AT_FDCWD, o->digestfile, digest, strlen(digest), 0644, 0, err);
}

#define O struct push_cmd
static const struct opt push_opts[] = {
	OPTION_BOOL(
		'a', "all-tags", O, all_tags, "push every tag that the repository IMAGE has here"),
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	OPTION_BOOL(0, "compress", O, compress, "compress layers that are not (dir: only)"),
	PUSH_COMPRESSION_FORMAT(O, how),
	PUSH_COMPRESSION_LEVEL(O, how),
	ACCESS_CREDS(O, access),
	OPTION_STR(0, "digestfile", O, digestfile, "FILE", "write the manifest's digest to FILE"),
	ACCESS_NO_TRUST(O, no_trust),
	PUSH_FORCE_COMPRESSION(O, how),
	OPTION_STR('f', "format", O, format, "oci|v2s2",
		"format of the manifest (default: the one it has)"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	PUSH_REMOVE_SIGNATURES(O, how),
	ACCESS_RETRY(O, access),
	ACCESS_RETRY_DELAY(O, access),
	PUSH_SIGN_PARAMS(O, how),
	PUSH_SIGN_KEY(O, how),
	PUSH_SIGN_PASSPHRASE(O, how),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};

static const struct push_cmd defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_push = {
	.name = "push",
	.args = "IMAGE [DESTINATION]",
	.min = 1,
	.max = 2,
	.summary = "Give an image to a registry, or write it into a file or directory",
	.details =
		"DESTINATION is [docker://]HOST/PATH[:TAG], docker-archive:FILE[:NAME], "
		"oci-archive:FILE[:NAME], oci:DIRECTORY[:NAME] or dir:DIRECTORY; without one the "
		"image goes where its name "
		"says. An image keeps its digest: its manifest and its layers go out as they "
		"came, unless "
		"another format or compression is asked for. What the registry has is not sent "
		"again.",
	.opts = push_opts,
	.opts_size = sizeof(struct push_cmd),
	.defaults = &defaults,
	.run = run_push,
};
