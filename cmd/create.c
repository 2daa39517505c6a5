#include "cmd/container_opts.h"

#include <stdio.h>

static int run_create(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = container_make(ctx, opts, args, &c, err);

	if (r < 0)
		return r;
	puts(c.id);
	container_done(&c);
	return 0;
}

static const struct opt create_opts[] = {CONTAINER_OPTIONS, {0}};

const struct cmd cmd_create = {
	.name = "create",
	.args = "IMAGE [COMMAND [ARG...]]",
	.min = 1,
	.max = -1,
	.summary = "Create a container without starting it",
	.opts = create_opts,
	.opts_size = sizeof(struct container_opts),
	.defaults = &container_opts_defaults,
	.stop_at_arg = true,
	.run = run_create,
};
