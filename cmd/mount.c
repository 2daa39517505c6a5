#include "cmd/output.h"
#include "cmd/target.h"
#include "runtime/ctrmount.h"
#include "runtime/event.h"
#include "storage/shown.h"

#include <unistd.h>

struct mount_cmd {
	char *format;
	bool all, latest, no_trunc;
	struct ctx *ctx;
};

static int mount_one(struct target *t, void *arg, struct err *err)
{
	struct mount_cmd *o = arg;
	const char *runpath = o->ctx->runpath;
	_cleanup_strv_ struct strv mounted = {0};
	_cleanup_free_ char *path = NULL;
	int r = shown_list(runpath, SHOWN_CONTAINER, &mounted, err);

	if (r == 0 && strv_has(&mounted, t->c.id)) {
		path = shown_path(runpath, SHOWN_CONTAINER, t->c.id);
	} else if (r == 0) {
		r = ctrmount_show(&t->c, &path, err);
		if (r == 0)
			event_container(&t->c, "mount", NULL);
	}
	if (r < 0) {
		err_wrap(err, "mount container %s", t->name);
		return r == -EPERM ? err_hint(err, "run it in 'rl unshare'") : r;
	}
	output_printf("%s\n", path);
	return 0;
}

static int list(struct ctx *ctx, const struct mount_cmd *o, struct err *err)
{
	_cleanup_json_ json_t *rows = json_array();
	_cleanup_strv_ struct strv ids = {0};
	struct output out = {.format = o->format, .table = "{{.ID}} {{.Path}}", .noheading = true};
	bool json = output_is_json(&out);
	int r = shown_list(ctx->runpath, SHOWN_CONTAINER, &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		_cleanup_(container_done) struct container c = {.dirfd = -EBADF, .runfd = -EBADF};
		_cleanup_free_ char *path = shown_path(ctx->runpath, SHOWN_CONTAINER, id);
		_cleanup_free_ char *text = xstrndup(id, o->no_trunc || json ? 64 : 12);
		_cleanup_strv_ struct strv names = {0};
		json_t *row = json_object();

		/* one that was removed is still mounted */
		if (container_find(&ctx->containers, id, &c, NULL) == 0)
			strv_add(&names, container_label(&c));
		json_set_str(row, json ? "id" : "ID", text);
		json_set_str(row, json ? "mountpoint" : "Path", path);
		json_object_set_new(row, "Names", json_from_strv(&names));
		json_array_append_new(rows, row);
	}
	return output_list(&out, rows, err);
}

static int run_mount(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	struct mount_cmd *o = opts;
	struct target_opts t = {.all = o->all, .latest = o->latest};
	int r = ctx_containers(ctx, err);

	if (r < 0)
		return r;
	if (!o->all && !o->latest && !args->n)
		return list(ctx, o, err);
	if (o->format)
		return err_say(err, ERR_USAGE, "--format is for the list, without containers");
	if (geteuid() != 0) {
		err_say(err, EPERM, "mounting a container takes a namespace in which you are root");
		return err_hint(err, "run 'rl unshare', and this command in it");
	}
	o->ctx = ctx;
	return target_each(ctx, &t, args, 0, mount_one, o, err);
}

#define O struct mount_cmd
static const struct opt mount_opts[] = {
	OPTION_BOOL('a', "all", O, all, "mount all containers"),
	OPTION_STR(
		0, "format", O, format, "TEMPLATE", "print the list with a Go template, or 'json'"),
	OPTION_BOOL('l', "latest", O, latest, "mount the newest container"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "print whole ids"),
	{0},
};

const struct cmd cmd_mount = {
	.name = "mount",
	.args = "[CONTAINER...]",
	.max = -1,
	.summary = "Mount the root file systems of containers",
	.details = "It is for use inside 'rl unshare': the mounts end with it.  The places are "
		   "printed; without CONTAINER what is mounted is listed.  A container that does "
		   "not run cannot be started before it is unmounted.",
	.opts = mount_opts,
	.opts_size = sizeof(struct mount_cmd),
	.run = run_mount,
};
