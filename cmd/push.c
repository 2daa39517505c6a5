#include "cmd/access.h"
#include "cmd/progress.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/pull.h"
#include "storage/push.h"

#include <fcntl.h>
#include <stdio.h>

struct push_cmd {
	struct access_flags access;
	char *compression, *level, *digestfile, *format;
	bool force, quiet;
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

static int check_destination(const char *text, struct err *err)
{
	static const char *const others[] = {"dir:", "oci:", "oci-archive:", "docker-archive:",
		"docker-daemon:", "containers-storage:"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_after(text, others[i])) {
			err_say(err, ERR_USAGE, "%s: only registries can be pushed to", text);
			return err_hint(err, "name it as HOST/PATH:TAG");
		}
	return 0;
}

static int parse_compression(const struct push_cmd *o, struct push_request *req, struct err *err)
{
	uint64_t level, max;

	if (str_eq(o->compression, "zstd") && str_eq(o->format, "v2s2"))
		return err_say(
			err, ERR_USAGE, "--format v2s2 does not know layers compressed with zstd");
	req->format = o->format;
	req->compression = o->compression;
	/* whoever names a format wants it */
	req->force = o->force || o->compression;
	if (!o->level)
		return 0;
	max = str_eq(o->compression, "zstd") ? 19 : 9;
	if (parse_u64_max(o->level, max, &level) < 0 || level == 0)
		return err_say(err, ERR_USAGE,
			"--compression-level is a number from 1 to %u, not \"%s\"", (unsigned)max,
			o->level);
	req->level = (int)level;
	return 0;
}

static int run_push(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct push_cmd *o = opts;
	struct push_request req = {.driver = ctx->storage_driver,
		.level = -1,
		.progress = progress_event,
		.note = progress_note};
	_cleanup_(image_done) struct image img = {0};
	_cleanup_free_ char *to = args->n > 1 ? xstrdup(args->v[1]) : NULL;
	_cleanup_json_ json_t *result = NULL;
	struct progress progress;
	const char *digest;
	int r = access_parse(&o->access, &req.access, err);

	if (r == 0)
		r = parse_compression(o, &req, err);
	if (r == 0 && to)
		r = check_destination(to, err);
	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r == 0)
		r = find_image(ctx, args->v[0], &img, err);
	if (r == 0 && !to)
		r = own_name(args->v[0], &img, &to, err);
	if (r < 0)
		return r;
	req.id = img.id;
	req.arg = &progress;
	progress_init(&progress, o->quiet);
	r = push_run_worker(&ctx->store, ctx->rundir, to, &req, &result, err);
	progress_finish(&progress);
	if (r < 0)
		return r;
	digest = json_get_str(result, "digest", "");
	return o->digestfile
		       ? fs_write_at(AT_FDCWD, o->digestfile, digest, strlen(digest), 0644, 0, err)
		       : 0;
}

#define O struct push_cmd
static const struct opt push_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	OPTION_STR(0, "compression-format", O, compression, "gzip|zstd",
		"compress layers like this, also those that are compressed in another way"),
	OPTION_STR(0, "compression-level", O, level, "N", "1 to 9 for gzip, 1 to 19 for zstd"),
	ACCESS_CREDS(O, access),
	OPTION_STR(0, "digestfile", O, digestfile, "FILE", "write the manifest's digest to FILE"),
	OPTION_BOOL(0, "force-compression", O, force,
		"compress again what is compressed in another way"),
	OPTION_STR('f', "format", O, format, "oci|v2s2",
		"format of the manifest (default: the one it has)"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	ACCESS_RETRY(O, access),
	ACCESS_RETRY_DELAY(O, access),
	ACCESS_TLS_VERIFY(O, access),
	{0},
};

static const struct push_cmd defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_push = {
	.name = "push",
	.args = "IMAGE [DESTINATION]",
	.min = 1,
	.max = 2,
	.summary = "Give an image to a registry",
	.details = "DESTINATION is [docker://]HOST/PATH[:TAG]; without one the image goes where "
		   "its name "
		   "says. An image keeps its digest: its manifest and its layers go out as they "
		   "came, unless "
		   "another format or compression is asked for. What the registry has is not sent "
		   "again.",
	.opts = push_opts,
	.opts_size = sizeof(struct push_cmd),
	.defaults = &defaults,
	.run = run_push,
};
