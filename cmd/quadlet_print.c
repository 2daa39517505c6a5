#include "cmd/cmd.h"
#include "cmd/output.h"
#include "runtime/base/fs.h"
#include "runtime/quadlet/search.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

static int run_print(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(quadlet_set_done) struct quadlet_set set = {.user = geteuid() != 0};
	_cleanup_strv_ struct strv dirs = {0};
	_cleanup_buf_ struct buf text = {.cap = FILE_MAX};
	const struct quadlet *q;
	int r;

	(void)ctx;
	(void)opts;
	search_dirs(set.user, &dirs);
	search_load(&set, &dirs, NULL);
	q = quadlet_find(&set, args->v[0]);
	if (!q) {
		err_say(err, ERR_NO_OBJECT, "there is no quadlet %s", args->v[0]);
		return err_hint(err, "'rl quadlet list' lists them: the name is the file's");
	}
	r = fs_read_at(AT_FDCWD, q->source.path, &text, err);
	if (r == 0)
		output_printf("%s", buf_str(&text));
	return r;
}

const struct cmd cmd_quadlet_print = {
	.name = "quadlet print",
	.args = "QUADLET",
	.min = 1,
	.max = 1,
	.summary = "Print a unit file that describes a container",
	.run = run_print,
};
