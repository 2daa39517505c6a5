#include "cmd/cmd.h"
#include "storage/authfile.h"
#include "storage/login.h"

#include <stdio.h>

struct logout_cmd {
	char *authfile, *compat;
	bool all;
};

/* The file that was named; else the login session's, and the one that stays.  docker's is docker's. */
static void files_of(const struct logout_cmd *o, struct strv *ret)
{
	const char *env = getenv("REGISTRY_AUTH_FILE");

	if (o->compat || o->authfile || !str_empty(env)) {
		strv_add(ret, o->compat ? o->compat : o->authfile ? o->authfile : env);
		return;
	}
	credentials_files(ret);
	if (ret->n > 1) {
		ret->n--;
		free(take_ptr(ret->v[ret->n]));
	}
}

/* credentials that are still found after all are somebody else's */
static int not_logged_in(const char *key, const struct logout_cmd *o, struct err *err)
{
	_cleanup_(credentials_done) struct credentials known = {0};
	_cleanup_free_ char *host = xstrndup(key, strcspn(key, "/"));
	const char *slash = strchr(key, '/');

	err_say(err, ERR_REGISTRY, "not logged into %s", key);
	if (!o->authfile && !o->compat &&
		credentials_find(NULL, host, slash ? slash + 1 : "", &known, NULL) > 0)
		err_hint(err, "docker's configuration has credentials for it: use docker logout, "
			      "or --compat-auth-file");
	return -ERR_REGISTRY;
}

static int run_logout(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct logout_cmd *o = opts;
	_cleanup_strv_ struct strv files = {0};
	_cleanup_free_ char *key = NULL;
	int r = 0, any = 0;

	(void)ctx;
	if (o->all && args->n)
		return err_say(err, ERR_USAGE, "--all takes no registry");
	if (o->authfile && o->compat)
		return err_say(
			err, ERR_USAGE, "--authfile and --compat-auth-file exclude each other");
	if (!o->all)
		r = login_key(args->n ? args->v[0] : NULL, &key, err);
	files_of(o, &files);
	for (size_t i = 0; r >= 0 && i < files.n; i++) {
		r = authfile_remove(files.v[i], key, err);
		/* one that is not ours to open holds nothing of ours */
		if (r == -EACCES && files.n > 1)
			r = 0;
		any |= r > 0;
	}
	if (r < 0)
		return r;
	if (!o->all && !any)
		return not_logged_in(key, o, err);
	if (o->all)
		puts("Removed login credentials for all registries");
	else
		printf("Removed login credentials for %s\n", key);
	return 0;
}

#define O struct logout_cmd
static const struct opt logout_opts[] = {
	OPTION_BOOL('a', "all", O, all, "forget the credentials of all registries"),
	OPTION_STR(
		0, "authfile", O, authfile, "FILE", "credentials file instead of the usual ones"),
	OPTION_STR(0, "compat-auth-file", O, compat, "FILE",
		"change docker's credentials file instead"),
	{0},
};

const struct cmd cmd_logout = {
	.name = "logout",
	.args = "[REGISTRY]",
	.min = 0,
	.max = 1,
	.summary = "Log out of a registry",
	.opts = logout_opts,
	.opts_size = sizeof(struct logout_cmd),
	.run = run_logout,
};
