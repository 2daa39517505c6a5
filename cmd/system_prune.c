#include "cmd/human.h"
#include "cmd/output.h"
#include "cmd/prune.h"
#include "storage/reclaim.h"

struct system_prune_opts {
	bool all, force;
	struct strv filter;
};

static int confirm(const struct system_prune_opts *o, struct err *err)
{
	_cleanup_free_ char *warning = xasprintf("WARNING! This command removes:\n"
						 "\t- all stopped containers\n"
						 "\t- %s\n"
						 "\t- all layers and caches that nothing needs",
		o->all ? "all images without at least one container associated with them"
		       : "all dangling images");

	return prune_confirm("rl system prune", warning, err);
}

static void print_ids(const char *title, const struct strv *ids)
{
	if (ids->n)
		output_printf("%s\n", title);
	strv_foreach (i, id, ids)
		output_printf("%s\n", id);
}

/* the first failure is the result, but what can be done is done */
static int keep_first(int r, int new, const struct err *why, struct err *err)
{
	if (r < 0 || new >= 0)
		return r;
	if (err)
		*err = *why;
	return new;
}

static int run_system_prune(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct system_prune_opts *o = opts;
	_cleanup_strv_ struct strv containers = {0}, images = {0};
	struct err why = {0};
	char text[HUMAN_MAX];
	uint64_t bytes = 0;
	int r = prune_check(&o->filter, err);

	(void)args;
	if (r == 0 && !o->force) {
		r = confirm(o, err);
		if (r <= 0)
			return r;
	}
	if (r >= 0)
		r = ctx_containers(ctx, err);
	if (r < 0)
		return r;
	r = prune_containers(ctx, &o->filter, &containers, err);
	r = keep_first(r, prune_images(ctx, o->all, &o->filter, &images, &why), &why, err);
	r = keep_first(r, reclaim(&ctx->store, ctx->rundir, &bytes, &why), &why, err);
	container_purge(&ctx->containers);
	print_ids("Deleted Containers", &containers);
	print_ids("Deleted Images", &images);
	output_printf("Total reclaimed space: %s\n", human_size_short(bytes, text));
	return r;
}

#define O struct system_prune_opts
static const struct opt system_prune_opts[] = {
	OPTION_BOOL(
		'a', "all", O, all, "remove images with a name, too, if no container uses them"),
	OPTION_STRV(0, "filter", O, filter, "KEY=VALUE",
		"only containers and images that fit: label, label!, until"),
	OPTION_BOOL('f', "force", O, force, "do not ask"),
	{0},
};

const struct cmd cmd_system_prune = {
	.name = "system prune",
	.summary = "Remove everything that is not used",
	.opts = system_prune_opts,
	.opts_size = sizeof(struct system_prune_opts),
	.run = run_system_prune,
};
