#include "cmd/foreground.h"
#include "cmd/linger.h"
#include "cmd/target.h"
#include "runtime/requires.h"

#include <stdio.h>

struct start_cmd {
	bool all, attach, interactive, latest, sig_proxy;
	char *detach_keys;
	struct strv filter;
};

static bool can_start(const struct container *c)
{
	return c->status == CONTAINER_CREATED || c->status == CONTAINER_EXITED ||
	       c->status == CONTAINER_RESTARTING || container_is_ready(c);
}

static int refuse_paused(const struct container *c, struct err *err)
{
	if (c->status != CONTAINER_PAUSED)
		return 0;
	err_say(err, EBUSY, "container %s is paused", container_label(c));
	return err_hint(err, "let it go on with 'rl unpause %s'", container_label(c));
}

static int start_one(struct target *t, void *arg, struct err *err)
{
	int r = refuse_paused(&t->c, err);

	/* starting one that runs is no error: that is what was asked for */
	if (r == 0 && can_start(&t->c))
		r = requires_start(&t->c, err);
	if (r == 0 && can_start(&t->c))
		r = container_start(&t->c, &(struct start_opts){.want_attach = false}, NULL, err);
	if (r == 0) {
		puts(t->name);
		linger_notice(arg, &t->c);
	}
	return r;
}

static int start_attached(
	struct ctx *ctx, const struct start_cmd *o, const struct strv *args, struct err *err)
{
	struct container c
		__attribute__((cleanup(container_done))) = {.dirfd = -EBADF, .runfd = -EBADF};
	struct foreground_opts f = {.sig_proxy = o->sig_proxy, .detach_keys = o->detach_keys};
	int sock = -EBADF, r = foreground_check(&f, err);

	if (args->n > 1)
		return err_say(err, ERR_USAGE, "--attach takes one container");
	if (r == 0)
		r = target_one(ctx, o->latest, args, &c, err);
	if (r == 0)
		r = refuse_paused(&c, err);
	if (r < 0)
		return r;
	f.input = o->interactive;
	if (!can_start(&c) && c.status != CONTAINER_DAMAGED) {
		f.redraw = true;
		sock = container_connect(&c, err);
		return sock < 0 ? sock : foreground_run(&c, sock, &f, err);
	}
	r = requires_start(&c, err);
	if (r == 0)
		r = container_start(&c, &(struct start_opts){.want_attach = true}, &sock, err);
	return r < 0 ? r : foreground_run(&c, sock, &f, err);
}

static int run_start(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct start_cmd *o = opts;
	struct target_opts t = {
		.all = o->all, .latest = o->latest, .filter = &o->filter, .suitable = can_start};

	if (!o->attach && !o->interactive)
		return target_each(ctx, &t, args, 0, start_one, ctx, err);
	if (o->all || o->filter.n)
		return err_say(err, ERR_USAGE, "--attach and --interactive take one container");
	return start_attached(ctx, o, args, err);
}

#define O struct start_cmd
static const struct opt start_opts[] = {
	OPTION_BOOL(0, "all", O, all, "start all containers that do not run"),
	OPTION_BOOL(
		'a', "attach", O, attach, "show its output until it ends, and exit with its code"),
	OPTION_STR(0, "detach-keys", O, detach_keys, "KEYS",
		"keys that detach (default ctrl-p,ctrl-q)"),
	OPTION_STRV(
		'f', "filter", O, filter, "FILTER", "start the containers that match KEY=VALUE"),
	OPTION_BOOL('i', "interactive", O, interactive, "connect standard input; implies --attach"),
	OPTION_BOOL('l', "latest", O, latest, "start the newest container"),
	OPTION_BOOL(0, "sig-proxy", O, sig_proxy,
		"with --attach: send signals on to the container (default true)"),
	{0},
};

const struct cmd cmd_start = {
	.name = "start",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Start containers that were created or have ended",
	.opts = start_opts,
	.opts_size = sizeof(struct start_cmd),
	.defaults = &(const struct start_cmd){.sig_proxy = true},
	.run = run_start,
};
