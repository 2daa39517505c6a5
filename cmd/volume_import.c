#include "cmd/archive.h"
#include "runtime/base/fd.h"
#include "storage/volume.h"

static int run_volume_import(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_json_ json_t *record = NULL, *request = NULL, *result = NULL;
	const char *path = args->n > 1 ? args->v[1] : NULL;
	_cleanup_close_ int input = -EBADF;
	int r = ctx_containers(ctx, err);

	(void)opts;
	if (r == 0)
		r = volume_find(&ctx->store, args->v[0], &record, err);
	if (r == -ERR_NO_OBJECT)
		return err_hint(err, "make it first: rl volume create %.100s", args->v[0]);
	if (r == 0 && *volume_type(record))
		return err_say(err, EOPNOTSUPP, "volume %s is a %s, and has no files in the store",
			args->v[0], volume_type(record));
	if (r == 0)
		r = archive_open("volume import", path, "redirect a file into it, or name the file",
			&input, err);
	if (r < 0)
		return r;
	request = json_pack("{s:s}", "name", json_get_str(record, "name", ""));
	return archive_run(ctx, "volume-import", request, input, true,
		"a tar archive, plain or compressed", &result, err);
}

const struct cmd cmd_volume_import = {
	.name = "volume import",
	.args = "VOLUME [FILE|-]",
	.min = 1,
	.max = 2,
	.summary = "Put the files of a tar archive into a volume",
	.details = "Files of the same names are replaced, all others stay.  An archive that cannot "
		   "be read to its end changes nothing.",
	.run = run_volume_import,
};
