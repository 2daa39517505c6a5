#include "cmd/human.h"
#include "cmd/output.h"
#include "cmd/prune.h"
#include "runtime/event.h"
#include "storage/reclaim.h"

#include <inttypes.h>
#include <stdio.h>

struct system_prune_opts {
	struct prune_opts prune;
	bool all, volumes;
};

static void print_ids(const char *title, const struct strv *ids)
{
	if (ids->n)
		output_printf("%s\n", title);
	prune_print(ids);
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
	_cleanup_strv_ struct strv containers = {0}, images = {0}, volumes = {0};
	struct err why = {0};
	char text[HUMAN_MAX];
	uint64_t bytes = 0;
	_cleanup_free_ char *warning = xasprintf("WARNING! This command removes:\n"
						 "\t- all stopped containers\n"
						 "\t- %s\n"
						 "\t- all layers and caches that nothing needs%s",
		o->all ? "all images without at least one container associated with them"
		       : "all dangling images",
		o->volumes ? "\n\t- all volumes that no container has" : "");
	int r = prune_begin(ctx, &o->prune, "rl system prune", warning, err);

	(void)args;
	if (r <= 0)
		return r;
	r = prune_containers(ctx, &o->prune.filter, &containers, err);
	r = keep_first(r, prune_images(ctx, o->all, &o->prune.filter, &images, &why), &why, err);
	if (o->volumes)
		r = keep_first(r, prune_volumes(ctx, &o->prune.filter, &volumes, &why), &why, err);
	r = keep_first(r, reclaim(&ctx->store, ctx->rundir, &bytes, &why), &why, err);
	container_purge(&ctx->containers);
	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	event_write(&ctx->store,
		&(struct event){
			.type = "system", .action = "prune", .attr = {{"reclaimed", text}}});
	print_ids("Deleted Containers", &containers);
	print_ids("Deleted Volumes", &volumes);
	print_ids("Deleted Images", &images);
	output_printf("Total reclaimed space: %s\n", human_size_short(bytes, text));
	return r;
}

#define O struct system_prune_opts
static const struct opt system_prune_opts[] = {
	OPTION_BOOL(
		'a', "all", O, all, "remove images with a name, too, if no container uses them"),
	PRUNE_OPTIONS(O, "containers, images and volumes"),
	OPTION_BOOL(0, "volumes", O, volumes, "remove the volumes that no container has, too"),
	{0},
};

const struct cmd cmd_system_prune = {
	.name = "system prune",
	.summary = "Remove everything that is not used",
	.details = "Volumes stay, without --volumes: what is in them cannot be had again.",
	.opts = system_prune_opts,
	.opts_size = sizeof(struct system_prune_opts),
	.run = run_system_prune,
};
