#include "cmd/container_opts.h"

#include "userns/account.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * struct sandbox_opts - what `rl sandbox` reads
 * @c: first, so that the options of run can be used
 */
struct sandbox_opts {
	struct container_opts c;
	bool copy, keep, read_only, root;
};

/* [DIR] [-- COMMAND [ARG...]]: the option parser has taken a "--" that comes first */
static int split(const struct ctx *ctx, const struct strv *args, const char **ret_dir,
	struct strv *command, struct err *err)
{
	size_t at = (size_t)ctx->argc - args->n, first = 0;
	bool dashes = at > 0 && str_eq(ctx->argv[at - 1], "--");

	if (args->n && !dashes) {
		*ret_dir = args->v[0];
		first = 1;
		if (args->n > 1 && !str_eq(args->v[1], "--")) {
			err_say(err, ERR_USAGE, "'%.80s' is one argument too many", args->v[1]);
			return err_hint(err,
				"the command comes behind '--': rl sandbox %.80s -- %.80s",
				args->v[0], args->v[1]);
		}
		first += args->n > 1;
	}
	for (size_t i = first; i < args->n; i++)
		strv_add(command, args->v[i]);
	return 0;
}

static char *canonical(char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;

	free(path);
	return real;
}

/* a home that is the root is that of an account without one */
static char *find_home(void)
{
	char *home = canonical(account_home());

	if (home && !home[1])
		free(take_ptr(home));
	return home;
}

static const char *find_shell(void)
{
	const char *shell = getenv("SHELL");

	return shell && *shell == '/' && access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

/* what is not the user's choice */
static void set_fixed(struct sandbox_opts *o)
{
	struct spec_opts *spec = &o->c.spec;
	char host[HOST_NAME_MAX + 1] = "";

	spec->tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	spec->interactive = true;
	/* Ctrl-C ends a command that is not process 1; and zombies are reaped */
	spec->init = true;
	spec->rm = !o->keep && !spec->name;
	if (spec->rm)
		spec->log_driver = xstrdup("none");
	/* of the host's files that would be a copy of, nothing can be made whose owner is not mapped */
	strv_foreach (i, text, &spec->tmpfs) {
		char *empty = xasprintf("%s%cnotmpcopyup", text, strchr(text, ':') ? ',' : ':');

		free(spec->tmpfs.v[i]);
		spec->tmpfs.v[i] = empty;
	}
	strv_add(&spec->security_opt, "no-new-privileges");
	if (!spec->network.n)
		strv_add(&spec->network, "none");
	if (!spec->hostname && gethostname(host, sizeof(host) - 1) == 0 && *host &&
		strlen(host) <= 64)
		spec->hostname = xstrdup(host);
	if (o->root)
		return;
	strv_add(&spec->cap_drop, "ALL");
	spec->user = xasprintf("%u:%u", geteuid(), getegid());
	/* what the user may read because of a group stays readable */
	strv_add(&spec->annotations, "run.oci.keep_original_groups=1");
}

static int run_sandbox(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct sandbox_opts *o = opts;
	_cleanup_free_ char *dir = NULL, *home = find_home();
	_cleanup_strv_ struct strv command = {0}, words = {0};
	const char *name = ".";
	struct stat st;
	struct sandbox box = {.home = home, .root = o->root};
	int r = split(ctx, args, &name, &command, err);

	if (r < 0)
		return r;
	if (o->copy && o->read_only)
		return err_say(err, ERR_USAGE, "--copy and --read-only exclude each other");
	dir = realpath(name, NULL);
	if (!dir)
		return err_set(err, errno, "%s", name);
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		err_set(err, ENOTDIR, "%s", name);
		return err_hint(err, "a command comes behind '--': rl sandbox -- %.80s", name);
	}
	box.dir = dir;
	box.mode = o->copy ? SANDBOX_COPIED : o->read_only ? SANDBOX_READ_ONLY : SANDBOX_WRITABLE;
	r = sandbox_check(&box, err);
	if (r < 0)
		return r;
	if (!o->c.spec.workdir)
		o->c.spec.workdir = xstrdup(dir);
	set_fixed(o);
	strv_add(&words, dir);
	if (command.n)
		strv_addv(&words, &command);
	else
		strv_add(&words, find_shell());
	o->c.spec.sandbox = &box;
	r = container_run(ctx, &o->c, &words, err);
	o->c.spec.sandbox = NULL;
	return r;
}

#define O struct sandbox_opts
static const struct opt sandbox_opts[] = {
	CONTAINER_LIST(0, "add-host", add_host, "HOST:IP", "add a line to /etc/hosts"),
	LIMIT_OPTIONS_CPU(struct container_opts, spec.limits),
	OPTION_BOOL('O', "copy", O, copy, "write to a copy of DIR, which itself stays as it is"),
	OPTION_STR(0, "detach-keys", struct container_opts, detach_keys, "KEYS",
		"keys that detach, such as ctrl-p,ctrl-q; \"\" for none"),
	CONTAINER_LIST(0, "dns", dns, "IP", "use a name server"),
	CONTAINER_STRV('e', "env", env, "NAME[=VALUE]",
		"set an environment variable, or pass one on; NAME* passes on all that begin so"),
	CONTAINER_STRV(0, "env-file", env_file, "FILE", "read environment variables from a file"),
	CONTAINER_STR('h', "hostname", hostname, "NAME", "set the host name"),
	OPTION_BOOL('k', "keep", O, keep, "do not remove it when it has ended"),
	CONTAINER_STRV('l', "label", labels, "KEY=VALUE", "add a label"),
	LIMIT_OPTIONS_MEMORY(struct container_opts, spec.limits),
	CONTAINER_STR(0, "name", name, "NAME", "name it, and keep it"),
	CONTAINER_STRV('n', "network", network, "MODE",
		"network: none (the default), slirp4netns[:OPTIONS], host or container:NAME"),
	LIMIT_OPTIONS_PIDS(struct container_opts, spec.limits),
	CONTAINER_LIST('p', "publish", publish, "PORT",
		"publish a port: [[HOST-IP:][HOST-PORT]:]PORT[/PROTOCOL]"),
	OPTION_BOOL('r', "read-only", O, read_only, "DIR cannot be written to"),
	CONTAINER_BOOL(0, "replace", replace, "remove a container of the same name first"),
	OPTION_BOOL(0, "root", O, root, "be root inside, as in a container of an image"),
	CONTAINER_STRV(0, "security-opt", security_opt, "OPTION",
		"apparmor=PROFILE|unconfined, seccomp=FILE|unconfined, mask=PATH"),
	CONTAINER_STR(0, "shm-size", shm_size, "SIZE", "size of /dev/shm (default: 64m)"),
	CONTAINER_STRV(0, "tmpfs", tmpfs, "DIR[:OPTIONS]", "mount a tmpfs"),
	CONTAINER_LIST(0, "ulimit", ulimit, "NAME=SOFT[:HARD]", "set a resource limit"),
	CONTAINER_STRV(
		'v', "volume", volume, "HOST-DIR:DIR[:OPTIONS]", "mount a directory of the host"),
	CONTAINER_STR('w', "workdir", workdir, "DIR", "working directory (default: DIR)"),
	{0},
};

static const struct sandbox_opts sandbox_defaults = {
	.c = {.spec = {.stop_timeout = -1, .read_only_tmpfs = true}, .sig_proxy = true},
};

const struct cmd cmd_sandbox = {
	.name = "sandbox",
	.args = "[DIR] [-- COMMAND [ARG...]]",
	.min = 0,
	.max = -1,
	.summary = "Run a command on the host's files, shut in a directory",
	.details =
		"Without an image: the command sees the programs of this machine, can write to DIR "
		"(the "
		"current directory) and nowhere else, has an empty home and no network.  Without a "
		"command it is your shell.",
	.opts = sandbox_opts,
	.opts_size = sizeof(struct sandbox_opts),
	.defaults = &sandbox_defaults,
	.stop_at_arg = true,
	.run = run_sandbox,
};
