#include "cmd/container_opts.h"
#include "cmd/foreground.h"
#include "cmd/linger.h"

#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/requires.h"
#include "userns/userns.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static bool wants(const struct container_opts *o, const char *stream, bool dflt)
{
	return o->attach.n > 0 ? strv_has(&o->attach, stream) : dflt;
}

static int check_run(const struct container_opts *o, struct err *err)
{
	struct foreground_opts f = {.detach_keys = o->detach_keys};

	if (o->detach && o->attach.n > 0)
		return err_set(err, ERR_USAGE, "--detach and --attach exclude each other");
	if (!o->detach && o->spec.tty && o->spec.interactive && !isatty(STDIN_FILENO))
		fputs("Warning: the input is not a terminal; --tty and --interactive may not work "
		      "as expected\n",
			stderr);
	return foreground_check(&f, err);
}

/* be the container's terminal until it has ended */
static int run_attached(
	struct container *c, const struct container_opts *o, int sock, struct err *err)
{
	const struct foreground_opts f = {
		.input = o->spec.interactive && wants(o, "stdin", true),
		.no_stdout = !wants(o, "stdout", true),
		.no_stderr = !wants(o, "stderr", true),
		.sig_proxy = o->sig_proxy,
		.detach_keys = o->detach_keys,
	};
	int r;

	/* who will see nothing of it gets what it is called, as with --detach */
	if (f.no_stdout && f.no_stderr) {
		puts(c->id);
		fflush(stdout);
	}
	r = foreground_run(c, sock, &f, err);
	/* As in any pipeline (run ... | head -1): who writes where nobody reads ends.  A container that stays can be
	   looked at later, and is left alone. */
	if (r == -EPIPE && o->spec.rm) {
		r = container_stop(c, 0, err);
		return r < 0 ? r : 128 + SIGPIPE;
	}
	return r;
}

int container_run(
	struct ctx *ctx, struct container_opts *o, const struct strv *args, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	struct preserve preserve = {0};
	const struct start_opts start = {
		.rm_on_failure = true, .want_attach = !o->detach, .preserve = &preserve};
	int sock = -EBADF, r = check_run(o, err);

	o->at_once = true;
	/* before anything is opened here */
	if (r >= 0)
		r = preserve_parse(o->preserve_fds, &o->preserve_fd, &preserve, err);
	if (r >= 0)
		r = container_make(ctx, o, args, &c, err);
	if (r < 0) {
		userns_begun_done();
		return r;
	}
	r = requires_start(&c, err);
	if (r < 0)
		container_remove(&c, true, 0, NULL);
	else
		r = container_start(&c, &start, o->detach ? NULL : &sock, err);
	userns_begun_done();
	if (r < 0) {
		if (o->spec.cidfile)
			unlink(o->spec.cidfile);
		return r;
	}
	preserve_close(&preserve);
	if (!o->detach)
		return run_attached(&c, o, sock, err);
	puts(c.id);
	linger_notice(ctx, &c);
	return 0;
}

static int run_run(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	return container_run(ctx, opts, args, err);
}

static const struct opt run_opts[] = {
	OPTION_BOOL('d', "detach", struct container_opts, detach,
		"run in the background and print the id"),
	OPTION_STR(0, "detach-keys", struct container_opts, detach_keys, "KEYS",
		"keys that detach, such as ctrl-p,ctrl-q; \"\" for none"),
	CONTAINER_OPTIONS,
	OPTION_LIST(0, "preserve-fd", struct container_opts, preserve_fd, "FD",
		"pass on these file descriptors"),
	OPTION_UINT(0, "preserve-fds", struct container_opts, preserve_fds, "N",
		"pass on N file descriptors from 3 on"),
	OPTION_BOOL(0, "rmi", struct container_opts, spec.rmi,
		"remove the image too when the container has ended, unless it is used; implies "
		"--rm"),
	OPTION_BOOL(0, "sig-proxy", struct container_opts, sig_proxy,
		"pass signals on to the container"),
	{0},
};

const struct cmd cmd_run = {
	.name = "run",
	.args = "IMAGE [COMMAND [ARG...]]",
	.min = 1,
	.max = -1,
	.summary = "Create and start a container",
	.details = "Without a command the image's own is run.  The exit code is the command's; 125 "
		   "if rl itself failed, "
		   "126 if the command cannot be executed, 127 if it was not found.",
	.opts = run_opts,
	.opts_size = sizeof(struct container_opts),
	.defaults = &container_opts_defaults,
	.stop_at_arg = true,
	.run = run_run,
};
