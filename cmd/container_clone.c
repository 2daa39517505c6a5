#include "cmd/borrow.h"
#include "cmd/limit_flags.h"
#include "cmd/pull.h"
#include "runtime/clone.h"
#include "runtime/requires.h"
#include "storage/image_find.h"

#include <stdio.h>

#define NAMES_MAX 1000

struct clone_cmd {
	bool destroy, force, run;
	char *name;
	struct limit_opts limits;
};

static int find_image(struct ctx *ctx, const char *name, struct image *ret, struct err *err)
{
	char id[65];
	int r = pull_image(ctx, NULL, PULL_MISSING, name, id, err);

	if (r == 0)
		r = image_find(&ctx->store, id, ret, err);
	return r < 0 ? r : borrow_image(ctx, ret, err);
}

/* NAME-clone, or NAME-clone1, … */
static int clone_named(struct container *from, const char *name, const struct image *img,
	const struct limit_opts *limits, struct container *ret, struct err *err)
{
	struct err e = {0};
	int r = -EEXIST;

	if (name)
		return container_clone(from, name, img, limits, ret, err);
	for (unsigned i = 0; r == -EEXIST && i < NAMES_MAX; i++) {
		_cleanup_free_ char *chosen = i ? xasprintf("%s-clone%u", from->name, i)
						: xasprintf("%s-clone", from->name);

		r = container_clone(from, chosen, img, limits, ret, &e);
	}
	if (r < 0)
		*err = e;
	return r;
}

static int check_destroy(const struct clone_cmd *o, struct container *from, struct err *err)
{
	if (o->force && !o->destroy) {
		err_say(err, ERR_USAGE, "--force is about what --destroy removes");
		return err_hint(err, "add --destroy, or leave out --force");
	}
	if (!o->destroy || o->force || !container_is_live(from))
		return 0;
	err_say(err, EBUSY, "container %s is %s", container_label(from),
		container_status_name(from->status));
	return err_hint(err, "stop it first, or remove it nevertheless with --force");
}

static int run_clone(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct clone_cmd *o = opts;
	_cleanup_(container_done) struct container from = {.dirfd = -EBADF, .runfd = -EBADF},
						   c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_(image_done) struct image img = {0};
	int r = ctx_containers(ctx, err);

	if (o->name && args->n > 1)
		return err_say(err, ERR_USAGE, "the new container has two names: %.64s and %.64s",
			o->name, args->v[1]);
	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &from, err);
	if (r == 0)
		r = check_destroy(o, &from, err);
	if (r == 0 && args->n > 2)
		r = find_image(ctx, args->v[2], &img, err);
	if (r >= 0)
		r = clone_named(&from, args->n > 1 ? args->v[1] : o->name,
			args->n > 2 ? &img : NULL, &o->limits, &c, err);
	if (r < 0)
		return r;
	r = borrow_owners(ctx, &c, err);
	if (r < 0) {
		container_remove(&c, true, 0, NULL);
		return r;
	}
	if (o->destroy)
		r = container_remove(&from, o->force, 0, err);
	if (r == 0 && o->run)
		r = requires_start(&c, err);
	if (r == 0 && o->run)
		r = container_start(&c, &(struct start_opts){0}, NULL, err);
	if (r < 0)
		return err_wrap(err, "container %s was made", container_label(&c));
	puts(c.id);
	return 0;
}

#define O struct clone_cmd
static const struct opt clone_opts[] = {
	LIMIT_OPTIONS_BLKIO(O, limits),
	LIMIT_OPTIONS_CONF(O, limits),
	LIMIT_OPTIONS_CPU(O, limits),
	OPTION_BOOL(0, "destroy", O, destroy, "remove the container that was cloned"),
	LIMIT_OPTIONS_DEVICE(O, limits),
	OPTION_BOOL('f', "force", O, force, "with --destroy: also if it runs"),
	LIMIT_OPTIONS_MEMORY(O, limits),
	OPTION_STR(0, "name", O, name, "NAME", "name the new container"),
	LIMIT_OPTIONS_PIDS(O, limits),
	OPTION_BOOL(0, "run", O, run, "start the new container"),
	{0},
};

const struct cmd cmd_container_clone = {
	.name = "container clone",
	.args = "CONTAINER [NAME [IMAGE]]",
	.min = 1,
	.max = 3,
	.summary = "Create a container with the configuration of another one",
	.details = "What was written into the other one's root is not copied; volumes are shared.  "
		   "Without NAME it is called NAME-clone.  With IMAGE it executes the same command "
		   "in that image.  A limit replaces that of the other one.",
	.opts = clone_opts,
	.opts_size = sizeof(struct clone_cmd),
	.run = run_clone,
};
