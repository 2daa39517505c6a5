#include "cmd/execute.h"
#include "cmd/foreground.h"
#include "cmd/target.h"

struct exec_cmd {
	struct execute x;
	bool latest, no_session;
	struct strv cidfile, preserve_fd;
	uint64_t preserve_fds;
};

static int check(const struct exec_cmd *o, const struct strv *args, struct err *err)
{
	struct foreground_opts f = {.detach_keys = o->x.detach_keys};

	if (args->n < (o->latest || o->cidfile.n ? 1U : 2U)) {
		err_say(err, ERR_USAGE, "no command was given");
		return err_hint(err, "usage: rl exec [OPTIONS] CONTAINER COMMAND [ARG...]");
	}
	return foreground_check(&f, err);
}

static int run_exec(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct exec_cmd *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_strv_ struct strv name = {0};
	int r = check(o, args, err);

	/* before anything is opened here */
	if (r == 0)
		r = preserve_parse(o->preserve_fds, &o->preserve_fd, &o->x.preserve, err);
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
		strv_add(&o->x.e.args, args->v[i]);
	r = execute_in(&c, &o->x, err);
	strv_done(&o->x.e.args);
	return r;
}

#define O struct exec_cmd
static const struct opt exec_opts[] = {
	OPTION_STRV(0, "cidfile", O, cidfile, "FILE", "in the container whose id is in a file"),
	OPTION_BOOL('d', "detach", O, x.e.detach, "run in the background"),
	OPTION_STR(0, "detach-keys", O, x.detach_keys, "KEYS",
		"keys that detach (default ctrl-p,ctrl-q)"),
	OPTION_STRV('e', "env", O, x.e.env, "KEY=VALUE", "set an environment variable"),
	OPTION_STRV(
		0, "env-file", O, x.e.env_file, "FILE", "read environment variables from a file"),
	OPTION_BOOL('i', "interactive", O, x.e.interactive, "connect standard input"),
	OPTION_BOOL('l', "latest", O, latest, "in the newest container"),
	OPTION_BOOL(0, "no-session", O, no_session,
		"keep no record of it, as always here: there is none"),
	OPTION_LIST(0, "preserve-fd", O, preserve_fd, "FD", "pass on these file descriptors"),
	OPTION_UINT(
		0, "preserve-fds", O, preserve_fds, "N", "pass on N file descriptors from 3 on"),
	OPTION_BOOL(0, "privileged", O, x.e.privileged,
		"with all capabilities of the container's user namespace"),
	OPTION_BOOL('t', "tty", O, x.e.tty, "give it a terminal"),
	OPTION_STR('u', "user", O, x.e.user, "USER[:GROUP]", "as this user"),
	OPTION_STR('w', "workdir", O, x.e.workdir, "DIR", "in this directory"),
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
