#include "cmd/foreground.h"
#include "cmd/target.h"

struct attach_cmd {
	bool latest, no_stdin, sig_proxy;
	char *detach_keys;
};

static int run_attach(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct attach_cmd *o = opts;
	struct container c
		__attribute__((cleanup(container_done))) = {.dirfd = -EBADF, .runfd = -EBADF};
	struct foreground_opts f = {.sig_proxy = o->sig_proxy, .detach_keys = o->detach_keys};
	int r = foreground_check(&f, err);

	if (r == 0)
		r = target_one(ctx, o->latest, args, &c, err);
	if (r < 0)
		return r;
	if (!target_is_running(&c)) {
		err_say(err, ESRCH, "container %s is not running", c.name ? c.name : c.id);
		return err_hint(
			err, "start it with 'rl start --attach %s'", c.name ? c.name : c.id);
	}
	f.redraw = true;
	f.input = !o->no_stdin && json_get_bool(c.record, "stdin", false);
	r = container_connect(&c, err);
	return r < 0 ? r : foreground_run(&c, r, &f, err);
}

#define O struct attach_cmd
static const struct opt attach_opts[] = {
	OPTION_STR(0, "detach-keys", O, detach_keys, "KEYS",
		"keys that detach (default ctrl-p,ctrl-q)"),
	OPTION_BOOL('l', "latest", O, latest, "attach to the newest container"),
	OPTION_BOOL(0, "no-stdin", O, no_stdin, "do not connect standard input"),
	OPTION_BOOL(
		0, "sig-proxy", O, sig_proxy, "send signals on to the container (default true)"),
	{0},
};

const struct cmd cmd_attach = {
	.name = "attach",
	.args = "[CONTAINER]",
	.max = 1,
	.summary = "Connect the terminal to a running container",
	.opts = attach_opts,
	.opts_size = sizeof(struct attach_cmd),
	.defaults = &(const struct attach_cmd){.sig_proxy = true},
	.run = run_attach,
};
