#include "cmd/output.h"
#include "cmd/target.h"
#include "runtime/ctrmount.h"
#include "runtime/event.h"
#include "storage/shown.h"

struct unmount_cmd {
	bool all, force, latest;
	struct ctx *ctx;
};

static int unmount(
	const struct unmount_cmd *o, const char *id, const struct container *c, struct err *err)
{
	int r = shown_remove(o->ctx->runpath, SHOWN_CONTAINER, id, o->force, err);

	if (r < 0)
		return r;
	if (c) {
		ctrmount_forget(c);
		event_container(c, "unmount", NULL);
	} else {
		event_object(&o->ctx->store, "container", "unmount", id, NULL);
	}
	return 0;
}

static int unmount_one(struct target *t, void *arg, struct err *err)
{
	const struct unmount_cmd *o = arg;
	_cleanup_strv_ struct strv mounted = {0};
	int r = shown_list(o->ctx->runpath, SHOWN_CONTAINER, &mounted, err);

	if (r == 0 && !strv_has(&mounted, t->c.id)) {
		err_say(err, EINVAL, "container %s is not mounted", t->name);
		return err_hint(err, "'rl mount' lists what is mounted in this namespace");
	}
	if (r == 0)
		r = unmount(o, t->c.id, &t->c, err);
	if (r == 0)
		output_printf("%s\n", t->name);
	return r;
}

/* by the kernel's list: also those that are mounted although their container was removed */
static int unmount_all(const struct unmount_cmd *o, struct err *err)
{
	_cleanup_strv_ struct strv mounted = {0};
	int r = shown_list(o->ctx->runpath, SHOWN_CONTAINER, &mounted, err);

	for (size_t i = 0; r == 0 && i < mounted.n; i++) {
		_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
		bool there = container_find(&o->ctx->containers, mounted.v[i], &c, NULL) == 0;

		r = unmount(o, mounted.v[i], there ? &c : NULL, err);
		if (r == 0)
			output_printf("%s\n", mounted.v[i]);
	}
	return r;
}

static int run_unmount(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct unmount_cmd *o = opts;
	struct target_opts t = {.latest = o->latest};
	int r = ctx_containers(ctx, err);

	if (r < 0)
		return r;
	if (o->all && (args->n || o->latest))
		return err_say(err, ERR_USAGE, "--all, --latest and names exclude each other");
	o->ctx = ctx;
	return o->all ? unmount_all(o, err) : target_each(ctx, &t, args, 0, unmount_one, o, err);
}

#define O struct unmount_cmd
static const struct opt unmount_opts[] = {
	OPTION_BOOL('a', "all", O, all, "unmount all containers"),
	OPTION_BOOL('f', "force", O, force, "also where files of the container are in use"),
	OPTION_BOOL('l', "latest", O, latest, "unmount the newest container"),
	{0},
};

const struct cmd cmd_unmount = {
	.name = "unmount",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Unmount what 'rl mount' has mounted",
	.opts = unmount_opts,
	.opts_size = sizeof(struct unmount_cmd),
	.run = run_unmount,
};
