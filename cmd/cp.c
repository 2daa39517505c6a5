#include "cmd/cp_side.h"
#include "cmd/outfile.h"
#include "cmd/progress.h"
#include "storage/transfer.h"

#include <unistd.h>

struct cp_opts {
	bool archive, follow, overwrite, quiet;
};

/* Everything gets one owner, the container's user or whoever calls, unless ids are to be kept. */
static json_t *make_request(
	const struct cp_opts *o, const struct cp_side *from, const struct cp_side *to)
{
	json_t *j = json_object();

	json_object_set_new(j, "from", cp_side_request(from));
	json_object_set_new(j, "to", cp_side_request(to));
	json_object_set_new(j, "follow", json_boolean(o->follow));
	json_object_set_new(j, "replace", json_boolean(o->overwrite));
	if (!o->archive && to->kind != CP_ARCHIVE)
		json_object_set_new(j, "owner", cp_side_owner(to));
	return j;
}

static int copy(struct ctx *ctx, const struct cp_opts *o, const struct cp_side *from,
	const struct cp_side *to, struct err *err)
{
	_cleanup_json_ json_t *request = make_request(o, from, to), *result = NULL;
	const int files[] = {cp_side_fd(from), cp_side_fd(to)};
	struct progress progress;
	struct transfer_opts t = {
		.subcommand = "cp",
		.driver = ctx->storage_driver,
		.request = request,
		.input = -EBADF,
		.files = files,
		.n_files = ARRAY_SIZE(files),
		.note = progress_note,
		.arg = &progress,
	};
	int r;

	progress_init(&progress, o->quiet);
	r = transfer_run(&ctx->store, ctx->rundir, &t, &result, err);
	progress_finish(&progress);
	return r;
}

static int check_sides(const struct cp_side *from, const struct cp_side *to, struct err *err)
{
	if (from->kind != CP_CONTAINER && to->kind != CP_CONTAINER) {
		err_say(err, ERR_USAGE, "neither path is in a container");
		return err_hint(err, "CONTAINER:PATH is one; './NAME' is a file with a colon");
	}
	if (from->kind == CP_ARCHIVE && isatty(STDIN_FILENO))
		return err_say(err, ERR_USAGE, "an archive is not read from a terminal");
	return 0;
}

static int run_cp(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(cp_side_done) struct cp_side from = CP_SIDE_INIT, to = CP_SIDE_INIT;
	int r = ctx_containers(ctx, err);

	if (r == 0)
		r = cp_side_parse(ctx, args->v[0], STDIN_FILENO, &from, err);
	if (r == 0)
		r = cp_side_parse(ctx, args->v[1], STDOUT_FILENO, &to, err);
	if (r == 0)
		r = check_sides(&from, &to, err);
	if (r == 0 && to.kind == CP_ARCHIVE)
		r = outfile_open(&to.out, NULL, "redirect it into a file or a pipe", err);
	if (r == 0)
		r = cp_side_open(&from, NULL, err);
	if (r == 0)
		r = cp_side_open(&to, &from, err);
	if (r == 0)
		r = copy(ctx, opts, &from, &to, err);
	return r < 0 ? err_wrap(err, "copy %s to %s", args->v[0], args->v[1]) : 0;
}

#define O struct cp_opts
static const struct opt cp_opts[] = {
	OPTION_BOOL('a', "archive", O, archive,
		"keep user and group ids; without it the container's user, or you, own the copies"),
	OPTION_BOOL('L', "follow-link", O, follow, "copy what a link at SRC leads to"),
	OPTION_BOOL(0, "overwrite", O, overwrite,
		"let a directory take the place of a file, and the other way round"),
	OPTION_BOOL('q', "quiet", O, quiet, "do not tell what was left out"),
	{0},
};

const struct cmd cmd_cp = {
	.name = "cp",
	.args = "[CONTAINER:]SRC|- [CONTAINER:]DST|-",
	.min = 2,
	.max = 2,
	.summary = "Copy files between a container and the host, or between containers",
	.details =
		"Containers may be running or not.  A directory is copied with all that is in it, "
		"to DST if there is nothing yet, else into DST; 'SRC/.' copies only what is in it. "
		" '-' is a tar archive on standard input or output.  Relative paths in a container "
		"begin at its working directory.  See docs/copy.md.",
	.opts = cp_opts,
	.opts_size = sizeof(struct cp_opts),
	.run = run_cp,
};
