#include "cmd/changed.h"

struct diff_opts {
	char *format;
	bool latest;
};

static int run_diff(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct diff_opts *o = opts;

	if (args->n > (o->latest ? 1U : 2U) || (!args->n && !o->latest)) {
		err_say(err, ERR_USAGE, "what to look at is named, or --latest is given");
		return err_hint(err, "see 'rl container diff --help'");
	}
	return changed_print(ctx, CHANGED_CONTAINER, args, o->latest, o->format, err);
}

#define O struct diff_opts
static const struct opt diff_opts[] = {
	OPTION_STR(0, "format", O, format, "json", "print JSON"),
	OPTION_BOOL('l', "latest", O, latest, "the newest container"),
	{0},
};

const struct cmd cmd_container_diff = {
	.name = "container diff",
	.args = "[CONTAINER [CONTAINER]]",
	.min = 0,
	.max = 2,
	.summary = "Show what a container has changed",
	.details = "Lines begin with A for what was added, C for what was changed and D for what "
		   "was deleted.  It is compared with its image, or with another container.",
	.opts = diff_opts,
	.opts_size = sizeof(struct diff_opts),
	.run = run_diff,
};
