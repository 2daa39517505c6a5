#include "cmd/manifest.h"
#include "cmd/output.h"
#include "cmd/report.h"

#define EXIT_MISSING 1

struct rm_opts {
	bool ignore;
};

static int remove_list(struct ctx *ctx, const char *name, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv lines = {0};
	int r = list_find(&ctx->store, name, &img, err);

	if (r == 0)
		r = image_check_own(&img, "removed", err);
	if (r == 0)
		r = manifest_remove_list(ctx, img.id, &lines, err);
	strv_foreach (i, line, &lines)
		output_printf("%s\n", line);
	return r;
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rm_opts *o = opts;
	int r = ctx_store(ctx, err), code = 0;

	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	strv_foreach (i, name, args) {
		struct err why = {0};

		r = remove_list(ctx, name, &why);
		if (r == 0 || (r == -ERR_NO_OBJECT && o->ignore))
			continue;
		why.hint[0] = '\0';
		report(&why);
		code = r == -ERR_NO_OBJECT && code == 0 ? EXIT_MISSING
		       : r == -ERR_NO_OBJECT		? code
							: 125;
	}
	return code;
}

#define O struct rm_opts
static const struct opt rm_opts[] = {
	OPTION_BOOL('i', "ignore", O, ignore, "a missing list is no error"),
	{0},
};

const struct cmd cmd_manifest_rm = {
	.name = "manifest rm",
	.args = "LIST [LIST...]",
	.min = 1,
	.max = -1,
	.summary = "Remove manifest lists; the images in them stay",
	.opts = rm_opts,
	.opts_size = sizeof(O),
	.missing_code = EXIT_MISSING,
	.run = run_rm,
};
