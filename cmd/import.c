#include "cmd/archive.h"
#include "cmd/change.h"
#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/event.h"
#include "storage/platform.h"
#include "storage/ref.h"

#include <stdio.h>

struct import_opts {
	struct strv change;
	char *message, *arch, *os, *variant;
	bool quiet;
};

static int open_source(const char *path, int *ret, struct err *err)
{
	if (str_after(path, "http://") || str_after(path, "https://")) {
		err_say(err, ERR_USAGE, "import reads files, not addresses: %s", path);
		return err_hint(err, "curl -sSL '%.150s' | rl import -", path);
	}
	return archive_open("import", path, "redirect a file into it, or name the file", ret, err);
}

static int make_request(
	const struct import_opts *o, const struct strv *args, json_t **ret, struct err *err)
{
	_cleanup_(platform_done) struct platform host = {0}, want = {0};
	_cleanup_json_ json_t *request = json_object();
	json_t *config = json_object();
	int r;

	json_object_set_new(request, "config", config);
	strv_foreach (i, change, &o->change) {
		r = change_apply(config, change, err);
		if (r < 0)
			return r;
	}
	if (args->n > 1) {
		_cleanup_(ref_done) struct ref ref = {0};

		r = ref_parse(args->v[1], &ref, err);
		if (r < 0)
			return r;
		if (ref.digest)
			return err_say(err, ERR_USAGE,
				"%s: an imported image cannot be named by digest", args->v[1]);
		json_object_set_new(request, "names", json_pack("[s]", args->v[1]));
	}
	platform_host(&host);
	if (o->arch)
		platform_set_arch(&want, o->arch);
	json_set_str(request, "source", args->v[0]);
	json_set_str(request, "message", o->message ? o->message : "Imported from -");
	json_set_str(request, "architecture", want.arch ? want.arch : host.arch);
	json_set_str(request, "os", o->os ? o->os : "linux");
	json_set_str(request, "variant",
		o->variant  ? o->variant
		: want.arch ? want.variant
			    : host.variant);
	if (!o->message) {
		_cleanup_free_ char *text = xasprintf("Imported from %s", args->v[0]);

		json_set_str(request, "message", text);
	}
	*ret = take_ptr(request);
	return 0;
}

static int run_import(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct import_opts *o = opts;
	_cleanup_json_ json_t *request = NULL, *result = NULL;
	_cleanup_close_ int input = -EBADF;
	int r = make_request(o, args, &request, err);

	if (r == 0)
		r = open_source(args->v[0], &input, err);
	if (r == 0)
		r = archive_run(ctx, "import", request, input, o->quiet,
			"a tar archive, plain or compressed", &result, err);
	if (r < 0)
		return r;
	event_image(&ctx->store, "import", json_get_str(result, "id", NULL),
		args->n > 1 ? args->v[1] : NULL);
	printf("sha256:%s\n", json_get_str(result, "id", ""));
	return 0;
}

#define O struct import_opts
static const struct opt import_opts[] = {
	OPTION_STR(0, "arch", O, arch, "ARCH",
		"architecture that the image is for (default: this machine's)"),
	OPTION_STRV('c', "change", O, change, "INSTRUCTION",
		"set CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
		"VOLUME or WORKDIR"),
	OPTION_STR('m', "message", O, message, "TEXT", "comment for the image's history"),
	OPTION_STR(0, "os", O, os, "OS", "operating system (default: linux)"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	OPTION_STR(0, "variant", O, variant, "VARIANT", "variant of the architecture"),
	{0},
};

const struct cmd cmd_import = {
	.name = "import",
	.args = "FILE|- [REFERENCE]",
	.min = 1,
	.max = 2,
	.summary = "Make an image from the archive of a root file system",
	.details = "The archive is a tar file, plain or compressed with gzip, zstd, xz or bzip2.  "
		   "The id of the "
		   "image is printed.",
	.opts = import_opts,
	.opts_size = sizeof(struct import_opts),
	.run = run_import,
};
