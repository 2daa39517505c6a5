#include "cmd/cmd.h"
#include "cmd/outfile.h"
#include "cmd/output.h"
#include "runtime/service.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"

#include <stdio.h>
#include <unistd.h>

struct generate_opts {
	struct strv after, requires, wants, env;
	char *format, *prefix, *separator, *restart;
	bool files, name, fresh, no_header, template;
	int64_t restart_s, start_timeout_s, stop_timeout_s;
};

static void write_text(const struct generate_opts *o, const struct unitfile *u, struct buf *text)
{
	if (!o->no_header)
		buf_addf(text, "# %s\n# made by rl generate systemd\n\n", u->name);
	unitfile_write(u, text);
}

/* the working directory gets the file */
static int write_file(const struct unitfile *u, struct buf *text, struct err *err)
{
	_cleanup_(outfile_done) struct outfile f = OUTFILE_INIT;
	_cleanup_free_ char *here = getcwd(NULL, 0), *path = here ? path_join(here, u->name) : NULL;
	int r = outfile_open(&f, u->name, NULL, err);

	if (r == 0 && (r = fd_write_full(f.fd, text->data, text->len)) < 0)
		r = err_set(err, -r, "write %s", u->name);
	if (r == 0)
		r = outfile_commit(&f, err);
	if (r == 0)
		output_printf("%s\n", path ? path : u->name);
	return r;
}

static int print_json(const struct unitfile *u, struct buf *text, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();

	json_set_str(j, u->name, buf_str(text));
	return output_object("json", j, err);
}

static int run_generate_systemd(
	struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct generate_opts *o = opts;
	_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
	_cleanup_(unitfile_done) struct unitfile u = {0};
	_cleanup_buf_ struct buf text = {0};
	_cleanup_free_ char *self = proc_self_path();
	struct service_opts s = {.rl = self,
		.prefix = o->prefix ? o->prefix : "container",
		.separator = o->separator ? o->separator : "-",
		.restart = o->restart,
		.by_name = o->name,
		.fresh = o->fresh,
		.template = o->template,
		.after = &o->after,
		.requires = &o->requires,
		.wants = &o->wants,
		.env = &o->env,
		.restart_s = o->restart_s,
		.start_timeout_s = o->start_timeout_s,
		.stop_timeout_s = o->stop_timeout_s};
	int r = 0;

	if (!self)
		return err_set(err, errno, "find the path of this program");
	if (r == 0 && o->format && !str_eq(o->format, "json"))
		r = err_say(err, ERR_USAGE, "--format: only json");
	if (r == 0)
		r = ctx_containers(ctx, err);
	if (r == 0)
		r = container_find(&ctx->containers, args->v[0], &c, err);
	if (r == 0)
		r = service_make(&c, &s, &u, err);
	if (r < 0)
		return r;
	write_text(o, &u, &text);
	if (o->files)
		return write_file(&u, &text, err);
	if (o->format)
		return print_json(&u, &text, err);
	fputs(buf_str(&text), stdout);
	return 0;
}

#define O struct generate_opts
static const struct opt generate_systemd_opts[] = {
	OPTION_STRV(0, "after", O, after, "UNIT", "start after another unit"),
	OPTION_STR(0, "container-prefix", O, prefix, "TEXT",
		"what the unit's name begins with (default container)"),
	OPTION_STRV('e', "env", O, env, "NAME=VALUE", "set a variable for rl"),
	OPTION_BOOL('f', "files", O, files,
		"write a file into the working directory instead, and print its path"),
	OPTION_STR(0, "format", O, format, "json", "print it as JSON"),
	OPTION_BOOL('n', "name", O, name, "call the container by its name instead of its id"),
	OPTION_BOOL(
		0, "new", O, fresh, "make a new container at each start, and remove it at the end"),
	OPTION_BOOL(0, "no-header", O, no_header, "leave out the comment"),
	OPTION_STRV(0, "requires", O, requires, "UNIT", "require another unit"),
	OPTION_STR(0, "restart-policy", O, restart,
		"no|on-success|on-failure|on-abnormal|on-watchdog|on-abort|always",
		"when systemd starts it again (default on-failure)"),
	OPTION_INT(0, "restart-sec", O, restart_s, "SECONDS", "wait before that"),
	OPTION_STR(0, "separator", O, separator, "TEXT", "between prefix and name (default -)"),
	OPTION_INT(0, "start-timeout", O, start_timeout_s, "SECONDS", "how long a start may take"),
	OPTION_INT(0, "stop-timeout", O, stop_timeout_s, "SECONDS",
		"how long a stop may take (default: the container's)"),
	OPTION_BOOL(0, "template", O, template, "make a template unit; needs --new"),
	OPTION_STRV(0, "wants", O, wants, "UNIT", "want another unit"),
	{0},
};
static const O generate_systemd_defaults = {
	.restart_s = -1, .start_timeout_s = -1, .stop_timeout_s = -1};

const struct cmd cmd_generate_systemd = {
	.name = "generate systemd",
	.args = "CONTAINER",
	.min = 1,
	.max = 1,
	.summary = "Make a unit of systemd for a container",
	.details = "For a user it belongs into ~/.config/systemd/user.  A container that is "
		   "described by a file instead, a quadlet, is easier to "
		   "change: ~/.config/rl/systemd/NAME.container, of which rl makes the unit by "
		   "itself.",
	.opts = generate_systemd_opts,
	.opts_size = sizeof(O),
	.defaults = &generate_systemd_defaults,
	.run = run_generate_systemd,
};
