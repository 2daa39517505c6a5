#include "cmd/archive.h"

#include "cmd/progress.h"
#include "storage/transfer.h"

#include <fcntl.h>
#include <unistd.h>

int archive_open(const char *command, const char *path, const char *hint, int *ret, struct err *err)
{
	int fd;

	if (path && !str_eq(path, "-")) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return err_set(err, errno, "open %s", path);
	} else {
		if (isatty(STDIN_FILENO)) {
			err_say(err, ERR_USAGE,
				"%s reads an archive from standard input, which is a terminal",
				command);
			return err_hint(err, "%s", hint);
		}
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_set(err, errno, "read standard input");
	}
	*ret = fd;
	return 0;
}

int archive_run(struct ctx *ctx, const char *subcommand, const json_t *request, int input,
	bool quiet, const char *kind, json_t **ret, struct err *err)
{
	struct progress progress;
	struct transfer_opts t = {
		.subcommand = subcommand,
		.driver = ctx->storage_driver,
		.request = request,
		.input = input,
		.progress = progress_event,
		.note = progress_note,
		.arg = &progress,
	};
	int r = ctx_store(ctx, err);

	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	progress_init(&progress, quiet);
	r = transfer_run(&ctx->store, ctx->rundir, &t, ret, err);
	if (r == -EBADMSG && err && !err->hint[0])
		err_hint(err, "is it %s, and whole? get it again, and compare its size or checksum",
			kind);
	progress_finish(&progress);
	return r;
}
