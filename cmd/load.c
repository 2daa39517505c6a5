#include "cmd/archive.h"
#include "cmd/output.h"
#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/event.h"
#include "storage/policy.h"
#include "storage/ref.h"

#include <stdio.h>

struct load_opts {
	char *input;
	bool quiet;
};

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
	json_t *policy = NULL;
	_cleanup_close_ int input = -EBADF;
	json_t *image;
	size_t i;
	int r = archive_open(
		"load", o->input, "use 'rl load -i FILE', or redirect a file into it", &input, err);

	(void)args;
	json_set_str(request, "source", o->input ? o->input : "-");
	if (r == 0)
		r = policy_for_load(o->input, &policy, err);
	if (policy)
		json_object_set_new(request, "policy", policy);
	if (r == 0)
		r = archive_run(ctx, "load", request, input, o->quiet,
			"a tar archive that 'docker save' or 'podman save' has made", &result, err);
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(result, "images"), i, image) {
		print_loaded(image);
		event_image(
			&ctx->store, "loadfromarchive", json_get_str(image, "id", NULL), o->input);
	}
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
		   "or compressed, and directories: OCI layouts, and what 'podman push IMAGE dir:' "
		   "writes.",
	.opts = load_opts,
	.opts_size = sizeof(struct load_opts),
	.run = run_load,
};
