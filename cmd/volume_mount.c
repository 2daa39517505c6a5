#include "cmd/output.h"
#include "cmd/volume_filter.h"

#include <unistd.h>

/* A volume is a directory already: what is left to do is to say where, to somebody who may look into it. */
static int run_volume_mount(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	int r = ctx_store(ctx, err);

	(void)opts;
	if (r == 0 && geteuid() != 0) {
		err_say(err, EPERM,
			"looking into a volume takes a namespace in which its owners are known");
		return err_hint(err, "run 'rl unshare', and this command in it");
	}
	for (size_t i = 0; r == 0 && i < args->n; i++) {
		_cleanup_json_ json_t *record = NULL;
		_cleanup_free_ char *path = NULL;
		const char *type;

		r = volume_find(&ctx->store, args->v[i], &record, err);
		if (r < 0)
			return r;
		type = volume_type(record);
		if (str_eq(type, "bind")) {
			path = xstrdup(
				json_get_str(json_object_get(record, "options"), "device", ""));
		} else if (*type) {
			err_say(err, EOPNOTSUPP,
				"volume %s is a %s, which containers alone have mounted",
				args->v[i], type);
			return err_hint(err, "look at it with 'rl exec' in one of them");
		} else {
			path = volume_path(&ctx->store, json_get_str(record, "name", ""));
		}
		output_printf("%s\n", path);
	}
	return r;
}

const struct cmd cmd_volume_mount = {
	.name = "volume mount",
	.args = "VOLUME [VOLUME...]",
	.min = 1,
	.max = -1,
	.summary = "Tell where a volume's files are",
	.details = "It is for use inside 'rl unshare', where the files have the owners that "
		   "containers see.",
	.run = run_volume_mount,
};
