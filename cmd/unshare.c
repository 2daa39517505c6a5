#include "cmd/cmd.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "storage/shown.h"
#include "userns/userns.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* The command finds the same store, although it is root now. */
static void set_environment(const struct ctx *ctx)
{
	setenv("RL_ROOT", ctx->store.path, 1);
	setenv("RL_RUNROOT", ctx->runpath, 1);
}

static int own_mounts(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(err, errno, "make a mount namespace");
	/* what the host mounts later appears, what is mounted here does not appear there */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_set(err, errno, "make the mount namespace private");
	return 0;
}

static int run_command(const struct strv *args, struct err *err)
{
	const char *shell = getenv("SHELL");
	char *fallback[] = {(char *)(uintptr_t)(str_empty(shell) ? "/bin/sh" : shell), NULL};
	char *const *argv = args->n ? args->v : fallback;
	struct proc_opts o = {
		.path = argv[0],
		.argv = argv,
		.search = true,
		.keep_stdio = true,
		.pdeathsig = SIGHUP,
	};
	pid_t pid;
	int r;

	pid = proc_spawn(&o, err);
	if (pid == -ENOENT)
		return err_say(err, ERR_EXEC_NOTFOUND, "%s: command not found", argv[0]);
	if (pid == -EACCES)
		return err_say(err, ERR_EXEC_FAILED, "%s: permission denied", argv[0]);
	if (pid < 0)
		return pid;
	/* a terminal's signals are for the command */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	r = proc_wait(pid);
	return r < 0 ? err_set(err, -r, "wait for %s", argv[0]) : r;
}

static int run_unshare(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(userns_done) struct userns ns = {0};
	_cleanup_close_ int hold = -EBADF;
	int r = ctx_containers(ctx, err);

	(void)opts;
	if (r == 0)
		r = userns_enter(ctx->rundir, &ns, err);
	if (r < 0)
		return r;
	if (ns.mode == USERNS_ROOT) {
		err_say(err, ERR_USAGE,
			"unshare is for users: you are root of your namespace already");
		return err_hint(err, "run the command itself");
	}
	/* containers that are started meanwhile are in the same namespace */
	hold = userns_hold(ctx->rundir, err);
	if (hold < 0)
		return hold;
	r = own_mounts(err);
	if (r < 0)
		return r;
	set_environment(ctx);
	r = run_command(args, err);
	shown_clear(ctx->runpath);
	return r;
}

const struct cmd cmd_unshare = {
	.name = "unshare",
	.args = "[COMMAND [ARG...]]",
	.max = -1,
	.summary = "Run a command as root of your user namespace",
	.details = "There, files of your subordinate ids are accessible, as they are to "
		   "containers, and mounts "
		   "can be made that end with the command.  Without COMMAND your shell is started.",
	.stop_at_arg = true,
	.run = run_unshare,
};
