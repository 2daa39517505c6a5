#include "cmd/source.h"
#include "runtime/base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct export_opts {
	char *output;
};

/* @ret_made: there was no file before */
static int open_output(const char *path, int *ret, bool *ret_made, struct err *err)
{
	int fd;

	*ret_made = false;
	if (path && !str_eq(path, "-")) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
		*ret_made = fd >= 0;
		if (fd < 0 && errno == EEXIST)
			fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return err_set(err, errno, "open %s", path);
	} else {
		if (isatty(STDOUT_FILENO)) {
			err_say(err, ERR_USAGE, "an archive is not written to a terminal");
			return err_hint(
				err, "redirect standard output, or name a file with --output");
		}
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_set(err, errno, "write to standard output");
	}
	*ret = fd;
	return 0;
}

static int export(
	struct ctx *ctx, const struct export_opts *o, const struct container *c, struct err *err)
{
	_cleanup_json_ json_t *request = json_object(), *source = NULL, *result = NULL;
	_cleanup_close_ int fd = -EBADF;
	bool made;
	int r = source_of_container(c, &source, err);

	if (r == 0)
		r = open_output(o->output, &fd, &made, err);
	if (r < 0)
		return r;
	json_object_set(request, "source", source);
	r = source_run(ctx, "export", request, fd, true, &result, err);
	if (r < 0 && made)
		unlink(o->output);
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
