#include "cmd/access.h"
#include "cmd/login_ask.h"
#include "cmd/prompt.h"
#include "storage/authfile.h"
#include "storage/login.h"
#include "storage/secret.h"

#include <stdio.h>
#include <unistd.h>

struct login_cmd {
	struct access_flags access;
	char *compat, *user, *password, *secret;
	bool get_login, password_stdin, verbose;
};

static int check_flags(const struct login_cmd *o, struct err *err)
{
	if (o->password && o->password_stdin)
		return err_say(
			err, ERR_USAGE, "--password and --password-stdin exclude each other");
	if (o->secret && (o->password || o->password_stdin))
		return err_say(err, ERR_USAGE,
			"--secret and a password given otherwise exclude each other");
	if (o->password_stdin && !o->user)
		return err_say(err, ERR_USAGE, "--password-stdin needs --username");
	if (o->compat && o->access.authfile)
		return err_say(
			err, ERR_USAGE, "--authfile and --compat-auth-file exclude each other");
	return 0;
}

/* The value is the password, without the newline that a file of one line has; the name is the user's unless one is given. */
static int use_secret(struct ctx *ctx, struct login_cmd *o, struct err *err)
{
	_cleanup_(secret_done) struct secret secret = {0};
	_cleanup_buf_ struct buf value = {.cap = SECRET_MAX};
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = secret_find(&ctx->store, o->secret, &secret, err);
	if (r == 0)
		r = secret_read(&ctx->store, &secret, &value, err);
	if (r < 0)
		return r;
	o->password = xstrndup(buf_str(&value), strcspn(buf_str(&value), "\r\n"));
	if (!o->user)
		o->user = xstrdup(secret.name);
	return 0;
}

/* what is on file: looked up, and good enough if nothing else was said */
static int try_known(struct ctx *ctx, const struct login_cmd *o, const struct access *a,
	const char *key, const struct credentials *known, struct err *err)
{
	int r;

	if (!known->user || o->user || o->password)
		return 0;
	fprintf(stderr, "Authenticating with existing credentials for %s\n", key);
	r = login_check(&ctx->store, ctx->rundir, a, key, known, err);
	if (r == 0)
		printf("Existing credentials are valid. Already logged in to %s\n", key);
	else if (r != -EACCES || !prompt_possible())
		return r;
	else
		fputs("Existing credentials are invalid, please enter valid username and "
		      "password\n",
			stderr);
	return r == 0;
}

static int log_in(struct ctx *ctx, const struct login_cmd *o, const struct access *a,
	const char *key, const char *file, struct err *err)
{
	_cleanup_(credentials_done) struct credentials known = {0}, fresh = {0};
	const char *slash = strchr(key, '/');
	_cleanup_free_ char *host = xstrndup(key, strcspn(key, "/"));
	struct login_given given = {o->user, o->password, o->password_stdin};
	bool usual = !o->access.authfile && !o->compat;
	/* a file that login is to make is not there yet */
	int r = usual || access(file, F_OK) == 0 ? credentials_find(usual ? NULL : file, host,
							   slash ? slash + 1 : "", &known, err)
						 : 0;

	if (r == -ENOENT)
		r = 0;
	if (r < 0)
		return r;
	if (o->get_login) {
		if (!known.user)
			return err_say(err, ERR_REGISTRY, "not logged into %s", key);
		printf("%s\n", known.user);
		return 0;
	}
	r = try_known(ctx, o, a, key, &known, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = login_ask(&given, known.user, &fresh, err);
	if (r == 0)
		r = login_check(&ctx->store, ctx->rundir, a, key, &fresh, err);
	if (r == -EACCES)
		return err_hint(err, "check the user name and the password");
	if (r == 0)
		r = authfile_set(file, o->compat != NULL, key, &fresh, err);
	if (r < 0)
		return r;
	if (o->verbose)
		printf("Used:  %s\n", file);
	puts("Login Succeeded!");
	return 0;
}

static int run_login(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct login_cmd *o = opts;
	_cleanup_free_ char *key = NULL, *usual = authfile_default();
	const char *own = o->access.authfile;
	struct access a;
	int r = check_flags(o, err);

	if (r == 0 && o->secret)
		r = use_secret(ctx, o, err);
	if (r == 0)
		r = access_parse(&o->access, &a, err);
	if (r == 0)
		r = login_key(args->n ? args->v[0] : NULL, &key, err);
	if (r == 0 && o->compat && strchr(key, '/'))
		r = err_say(
			err, ERR_USAGE, "docker's credentials file knows hosts only, not %s", key);
	if (r == 0 && !o->get_login)
		r = ctx_store(ctx, err);
	if (r == 0 && !o->get_login)
		r = ctx_run(ctx, err);
	if (r != 0)
		return r;
	return log_in(ctx, o, &a, key, o->compat ? o->compat : own ? own : usual, err);
}

#define O struct login_cmd
static const struct opt login_opts[] = {
	ACCESS_AUTHFILE(O, access),
	ACCESS_CERT_DIR(O, access),
	OPTION_STR(0, "compat-auth-file", O, compat, "FILE",
		"write docker's credentials file instead"),
	OPTION_BOOL(0, "get-login", O, get_login, "print the user name that is logged in"),
	OPTION_STR('p', "password", O, password, "PASSWORD",
		"password (others can see it in the list of processes)"),
	OPTION_BOOL(
		0, "password-stdin", O, password_stdin, "read the password from standard input"),
	OPTION_STR(0, "secret", O, secret, "SECRET",
		"take the password from a secret, whose name is the user's unless one is given"),
	ACCESS_TLS_VERIFY(O, access),
	OPTION_STR('u', "username", O, user, "NAME", "user name"),
	OPTION_BOOL('v', "verbose", O, verbose, "tell which file was written"),
	{0},
};

static const struct login_cmd defaults = {.access.retry = ACCESS_RETRY_DEFAULT};

const struct cmd cmd_login = {
	.name = "login",
	.args = "[REGISTRY]",
	.min = 0,
	.max = 1,
	.summary = "Log in to a registry",
	.details = "REGISTRY is HOST[:PORT] or, for a part of it, HOST[:PORT]/NAMESPACE; without "
		   "one the first "
		   "search registry of registries.conf, or docker.io. The credentials are checked "
		   "before "
		   "they are written to ${XDG_RUNTIME_DIR}/containers/auth.json, or given to the "
		   "credential helper that the file names.",
	.opts = login_opts,
	.opts_size = sizeof(struct login_cmd),
	.defaults = &defaults,
	.run = run_login,
};
