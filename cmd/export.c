#include "cmd/outfile.h"
#include "cmd/source.h"
#include "runtime/event.h"

struct export_opts {
	char *output;
};

static int export(
	struct ctx *ctx, const struct export_opts *o, const struct container *c, struct err *err)
{
	_cleanup_json_ json_t *request = json_object(), *source = NULL, *result = NULL;
	const char *path = o->output && !str_eq(o->output, "-") ? o->output : NULL;
	_cleanup_(outfile_done) struct outfile out = OUTFILE_INIT;
	int r = source_of_container(c, &source, err);

	if (r == 0)
		r = outfile_open(
			&out, path, "redirect standard output, or name a file with --output", err);
	if (r < 0)
		return r;
	json_object_set(request, "source", source);
	r = source_run(ctx, "export", request, out.fd, true, &result, err);
	if (r == 0)
		r = outfile_commit(&out, err);
	if (r == 0)
		event_container(c, "export", NULL);
	return r < 0 ? err_wrap(err, "export container %s", container_label(c)) : 0;
}

static int run_export(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	int r = ctx_containers(ctx, err);

	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &c, err);
	if (r == 0 && c.status == CONTAINER_DAMAGED)
		r = err_say(err, EBADMSG, "container %s is damaged", container_label(&c));
	return r < 0 ? r : export(ctx, opts, &c, err);
}

#define O struct export_opts
static const struct opt export_opts[] = {
	OPTION_STR('o', "output", O, output, "FILE", "write to a file instead of standard output"),
	{0},
};

const struct cmd cmd_export = {
	.name = "export",
	.args = "CONTAINER",
	.min = 1,
	.max = 1,
	.summary = "Write a container's root file system as a tar archive",
	.details = "What is mounted in the container is not part of it.  'rl import' makes an "
		   "image of the archive.",
	.opts = export_opts,
	.opts_size = sizeof(struct export_opts),
	.run = run_export,
};
