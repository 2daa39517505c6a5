/*
 * main - from the command line to a command, and from its result to an exit code
 *
 * The only place that prints an error and leaves.
 */
#include "cmd/help.h"
#include "cmd/opts.h"
#include "cmd/output.h"
#include "cmd/report.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int exit_code(int r, const struct cmd *cmd)
{
	switch (-r) {
	case ERR_EXEC_FAILED:
		return 126;
	case ERR_EXEC_NOTFOUND:
		return 127;
	case ERR_CANCELLED:
		return 130;
	case ERR_NO_OBJECT:
		return cmd && cmd->missing_code ? cmd->missing_code : 125;
	default:
		return r < 0 ? 125 : r;
	}
}

/* What was printed is worth nothing if it did not arrive. */
static int flush_stdout(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return output_lost(err);
}

/* A program started without 0, 1 or 2 would open its files there. */
static void open_stdio(void)
{
	/* not O_CLOEXEC: standard descriptors are inherited */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR);
}

static int print_text(struct buf *text)
{
	fwrite(buf_str(text), 1, text->len, stdout);
	return 0;
}

static int check_count(const struct cmd *cmd, const struct strv *args, struct err *err)
{
	size_t max = cmd->max < 0 ? SIZE_MAX : (size_t)cmd->max;

	if (args->n >= (size_t)cmd->min && args->n <= max)
		return 0;
	if (args->n == 0)
		err_set(err, ERR_USAGE, "'rl %s' needs %s", cmd->name, cmd->args);
	else if (args->n < (size_t)cmd->min)
		err_set(err, ERR_USAGE, "'rl %s' needs at least %d arguments", cmd->name, cmd->min);
	else if (max == 0)
		err_set(err, ERR_USAGE, "'rl %s' takes no arguments ('%s')", cmd->name, args->v[0]);
	else
		err_set(err, ERR_USAGE, "'rl %s': too many arguments ('%s')", cmd->name,
			args->v[max]);
	return err_hint(err, "usage: rl %s%s%s%s", cmd->name, cmd->opts ? " [OPTIONS]" : "",
		cmd->args ? " " : "", cmd->args ? cmd->args : "");
}

static int run_command(struct ctx *ctx, const struct cmd *cmd, char *const *argv, struct err *err)
{
	_cleanup_free_ void *opts = xcalloc(1, cmd->opts_size ? cmd->opts_size : 1);
	_cleanup_free_ char *who = xasprintf("rl %s", cmd->name);
	_cleanup_strv_ struct strv args = {0};
	_cleanup_buf_ struct buf text = {0};
	int r;

	opts_init(cmd->opts, opts, cmd->opts_size, cmd->defaults);
	r = opts_parse(cmd->opts, opts, argv, cmd->stop_at_arg, who, &args, err);
	if (r == 1) {
		help_command(cmd, &text, help_style(STDOUT_FILENO));
		r = print_text(&text);
	} else if (r == 0) {
		r = check_count(cmd, &args, err);
		if (r == 0)
			r = cmd->run(ctx, opts, &args, err);
	}
	opts_done(cmd->opts, opts);
	return r;
}

static void set_from_env(char **value, const char *name)
{
	if (!*value && !str_empty(getenv(name)))
		*value = xstrdup(getenv(name));
}

/* --out FILE, --noout: standard output is another one, for what we start as well */
static int redirect(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), r;

	if (fd < 0)
		return err_set(err, errno, "--out %s", path);
	r = dup2(fd, STDOUT_FILENO) < 0 ? err_set(err, errno, "--out %s", path) : 0;
	fd_close(fd);
	return r;
}

static int apply_globals(struct ctx *ctx, struct global_opts *g, struct err *err)
{
	bool debug =
		g->debug ||
		(g->log_level && (str_eq(g->log_level, "debug") || str_eq(g->log_level, "trace")));

	ctx->root = take_ptr(g->root);
	ctx->runroot = take_ptr(g->runroot);
	ctx->storage_driver = take_ptr(g->storage_driver);
	ctx->cgroup_manager = take_ptr(g->cgroup_manager);
	if (ctx->cgroup_manager && !str_eq(ctx->cgroup_manager, "systemd") &&
		!str_eq(ctx->cgroup_manager, "cgroupfs")) {
		err_set(err, ERR_USAGE, "--cgroup-manager '%.40s' is not known",
			ctx->cgroup_manager);
		return err_hint(err, "known are systemd and cgroupfs");
	}
	if ((ctx->root && !*ctx->root) || (ctx->runroot && !*ctx->runroot))
		return err_set(err, ERR_USAGE, "option '%s' needs a directory",
			ctx->root && !*ctx->root ? "--root" : "--runroot");
	/* the parser knows no third one */
	if (g->events_backend)
		ctx->events = str_eq(g->events_backend, "none") ? EVENTS_NONE : EVENTS_FILE;
	set_from_env(&ctx->root, "RL_ROOT");
	set_from_env(&ctx->runroot, "RL_RUNROOT");
	set_from_env(&ctx->storage_driver, "RL_STORAGE_DRIVER");
	log_enable(debug);
	if (g->tmpdir) {
		err_say(err, ERR_USAGE, "there is no option '--tmpdir'");
		return err_hint(err, "--runroot DIR is where all that lasts no longer than "
				     "containers run is kept");
	}
	if (g->noout && g->out)
		return err_set(err, ERR_USAGE, "--noout and --out exclude each other");
	return g->noout || g->out ? redirect(g->noout ? "/dev/null" : g->out, err) : 0;
}

static int dispatch(
	struct ctx *ctx, const struct strv *args, const struct cmd **ret_cmd, struct err *err)
{
	const struct cmd *cmd;
	int words = 0;

	cmd = help_find(args->v, &words, err);
	if (!cmd)
		return -ERR_USAGE;
	*ret_cmd = cmd;
	return run_command(ctx, cmd, args->v + words, err);
}

/* Work goes on with a single id where there are no more; say so, but not each time. */
static void print_notice(const struct ctx *ctx)
{
	_cleanup_buf_ struct buf why = {.cap = 512}, out = {0};

	if (!ctx->run_open || userns_notice(ctx->rundir, &why) < 0)
		return;
	buf_adds(&out, "Note: containers have a single user id: ");
	output_escape(&out, buf_str(&why));
	buf_addc(&out, '\n');
	(void)!write(STDERR_FILENO, out.data, out.len);
}

/* a remedy that does not depend on what was being done */
static void add_remedy(struct err *err)
{
	/* whatever else was advised did not reckon with this */
	if (err->code == EMFILE || err->code == ENFILE)
		err_hint(err, "too many files are open: `ulimit -n` shows the limit");
	if (err->hint[0])
		return;
	if (err->code == ENOSPC || err->code == EDQUOT)
		err_hint(err,
			"the disk is full: 'df' shows which, 'rl rm' and 'rl rmi' make room in the "
			"store, --root puts it elsewhere");
}

int main(int argc, char **argv)
{
	struct ctx ctx = {.argc = argc, .argv = argv, .rundir = -EBADF};
	struct global_opts globals = {0};
	const struct cmd *cmd = NULL;
	_cleanup_strv_ struct strv args = {0};
	_cleanup_buf_ struct buf text = {0};
	struct err err = {0};
	int r, flushed;

	open_stdio();
	/* whatever the caller's umask is, rl itself must be able to use what it makes */
	umask(umask(0777) & 0077);
	/* a caller that ignores it would make the kernel swallow our children's exit codes */
	signal(SIGCHLD, SIG_DFL);
	/* a limit of file sizes is an error like any other */
	signal(SIGXFSZ, SIG_IGN);
	r = argc < 1 ? 0
		     : opts_parse(help_global_opts, &globals, argv + 1, true, "rl", &args, &err);
	if (r == 0 && globals.version) {
		puts("rl version " RL_VERSION);
	} else if (r == 1 || (r == 0 && args.n == 0)) {
		help_overview(&text, help_style(STDOUT_FILENO));
		r = print_text(&text);
	} else if (r == 0) {
		r = apply_globals(&ctx, &globals, &err);
		if (r == 0)
			r = dispatch(&ctx, &args, &cmd, &err);
	}
	opts_done(help_global_opts, &globals);
	print_notice(&ctx);
	ctx_done(&ctx);
	flushed = flush_stdout(r < 0 ? NULL : &err);
	if (r >= 0 && flushed < 0)
		r = flushed;
	if (r < 0) {
		add_remedy(&err);
		report(&err);
	}
	return exit_code(r, cmd);
}
