#include "cmd/cmd.h"
#include "runtime/quadlet/shelf.h"
#include "runtime/systemctl.h"

#include <stdio.h>
#include <unistd.h>

struct install_opts {
	bool reload, replace;
};

static int run_install(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct install_opts *o = opts;
	_cleanup_(shelf_item_done) struct shelf_item item = {0};
	_cleanup_strv_ struct strv paths = {0};
	int r = shelf_read(args, &item, err);

	(void)ctx;
	if (r == 0)
		r = shelf_install(geteuid() != 0, &item, o->replace, &paths, err);
	if (r < 0)
		return r;
	strv_foreach (i, path, &paths)
		puts(path);
	if (!o->reload)
		return 0;
	r = systemctl_reload(err);
	if (r < 0) {
		err_wrap(err, "the files are there, but systemd has not read them");
		return err_hint(err, "it does when it starts, and with 'systemctl daemon-reload'; "
				     "--reload-systemd=false does not ask for it");
	}
	return 0;
}

#define O struct install_opts
static const struct opt install_opts[] = {
	OPTION_BOOL(0, "reload-systemd", O, reload, "let systemd read its units again (default)"),
	OPTION_BOOL('r', "replace", O, replace, "replace a quadlet or application of that name"),
	{0},
};
static const O install_defaults = {.reload = true};

const struct cmd cmd_quadlet_install = {
	.name = "quadlet install",
	.args = "PATH [FILE...]",
	.min = 1,
	.max = -1,
	.summary = "Install unit files that describe containers",
	.details = "PATH is such a file, web.container, or a directory of them with what they "
		   "need, or a file of several, NAME.quadlets: parts with a line --- between "
		   "them and '# FileName=NAME' in each.  Further files are put beside it.  What is "
		   "installed together is an application, a directory of its own, and goes "
		   "together.  A file that the generator would refuse is not installed.",
	.opts = install_opts,
	.opts_size = sizeof(O),
	.defaults = &install_defaults,
	.run = run_install,
};
