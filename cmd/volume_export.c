#include "cmd/outfile.h"
#include "cmd/source.h"
#include "storage/volume.h"

struct volume_export_opts {
	char *output;
};

static int run_volume_export(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct volume_export_opts *o = opts;
	const char *path = o->output && !str_eq(o->output, "-") ? o->output : NULL;
	_cleanup_json_ json_t *record = NULL, *request = NULL, *result = NULL;
	_cleanup_(outfile_done) struct outfile out = OUTFILE_INIT;
	int r = ctx_containers(ctx, err);

	if (r == 0)
		r = volume_find(&ctx->store, args->v[0], &record, err);
	if (r == 0 && *volume_type(record)) {
		err_say(err, EOPNOTSUPP, "volume %s is a %s, and has no files in the store",
			args->v[0], volume_type(record));
		return err_hint(err, "use tar in a container that has it");
	}
	if (r == 0)
		r = outfile_open(
			&out, path, "redirect standard output, or name a file with --output", err);
	if (r < 0)
		return r;
	request = json_pack("{s:s}", "name", json_get_str(record, "name", ""));
	r = source_run(ctx, "volume-export", request, out.fd, true, &result, err);
	if (r == 0)
		r = outfile_commit(&out, err);
	return r < 0 ? err_wrap(err, "export volume %s", args->v[0]) : 0;
}

#define O struct volume_export_opts
static const struct opt volume_export_opts[] = {
	OPTION_STR('o', "output", O, output, "FILE", "write to a file instead of standard output"),
	{0},
};

const struct cmd cmd_volume_export = {
	.name = "volume export",
	.args = "VOLUME",
	.min = 1,
	.max = 1,
	.summary = "Write a volume's files as a tar archive",
	.details = "Owners are those that containers see.",
	.opts = volume_export_opts,
	.opts_size = sizeof(O),
	.run = run_volume_export,
};
