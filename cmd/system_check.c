#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "runtime/check.h"
#include "storage/image.h"
#include "storage/transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct check_opts {
	bool quick, repair, force;
	int64_t max; /* nanoseconds */
};

/* what the findings are for */
struct session {
	struct check check;
	struct strv damaged; /* containers made of layers that are damaged */
	bool silent;
};

/* a finding about a container in the part that knows layers only */
static const char *container_of(const json_t *finding)
{
	const char *id = str_after(json_get_str(finding, "object", ""), "container ");

	return id && str_is_hex(id, 64) ? id : NULL;
}

static void print_finding(void *arg, const json_t *finding)
{
	struct session *s = arg;
	_cleanup_free_ char *text = check_text(finding);
	_cleanup_buf_ struct buf shown = {0};

	if (container_of(finding) && !strv_has(&s->damaged, container_of(finding)))
		strv_add(&s->damaged, container_of(finding));
	if (s->silent)
		return;
	output_escape(&shown, text);
	output_printf("%s\n", buf_str(&shown));
	fflush(stdout);
}

/* images and layers, by the worker */
static int check_store(struct ctx *ctx, struct session *s, bool repair, struct err *err)
{
	_cleanup_json_ json_t *request = json_pack("{s:b,s:b,s:b,s:I}", "quick", s->check.quick,
				      "repair", repair, "force", repair && s->check.force, "maxAge",
				      (json_int_t)s->check.max_age),
			      *result = NULL;
	struct transfer_opts o = {.subcommand = "check",
		.request = request,
		.input = -EBADF,
		.progress = print_finding,
		.arg = s};
	int r = transfer_run(&ctx->store, ctx->rundir, &o, &result, err);

	if (r < 0)
		return r;
	if (!s->silent) {
		s->check.found += (size_t)json_get_int(result, "found", 0);
		s->check.mended += (size_t)json_get_int(result, "mended", 0);
	}
	return 0;
}

static int remove_container(void *arg, struct err *err)
{
	return container_remove(arg, true, 0, err);
}

/* With --force, containers made of damaged layers go before the layers are mended, which they would keep. */
static int force_containers(struct ctx *ctx, struct session *s, struct err *err)
{
	int r;

	if (!s->check.repair || !s->check.force)
		return 0;
	s->silent = true;
	r = check_store(ctx, s, false, err);
	s->silent = false;
	for (size_t i = 0; r == 0 && i < s->damaged.n; i++) {
		_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
		struct check_finding f = {.mend = "remove it", .force = true};

		if (container_find(&ctx->containers, s->damaged.v[i], &c, NULL) < 0)
			continue;
		check_object(&f, "container %.12s %.200s", c.id, container_label(&c));
		check_what(&f, "what it is made of is damaged");
		check_found(&s->check, &f, remove_container, &c);
	}
	return r;
}

/* Return: 1 if the store can be opened, 0 if not before it is mended */
static int open_store(struct ctx *ctx, struct session *s, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct store any;
	struct err why = {0};
	int r = store_default_path(ctx->root, &path, err);

	if (r < 0)
		return r;
	if (store_open_any(&any, path, NULL) == 0) {
		check_frame(&any, &s->check);
		store_done(&any);
	}
	r = ctx_containers(ctx, &why);
	if (r < 0 && s->check.found == 0) {
		if (err)
			*err = why;
		return r;
	}
	if (r < 0)
		report(&why);
	return r == 0;
}

static int run_check(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct check_opts *o = opts;
	struct session s = {.check = {.quick = o->quick,
				    .repair = o->repair,
				    .force = o->force,
				    .max_age = o->max / 1000000000,
				    .report = print_finding,
				    .arg = &s}};
	int r;

	(void)args;
	if (o->force && !o->repair)
		return err_say(err, ERR_USAGE, "--force needs --repair");
	if (o->max < 0)
		return err_say(err, ERR_USAGE, "--max is not an age");
	r = open_store(ctx, &s, err);
	if (r > 0) {
		check_containers(&ctx->containers, &s.check);
		check_volumes(&ctx->store, &s.check);
		r = force_containers(ctx, &s, err);
		if (r == 0)
			r = check_store(ctx, &s, s.check.repair, err);
	}
	strv_done(&s.damaged);
	if (r < 0)
		return r;
	return s.check.found > s.check.mended;
}

#define O struct check_opts
static const struct opt check_opts[] = {
	OPTION_BOOL('f', "force", O, force,
		"with --repair: remove also containers, and images that have a name"),
	OPTION_DURATION('m', "max", O, max, "DURATION",
		"how long a layer may be there without an image (default 24h)"),
	OPTION_BOOL('q', "quick", O, quick, "do not read the files of layers"),
	OPTION_BOOL('r', "repair", O, repair, "mend what can be mended"),
	{0},
};

const struct cmd cmd_system_check = {
	.name = "system check",
	.summary = "Look for damage in the store, and mend it",
	.details = "Prints a line for each problem: what is wrong with which object, and what "
		   "--repair does about "
		   "it.  The exit code is 1 if there is a problem that was not mended.",
	.opts = check_opts,
	.opts_size = sizeof(struct check_opts),
	.defaults = &(const struct check_opts){.max = (int64_t)24 * 3600 * 1000000000},
	.run = run_check,
};
