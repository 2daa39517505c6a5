#include "cmd/label_command.h"
#include "cmd/output.h"
#include "cmd/pull.h"
#include "storage/image_find.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* set for what a label executes: a label that executes itself would not end */
#define NESTED "RL_RUNLABEL_NESTED"

struct runlabel_cmd {
	struct pull_flags pull;
	bool display, replace;
	char *name;
};

static int read_label(
	struct ctx *ctx, const char *image, const char *label, char **ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	const char *text;
	int r = image_find(&ctx->store, image, &img, err);

	if (r < 0)
		return r;
	text = json_get_str(
		json_object_get(json_object_get(img.config, "config"), "Labels"), label, NULL);
	if (!text) {
		err_say(err, ERR_NO_OBJECT, "the image has no label %.64s", label);
		return err_hint(err, "'rl image inspect -f \"{{.Labels}}\" IMAGE' lists them");
	}
	*ret = xstrdup(text);
	return 0;
}

/* the last part of the image's name */
static char *default_name(const char *image)
{
	const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image;

	return xstrndup(base, strcspn(base, ":@"));
}

static int replace_old(struct ctx *ctx, const char *name, struct err *err)
{
	_cleanup_(container_done) struct container old = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = ctx_containers(ctx, err);

	if (r < 0 || container_find(&ctx->containers, name, &old, NULL) < 0 ||
		!str_eq(old.name, name))
		return r;
	return container_remove(&old, true, 0, err);
}

static void show(const struct strv *argv)
{
	fputs("command:", stdout);
	strv_foreach (i, word, argv)
		output_printf(" %s", word);
	putchar('\n');
}

/* this program, with the same store, in our place */
static int execute(const struct ctx *ctx, const struct strv *argv, struct err *err)
{
	const char *const same[][2] = {{"RL_ROOT", ctx->root}, {"RL_RUNROOT", ctx->runroot},
		{"RL_STORAGE_DRIVER", ctx->storage_driver}, {NESTED, "1"}};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (same[i][1])
			setenv(same[i][0], same[i][1], 1);
	fflush(NULL);
	execv("/proc/self/exe", argv->v);
	return err_set(err, errno, "execute rl");
}

static int run_runlabel(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct runlabel_cmd *o = opts;
	_cleanup_free_ char *text = NULL, *pwd = getcwd(NULL, 0),
			    *name = o->name ? xstrdup(o->name) : default_name(args->v[1]);
	const struct label_names names = {.image = args->v[1],
		.name = name,
		.pwd = pwd,
		.opt = {getenv("OPT1"), getenv("OPT2"), getenv("OPT3")}};
	_cleanup_strv_ struct strv argv = {0};
	char id[65];
	int r;

	if (getenv(NESTED)) {
		err_say(err, ELOOP, "a label's command cannot be another label's");
		return err_hint(err, "'--display' shows what a label says");
	}
	r = pull_image(ctx, &o->pull, PULL_MISSING, args->v[1], id, err);
	if (r == 0)
		r = read_label(ctx, id, args->v[0], &text, err);
	if (r < 0)
		return r;
	strv_add(&argv, "rl");
	r = label_command(text, &names, &argv, err);
	if (r < 0)
		return err_wrap(err, "label %.64s", args->v[0]);
	for (size_t i = 2; i < args->n; i++)
		strv_add(&argv, args->v[i]);
	if (o->display) {
		show(&argv);
		return 0;
	}
	if (o->replace)
		r = replace_old(ctx, name, err);
	return r < 0 ? r : execute(ctx, &argv, err);
}

#define O struct runlabel_cmd
static const struct opt runlabel_opts[] = {
	ACCESS_AUTHFILE(O, pull.access),
	ACCESS_CERT_DIR(O, pull.access),
	ACCESS_CREDS(O, pull.access),
	OPTION_BOOL(0, "display", O, display, "show the command and do not execute it"),
	OPTION_STR('n', "name", O, name, "NAME",
		"what NAME stands for (default: the last part of the image's name)"),
	OPTION_BOOL('q', "quiet", O, pull.quiet, "do not show the progress of a pull"),
	OPTION_BOOL(0, "replace", O, replace, "remove a container of that name first"),
	ACCESS_TLS_VERIFY(O, pull.access),
	{0},
};

const struct cmd cmd_container_runlabel = {
	.name = "container runlabel",
	.args = "LABEL IMAGE [ARG...]",
	.min = 2,
	.max = -1,
	.summary = "Execute the command line in a label of an image",
	.details =
		"It begins with rl, podman or docker, and rl executes it; other programs of the "
		"host are refused.  IMAGE, NAME, $IMAGE, $NAME, $PWD and $OPT1 to $OPT3 are "
		"replaced, the last from the environment.  Whoever does this trusts the image: a "
		"command may mount any directory of yours.  --display shows it.",
	.opts = runlabel_opts,
	.opts_size = sizeof(struct runlabel_cmd),
	.defaults = &(const struct runlabel_cmd){.pull.access.retry = ACCESS_RETRY_DEFAULT},
	.stop_at_arg = true,
	.run = run_runlabel,
};
