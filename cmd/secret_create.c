#include "cmd/cmd.h"
#include "runtime/base/fd.h"
#include "runtime/event.h"
#include "storage/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct create_opts {
	char *driver;
	bool env, ignore, replace;
	struct strv labels;
};

static int check_opts(const struct create_opts *o, struct err *err)
{
	if (o->ignore && o->replace)
		return err_say(err, ERR_USAGE, "--ignore and --replace exclude each other");
	if (!str_eq(o->driver, "file")) {
		err_say(err, ERR_USAGE, "--driver '%.40s' is not known", o->driver);
		return err_hint(err, "known is file, which keeps secrets in the store");
	}
	return 0;
}

static int add_label(json_t *labels, const char *text, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(text, strcspn(text, "="));
	const char *eq = strchr(text, '=');

	if (!*key) {
		err_say(err, ERR_USAGE, "--label '%.80s' has no key", text);
		return err_hint(err, "write --label KEY=VALUE");
	}
	json_set_str(labels, key, eq ? eq + 1 : "");
	return 0;
}

static int from_env(const char *name, struct buf *ret, struct err *err)
{
	const char *value = getenv(name);

	if (!value) {
		err_say(err, ERR_USAGE, "there is no environment variable %.80s", name);
		return err_hint(err, "it must be exported: export %.80s", name);
	}
	buf_adds(ret, value); /* too much of it shows in @ret->full */
	return 0;
}

static int from_file(const char *path, struct buf *ret, struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	_cleanup_close_ int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return err_set(err, errno, "open %s", is_stdin ? "standard input" : path);
	if (is_stdin && isatty(fd)) {
		err_say(err, ERR_USAGE,
			"the value would be read from the terminal, which shows it");
		return err_hint(err, "pipe it in: printf %%s VALUE | rl secret create NAME -");
	}
	r = fd_read_all(fd, ret);
	if (r == -EFBIG) {
		ret->full = true;
		return 0;
	}
	return r < 0 ? err_set(err, -r, "read %s", is_stdin ? "standard input" : path) : 0;
}

static int create(struct ctx *ctx, const struct create_opts *o, const struct strv *args,
	struct secret *ret, struct err *err)
{
	_cleanup_buf_ struct buf value = {.cap = SECRET_MAX + 1};
	_cleanup_json_ json_t *labels = json_object();
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->labels.n; i++)
		r = add_label(labels, o->labels.v[i], err);
	if (r == 0)
		r = o->env ? from_env(args->v[1], &value, err) : from_file(args->v[1], &value, err);
	if (r == 0)
		r = secret_create(&ctx->store, args->v[0], &value, labels, o->replace, ret, err);
	if (value.data)
		explicit_bzero(value.data, value.len);
	return r;
}

static int run_create(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct create_opts *o = opts;
	_cleanup_(secret_done) struct secret s = {0};
	struct err e = {0};
	int r = check_opts(o, err);

	if (r == 0)
		r = ctx_store(ctx, err);
	if (r < 0)
		return r;
	r = create(ctx, o, args, &s, &e);
	if (r == 0)
		event_object(&ctx->store, "secret", "create", s.id, s.name);
	if (r == -EEXIST && o->ignore)
		r = secret_find(&ctx->store, args->v[0], &s, &e);
	if (r < 0) {
		*err = e;
		return r;
	}
	puts(s.id);
	return 0;
}

#define O struct create_opts
static const struct opt create_opts[] = {
	OPTION_STR('d', "driver", O, driver, "file", "what keeps it (default: file)"),
	OPTION_BOOL(0, "env", O, env, "take the value of an environment variable"),
	OPTION_BOOL(0, "ignore", O, ignore, "one of this name is no error, and stays as it is"),
	OPTION_STRV('l', "label", O, labels, "KEY=VALUE", "add a label"),
	OPTION_BOOL(0, "replace", O, replace, "take the place of one of this name"),
	{0},
};

static char driver_file[] = "file";
static const struct create_opts create_defaults = {.driver = driver_file};

const struct cmd cmd_secret_create = {
	.name = "secret create",
	.args = "NAME FILE",
	.min = 2,
	.max = 2,
	.summary = "Keep a value that containers get with --secret",
	.details = "FILE may be -, for standard input; with --env it is the name of an environment "
		   "variable.  At most 512000 bytes.",
	.opts = create_opts,
	.opts_size = sizeof(O),
	.defaults = &create_defaults,
	.run = run_create,
};
