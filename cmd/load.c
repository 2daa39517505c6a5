#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "runtime/base/fd.h"
#include "storage/ref.h"
#include "storage/transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct load_opts {
	char *input;
	bool quiet;
};

static int open_input(const char *path, int *ret, struct err *err)
{
	int fd;

	if (path && !str_eq(path, "-")) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return err_set(err, errno, "open %s", path);
	} else {
		if (isatty(STDIN_FILENO)) {
			err_say(err, ERR_USAGE,
				"load reads an archive from standard input, which is a terminal");
			return err_hint(err, "use 'rl load -i FILE', or redirect a file into it");
		}
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_set(err, errno, "read standard input");
	}
	*ret = fd;
	return 0;
}

static void print_loaded(const json_t *image)
{
	_cleanup_strv_ struct strv names = {0};

	json_get_strv(image, "names", &names);
	strv_foreach (i, name, &names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *canonical = NULL;

		if (ref_parse(name, &ref, NULL) < 0)
			continue;
		canonical = ref_format(&ref);
		output_printf("Loaded image: %s\n", canonical);
	}
	if (!names.n)
		output_printf("Loaded image: sha256:%s\n", json_get_str(image, "id", ""));
}

static int run_load(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct load_opts *o = opts;
	_cleanup_json_ json_t *request = json_object(), *result = NULL;
	_cleanup_close_ int input = -EBADF;
	struct progress progress;
	struct transfer_opts t = {
		.subcommand = "load",
		.driver = ctx->storage_driver,
		.request = request,
		.progress = progress_event,
		.note = progress_note,
		.arg = &progress,
	};
	json_t *image;
	size_t i;
	int r = open_input(o->input, &input, err);

	(void)args;
	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	json_set_str(request, "source", o->input ? o->input : "-");
	t.input = input;
	progress_init(&progress, o->quiet);
	r = transfer_run(&ctx->store, ctx->rundir, &t, &result, err);
	if (r == -EBADMSG && err && !err->hint[0])
		err_hint(err, "is it a tar archive that 'docker save' or 'podman save' has made, "
			      "and whole? get it again, and compare its size or "
			      "checksum");
	progress_finish(&progress);
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(result, "images"), i, image)
		print_loaded(image);
	return 0;
}

#define O struct load_opts
static const struct opt load_opts[] = {
	OPTION_STR('i', "input", O, input, "FILE",
		"read this file or directory instead of standard input"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	{0},
};

const struct cmd cmd_load = {
	.name = "load",
	.max = 0,
	.summary = "Load images from an archive that 'save' has made",
	.details = "Understood are archives of 'docker save' and 'podman save' (docker-archive and "
		   "oci-archive), plain "
		   "or compressed, and directories with an OCI layout.",
	.opts = load_opts,
	.opts_size = sizeof(struct load_opts),
	.run = run_load,
};
