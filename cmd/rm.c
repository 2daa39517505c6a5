#include "cmd/target.h"
#include "runtime/requires.h"
#include "storage/shown.h"

#include <stdio.h>
#include <unistd.h>

/* as podman has it */
#define EXIT_MISSING 1
#define EXIT_RUNNING 2

struct rm_cmd {
	bool all, latest, ignore, force, volumes, depend;
	int64_t time;
	struct strv cidfile, filter;
	bool any;
};

static int retire(struct rm_cmd *o, struct container *c, const char *name, struct err *err)
{
	int r = container_retire(c, o->force, o->time > 0 ? (int)o->time : 0, err);

	if (r < 0)
		return r;
	if (o->volumes)
		container_drop_volumes(c->cs->store, c->record, NULL);
	o->any = true;
	/* where it was mounted, it is gone */
	if (geteuid() == 0)
		shown_remove(c->cs->runpath, SHOWN_CONTAINER, c->id, true, NULL);
	puts(name);
	return 0;
}

static int refuse_needed(const struct container *c, const struct strv *ids, struct err *err)
{
	err_say(err, EEXIST, "container %s is required by %zu other%s, first by container %.12s",
		container_label(c), ids->n, ids->n == 1 ? "" : "s", ids->v[0]);
	return err_hint(err, "remove those first, or all of them with --depend");
}

/* Those that require it go first; they are younger, so this comes to an end. */
static int rm_dependents(struct rm_cmd *o, struct container *c, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = requires_dependents(c, &ids, err);

	if (r == 0 && ids.n && !o->depend)
		return refuse_needed(c, &ids, err);
	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		_cleanup_(container_done) struct container d = {.dirfd = -EBADF, .runfd = -EBADF};

		r = container_find(c->cs, ids.v[i], &d, err);
		if (r == 0)
			r = rm_dependents(o, &d, err);
		if (r == 0)
			r = retire(o, &d, d.id, err);
		/* it is gone: that is what was asked for */
		if (r == -ERR_NO_OBJECT)
			r = 0;
	}
	return r;
}

static int rm_one(struct target *t, void *arg, struct err *err)
{
	struct rm_cmd *o = arg;
	int r = rm_dependents(o, &t->c, err);

	return r < 0 ? r : retire(o, &t->c, t->name, err);
}

static void rm_begin(struct container *c, void *arg)
{
	const struct rm_cmd *o = arg;

	container_stop_begin(c, &(struct stop_how){.timeout = o->time > 0 ? (int)o->time : 0});
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct rm_cmd *o = opts;
	struct target_opts t = {.all = o->all,
		.latest = o->latest,
		.ignore = o->ignore || o->force,
		.cidfile = &o->cidfile,
		.filter = &o->filter,
		.begin = o->force ? rm_begin : NULL,
		.busy_code = EXIT_RUNNING};
	int r;

	if (o->time < -1 || o->time > INT32_MAX / 2000)
		return err_say(err, ERR_USAGE, "--time: %lld is not a number of seconds",
			(long long)o->time);
	if (o->time >= 0 && !o->force)
		return err_say(err, ERR_USAGE, "--time needs --force");
	r = target_each(ctx, &t, args, EXIT_MISSING, rm_one, o, err);
	/* all at once: entering R may take longer than all the rest */
	if (o->any)
		container_purge(&ctx->containers);
	return r;
}

#define O struct rm_cmd
static const struct opt rm_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all containers"),
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "read the container's id from a file"),
	OPTION_BOOL(0, "depend", O, depend, "remove the containers that require it, too"),
	OPTION_STRV(0, "filter", O, filter, "FILTER", "remove the containers that match KEY=VALUE"),
	OPTION_BOOL('f', "force", O, force, "kill running ones first; missing ones are fine"),
	OPTION_BOOL('i', "ignore", O, ignore, "do not fail if a container does not exist"),
	OPTION_BOOL('l', "latest", O, latest, "remove the newest container"),
	OPTION_INT('t', "time", O, time, "SECONDS",
		"with --force: let it stop by itself for so long (default 0)"),
	OPTION_BOOL('v', "volumes", O, volumes,
		"remove its anonymous volumes, too, if no other container has them"),
	{0},
};

const struct cmd cmd_rm = {
	.name = "rm",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Remove containers",
	.details = "The exit code is 1 if a container is missing, 2 if one is running and --force "
		   "is not given.",
	.opts = rm_opts,
	.opts_size = sizeof(struct rm_cmd),
	.defaults = &(const struct rm_cmd){.time = -1},
	.missing_code = EXIT_MISSING,
	.run = run_rm,
};
