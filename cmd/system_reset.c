#include "cmd/human.h"
#include "cmd/output.h"
#include "cmd/prune.h"
#include "runtime/base/fs.h"
#include "storage/image.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct reset_opts {
	bool force;
};

/* what the runtime directory holds */
static const char *const run_parts[] = {"containers", "userns", "subid.json", "linger-told", NULL};

static size_t count(const struct store *s, const char *dir)
{
	_cleanup_strv_ struct strv names = {0};

	fs_list_at(s->fd, dir, &names, NULL);
	return names.n;
}

static int confirm(struct ctx *ctx, struct err *err)
{
	_cleanup_(container_list_done) struct container_list l = {0};
	_cleanup_buf_ struct buf warning = {0};
	size_t running = 0;

	container_list(&ctx->containers, &l, NULL);
	for (size_t i = 0; i < l.n; i++)
		running += l.v[i].held;
	buf_addf(&warning, "WARNING! This removes, for good:\n\t- %zu containers", l.n);
	if (running)
		buf_addf(&warning, ", %zu of which run and are killed", running);
	buf_addf(&warning, "\n\t- %zu images with %zu layers\n", count(&ctx->store, "images"),
		count(&ctx->store, "layers"));
	buf_addf(&warning, "\t- %zu volumes with all that is in them\n",
		count(&ctx->store, "volumes"));
	buf_addf(&warning, "\t- the store %s\n\t- the runtime directory %s", ctx->store.path,
		ctx->runpath);
	return prune_confirm("rl system reset", buf_str(&warning), err);
}

static int remove_containers(struct ctx *ctx, struct err *err)
{
	/* one that is started meanwhile is there in the next round */
	for (int round = 0; round < 3; round++) {
		_cleanup_(container_list_done) struct container_list l = {0};
		int r = container_list(&ctx->containers, &l, err);

		if (r == -ENOENT || (r == 0 && l.n == 0))
			return 0;
		for (size_t i = 0; r == 0 && i < l.n; i++)
			container_stop_begin(&l.v[i], &(struct stop_how){0});
		for (size_t i = 0; r == 0 && i < l.n; i++) {
			r = container_retire(&l.v[i], true, 0, err);
			if (r == -ERR_NO_OBJECT)
				r = 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* in R, where everything can be deleted; only what is a store's: the directory may have been somebody's before */
static int remove_store(void *arg, struct err *err)
{
	const struct store *s = arg;
	_cleanup_strv_ struct strv files = {0};
	int r = 0;

	store_list_temporary(s, &files);
	strv_foreach (i, path, &files)
		unlinkat(s->fd, path, 0);
	for (size_t i = 0; r == 0 && store_parts[i]; i++)
		r = fs_remove_tree_at(s->fd, store_parts[i], err);
	return r;
}

static void remove_dir(const char *path)
{
	if (rmdir(path) < 0 && errno != ENOENT)
		fprintf(stderr,
			"%s stays: it is in use, or there are files in it that are not rl's\n",
			path);
}

static int remove_runtime(struct ctx *ctx, struct err *err)
{
	_cleanup_strv_ struct strv others = {0};
	int r = 0;

	fs_list_at(ctx->rundir, "containers", &others, NULL);
	/* not ours, which are gone */
	if (others.n) {
		fprintf(stderr, "%s stays: containers of another store use it\n", ctx->runpath);
		return 0;
	}
	for (size_t i = 0; r == 0 && run_parts[i]; i++)
		r = fs_remove_tree_at(ctx->rundir, run_parts[i], err);
	if (r == 0)
		remove_dir(ctx->runpath);
	return r;
}

static int reset(struct ctx *ctx, struct err *err)
{
	int r = remove_containers(ctx, err);

	if (r < 0)
		return r;
	container_purge(&ctx->containers);
	r = userns_call(ctx->rundir, remove_store, &ctx->store, err);
	if (r < 0)
		return r;
	remove_dir(ctx->store.path);
	return remove_runtime(ctx, err);
}

/* Return: 1 if there is a store, damaged or not, 0 if there is none */
static int open_store(struct ctx *ctx, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	int r = store_default_path(ctx->root, &path, err);

	if (r < 0)
		return r;
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	r = store_open_any(&ctx->store, path, err);
	if (r == -ENOTDIR)
		err_hint(err, "choose a store with --root or RL_ROOT");
	if (r < 0)
		return r;
	ctx->store_open = true;
	return 1;
}

static int run_reset(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct reset_opts *o = opts;
	int r = open_store(ctx, err);

	(void)args;
	if (r > 0)
		r = ctx_containers(ctx, err);
	else if (r == 0)
		return 0;
	if (r < 0)
		return r;
	if (!o->force) {
		r = confirm(ctx, err);
		if (r <= 0)
			return r;
	}
	return reset(ctx, err);
}

#define O struct reset_opts
static const struct opt reset_opts[] = {
	OPTION_BOOL('f', "force", O, force, "do not ask"),
	{0},
};

const struct cmd cmd_system_reset = {
	.name = "system reset",
	.summary = "Remove all containers and images, and everything else that rl keeps",
	.details = "Running containers are killed.  Nothing is left of the store and of the "
		   "runtime directory; "
		   "configuration files and credentials stay.",
	.opts = reset_opts,
	.opts_size = sizeof(struct reset_opts),
	.run = run_reset,
};
