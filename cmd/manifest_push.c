#include "cmd/manifest.h"
#include "cmd/push_flags.h"
#include "runtime/base/fs.h"
#include "storage/transport.h"

#include <fcntl.h>

struct list_push_opts {
	struct access_flags access;
	struct push_flags how;
	struct strv add;
	char *digestfile, *format;
	bool all, quiet, rm;
};

static int check_destination(const char *destination, struct err *err)
{
	_cleanup_(transport_done) struct transport t = {0};
	int r = transport_parse(destination, &t, err);

	if (r <= 0)
		return r;
	err_say(err, ERR_USAGE, "%s: lists go to registries only", destination);
	return err_hint(err, "name it as HOST/PATH:TAG; 'rl push' writes single images to files");
}

/* further forms of each image; without the images there is nothing to make them of */
static int parse_added(const struct list_push_opts *o, json_t *request, struct err *err)
{
	strv_foreach (i, name, &o->add)
		if (!str_eq(name, "gzip") && !str_eq(name, "zstd") && !str_eq(name, "zstd:chunked"))
			return err_say(err, ERR_USAGE,
				"--add-compression is gzip, zstd or zstd:chunked, not \"%s\"",
				name);
	if (o->add.n && !o->all)
		return err_say(err, ERR_USAGE,
			"--add-compression needs the images: not with "
			"--all=false");
	if (o->add.n && str_eq(o->format, "v2s2"))
		return err_say(err, ERR_USAGE, "--add-compression needs --format oci");
	json_set_strv(request, "addCompression", &o->add);
	return 0;
}

/* the name that the list was asked for by, or its only one */
static const char *own_name(const struct image *list, const char *arg)
{
	_cleanup_free_ char *name = NULL;

	if (list_work_name(arg, &name, NULL) == 0)
		strv_foreach (i, one, &list->names)
			if (str_eq(one, name))
				return one;
	return list->names.n == 1 ? list->names.v[0] : arg;
}

static int run_push(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct list_push_opts *o = opts;
	_cleanup_json_ json_t *request = json_pack("{s:b}", "all", o->all), *result = NULL;
	_cleanup_(image_done) struct image img = {0};
	const char *to, *digest;
	struct progress progress;
	struct list_work w = {0};
	int r = manifest_begin(ctx, &o->access, &progress, &w, err);

	if (r == 0)
		r = list_find(&ctx->store, args->v[0], &img, err);
	if (r == 0)
		r = image_check_own(&img, "pushed", err);
	if (r == 0)
		r = push_flags_parse(&o->how, o->format, request, err);
	if (r == 0)
		r = parse_added(o, request, err);
	if (r < 0)
		return r;
	to = args->n > 1 ? args->v[1] : own_name(&img, args->v[0]);
	r = check_destination(to, err);
	if (r < 0)
		return r;
	json_set_str(request, "format", o->format);
	progress_init(&progress, o->quiet);
	r = list_work_push(&w, img.id, to, request, &result, err);
	progress_finish(&progress);
	if (r < 0)
		return r;
	digest = json_get_str(result, "digest", "");
	if (o->digestfile)
		r = fs_write_at(AT_FDCWD, o->digestfile, digest, strlen(digest), 0644, 0, err);
	if (r == 0 && o->rm)
		r = manifest_remove_list(ctx, img.id, NULL, err);
	return r;
}

#define O struct list_push_opts
static const struct opt push_opts[] = {
	OPTION_LIST(0, "add-compression", O, add, "gzip|zstd|zstd:chunked",
		"push each image a second time, compressed like this, as a further entry"),
	OPTION_BOOL(0, "all", O, all, "push the images in it, too (default: true)"),
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	PUSH_COMPRESSION_FORMAT(O, how),
	PUSH_COMPRESSION_LEVEL(O, how),
	ACCESS_CREDS(O, access),
	OPTION_STR(0, "digestfile", O, digestfile, "FILE", "write the list's digest to FILE"),
	PUSH_FORCE_COMPRESSION(O, how),
	OPTION_STR('f', "format", O, format, "oci|v2s2",
		"format of the list and the images (default: an OCI index, the images as they "
		"are)"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	PUSH_REMOVE_SIGNATURES(O, how),
	OPTION_BOOL(0, "rm", O, rm, "remove the list here when it is pushed"),
	PUSH_SIGN_PARAMS(O, how),
	PUSH_SIGN_KEY(O, how),
	PUSH_SIGN_PASSPHRASE(O, how),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};

static const struct list_push_opts defaults = {.access.retry = ACCESS_RETRY_DEFAULT, .all = true};

const struct cmd cmd_manifest_push = {
	.name = "manifest push",
	.args = "LIST [DESTINATION]",
	.min = 1,
	.max = 2,
	.summary = "Give a manifest list, and the images in it, to a registry",
	.details = "DESTINATION is [docker://]HOST/PATH[:TAG]; without one the list goes where its "
		   "name says. Images that are not here are copied from where they were found.",
	.opts = push_opts,
	.opts_size = sizeof(O),
	.defaults = &defaults,
	.run = run_push,
};
