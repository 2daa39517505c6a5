#include "cmd/scp_copy.h"

struct scp_opts {
	char *format;
	bool quiet;
};

static int run_scp(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct scp_opts *o = opts;
	_cleanup_(scp_copy_done) struct scp_copy t = {.ctx = ctx,
		.format = o->format,
		.quiet = o->quiet,
		.pipe = {-EBADF, -EBADF},
		.said = -EBADF};
	int r = scp_place_parse(args->v[0], true, &t.from, err);

	if (r == 0)
		r = scp_place_parse(args->n > 1 ? args->v[1] : "localhost::", false, &t.to, err);
	if (r == 0 && t.from.kind == SCP_HERE && t.to.kind == SCP_HERE) {
		err_say(err, ERR_USAGE, "the image is here already: where to?");
		r = err_hint(err, "name USER@localhost:: or HOST:: as the destination");
	}
	return r < 0 ? r : scp_copy_run(&t, err);
}

#define O struct scp_opts
static const struct opt scp_opts[] = {
	/* OCI's layout keeps the digests */
	OPTION_STR(0, "format", O, format, "oci-archive|docker-archive",
		"how the image goes through the pipe; a docker-archive does not keep digests "
		"(default: oci-archive)"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	{0},
};

static const struct scp_opts scp_defaults = {.format = (char *)"oci-archive"};

const struct cmd cmd_image_scp = {
	.name = "image scp",
	.args = "[PLACE::]IMAGE [PLACE::]",
	.min = 1,
	.max = 2,
	.summary = "Copy an image to another user or another machine",
	.details = "PLACE is USER@localhost, a user of this machine (as root, or through sudo), or "
		   "[USER@]HOST[:PORT], a machine "
		   "that ssh reaches and that has rl. Without one your own images are meant. The "
		   "image goes through a pipe; digests stay.",
	.opts = scp_opts,
	.opts_size = sizeof(O),
	.defaults = &scp_defaults,
	.run = run_scp,
};
