#include "cmd/cmd.h"

#include "runtime/base/fd.h"
#include "storage/config.h"
#include "userns/rundir.h"

int ctx_store(struct ctx *ctx, struct err *err)
{
	_cleanup_(config_done) struct config config = {0};
	_cleanup_free_ char *path = NULL;
	int r;

	if (ctx->store_open)
		return 0;
	r = store_default_path(ctx->root, &path, err);
	if (r == 0)
		r = config_load(&config, err);
	if (r < 0)
		return r;
	r = store_open(&ctx->store, path, err);
	if (r < 0)
		return r;
	ctx->store.wanted = ctx->storage_driver;
	ctx->store.shared = config.shared;
	ctx->store.no_events =
		ctx->events == EVENTS_AS_CONFIGURED ? config.no_events : ctx->events == EVENTS_NONE;
	config.shared = (struct strv){0};
	ctx->defaults = take_ptr(config.containers);
	if (!ctx->cgroup_manager && config.cgroup_manager)
		ctx->cgroup_manager = xstrdup(config.cgroup_manager);
	ctx->store_open = true;
	return 0;
}

int ctx_run(struct ctx *ctx, struct err *err)
{
	if (ctx->run_open)
		return 0;
	ctx->rundir = rundir_open(ctx->runroot, &ctx->runpath, err);
	if (ctx->rundir < 0)
		return ctx->rundir;
	ctx->run_open = true;
	return 0;
}

int ctx_containers(struct ctx *ctx, struct err *err)
{
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	ctx->containers = (struct containers){.store = &ctx->store,
		.rundir = ctx->rundir,
		.runpath = ctx->runpath,
		.cgroup_manager = ctx->cgroup_manager};
	return 0;
}

void ctx_done(struct ctx *ctx)
{
	if (ctx->store_open)
		store_done(&ctx->store);
	json_decref(take_ptr(ctx->defaults));
	if (ctx->run_open)
		fd_close(ctx->rundir);
	ctx->store_open = ctx->run_open = false;
	free(ctx->runpath);
	free(ctx->root);
	free(ctx->runroot);
	free(ctx->storage_driver);
	free(take_ptr(ctx->cgroup_manager));
	ctx->runpath = ctx->root = ctx->runroot = ctx->storage_driver = NULL;
}
