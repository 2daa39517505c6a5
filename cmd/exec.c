#include "cmd/foreground.h"
#include "cmd/target.h"

#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/joined.h"
#include "runtime/seccomp_cache.h"
#include "runtime/spec.h"

#include <stdio.h>

struct exec_cmd {
	struct exec_opts e;
	bool latest;
	char *detach_keys;
	struct strv cidfile, preserve_fd;
	uint64_t preserve_fds;
	struct preserve preserve;
};

static int check(const struct exec_cmd *o, const struct strv *args, struct err *err)
{
	struct foreground_opts f = {.detach_keys = o->detach_keys};

	if (args->n < (o->latest || o->cidfile.n ? 1U : 2U)) {
		err_say(err, ERR_USAGE, "no command was given");
		return err_hint(err, "usage: rl exec [OPTIONS] CONTAINER COMMAND [ARG...]");
	}
	return foreground_check(&f, err);
}

static int join_it(struct container *c, struct exec_cmd *o, struct joined *j, struct launched *l,
	struct err *err)
{
	_cleanup_json_ json_t *config = NULL, *process = NULL;
	_cleanup_close_ int cache = -EBADF;
	struct join join = {
		.pid = c->pid, .start_time = c->start_time, .privileged = o->e.privileged};
	int r = container_config(c, &config, err);

	if (r == 0)
		r = spec_exec(c, config, &o->e, &process, err);
	if (r == 0 && !o->e.tty)
		r = joined_stdio(j, o->e.interactive && !o->e.detach, o->e.detach, err);
	if (r < 0)
		return r;
	cache = seccomp_cache_open(c->cs->store);
	join.seccomp_cache = cache;
	join.preserve = &o->preserve;
	join.config = config;
	join.process = process;
	memcpy(join.stdio, j->stdio, sizeof(join.stdio));
	r = launch_join(&join, l, err);
	joined_started(j);
	preserve_close(&o->preserve);
	return r;
}

static int exec_in(struct container *c, struct exec_cmd *o, struct err *err)
{
	_cleanup_(joined_done) struct joined j = JOINED_INIT;
	_cleanup_close_ int joining = container_joining(c, err);
	struct launched l = LAUNCHED_INIT;
	bool detached = false;
	int r;

	if (joining < 0)
		return joining;
	r = join_it(c, o, &j, &l, err);
	joining = fd_close(joining);
	if (r < 0)
		return r;
	if (!o->e.detach)
		r = joined_run(&j, &l, o->e.interactive,
			o->detach_keys ? o->detach_keys : ATTACH_DETACH_KEYS, &detached, err);
	if (detached)
		foreground_leave();
	if ((detached || o->e.detach) && l.console >= 0 && r >= 0)
		r = joined_abandon(&l, err);
	fd_close(l.console);
	fd_close(l.pidfd);
	fd_close(l.sync);
	return r;
}

static int run_exec(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct exec_cmd *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_strv_ struct strv name = {0};
	int r = check(o, args, err);

	/* before anything is opened here */
	if (r == 0)
		r = preserve_parse(o->preserve_fds, &o->preserve_fd, &o->preserve, err);
	if (r < 0)
		return r;
	if (o->cidfile.n)
		r = target_cidfile(o->cidfile.v[0], &name, err);
	else if (!o->latest)
		strv_add(&name, args->v[0]);
	if (r < 0)
		return r;
	r = target_one(ctx, o->latest, &name, &c, err);
	if (r < 0)
		return r;
	for (size_t i = o->cidfile.n ? 0 : name.n; i < args->n; i++)
		strv_add(&o->e.args, args->v[i]);
	r = exec_in(&c, o, err);
	strv_done(&o->e.args);
	return r;
}

#define O struct exec_cmd
static const struct opt exec_opts[] = {
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "in the container whose id is in a file"),
	OPTION_BOOL('d', "detach", O, e.detach, "run in the background"),
	OPTION_STR(0, "detach-keys", O, detach_keys, "KEYS",
		"keys that detach (default ctrl-p,ctrl-q)"),
	OPTION_STRV('e', "env", O, e.env, "KEY=VALUE", "set an environment variable"),
	OPTION_STRV(0, "env-file", O, e.env_file, "FILE", "read environment variables from a file"),
	OPTION_BOOL('i', "interactive", O, e.interactive, "connect standard input"),
	OPTION_BOOL('l', "latest", O, latest, "in the newest container"),
	OPTION_LIST(0, "preserve-fd", O, preserve_fd, "FD", "pass on these file descriptors"),
	OPTION_UINT(
		0, "preserve-fds", O, preserve_fds, "N", "pass on N file descriptors from 3 on"),
	OPTION_BOOL(0, "privileged", O, e.privileged,
		"with all capabilities of the container's user namespace"),
	OPTION_BOOL('t', "tty", O, e.tty, "give it a terminal"),
	OPTION_STR('u', "user", O, e.user, "USER[:GROUP]", "as this user"),
	OPTION_STR('w', "workdir", O, e.workdir, "DIR", "in this directory"),
	{0},
};

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "[CONTAINER] COMMAND [ARG...]",
	.min = 1,
	.max = -1,
	.summary = "Run a command in a running container",
	.opts = exec_opts,
	.opts_size = sizeof(struct exec_cmd),
	.stop_at_arg = true,
	.run = run_exec,
};
