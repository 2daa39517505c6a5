#include "cmd/archive.h"
#include "cmd/output.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/user.h"
#include "storage/shared.h"

#include <fcntl.h>
#include <unistd.h>

struct image_share_opts {
	char *store, *group;
	bool rm, force, quiet;
};

static int no_store(const struct ctx *ctx, struct err *err)
{
	if (ctx->store.shared.n)
		err_say(err, EPERM, "none of the shared stores in rl.conf is yours to write");
	else
		err_say(err, ERR_USAGE, "no shared store was named");
	return err_hint(err, "name one with --store DIR");
}

static int choose_store(
	const struct ctx *ctx, const struct image_share_opts *o, char **ret, struct err *err)
{
	_cleanup_free_ char *cwd = NULL;

	if (o->store) {
		cwd = getcwd(NULL, 0);
		*ret = path_is_abs(o->store) ? xstrdup(o->store)
					     : path_join(cwd ? cwd : "/", o->store);
		return 0;
	}
	strv_foreach (i, path, &ctx->store.shared) {
		if (!shared_may_write(path))
			continue;
		*ret = xstrdup(path);
		return 0;
	}
	return no_store(ctx, err);
}

/* by name, as /etc/group has it, or by number */
static int find_group(const char *text, gid_t *ret, struct err *err)
{
	_cleanup_(user_done) struct user user = {0};
	_cleanup_buf_ struct buf group = {.cap = USER_FILE_CAP};
	_cleanup_free_ char *spec = xasprintf("0:%s", text);
	char none[] = "";
	int r = fs_read_at(AT_FDCWD, "/etc/group", &group, err);

	if (r == 0)
		r = user_lookup(none, group.data, spec, &user, NULL);
	if (r < 0) {
		err_say(err, ERR_USAGE, "there is no group %.60s", text);
		return err_hint(err, "use a name from /etc/group, or a number");
	}
	*ret = user.gid;
	return 0;
}

static int prepare(struct ctx *ctx, const struct image_share_opts *o, char **ret, struct err *err)
{
	struct store s = {.fd = -EBADF};
	gid_t group = (gid_t)-1;
	int r;

	if (o->rm && o->group)
		return err_say(err, ERR_USAGE, "--rm and --group exclude each other");
	if (o->force && !o->rm)
		return err_say(err, ERR_USAGE, "--force needs --rm");
	r = ctx_store(ctx, err);
	if (r == 0)
		r = choose_store(ctx, o, ret, err);
	if (r == 0 && o->group)
		r = find_group(o->group, &group, err);
	if (r < 0)
		return r;
	/* outside of the namespace in which the worker runs: most groups have no number there */
	r = o->rm ? shared_open(*ret, &s, err) : shared_make(*ret, group, &s, err);
	store_done(&s);
	return r;
}

static int run_image_share(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct image_share_opts *o = opts;
	_cleanup_json_ json_t *request = json_object(), *result = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_strv_ struct strv ids = {0};
	int r = prepare(ctx, o, &path, err);

	if (r < 0)
		return r;
	json_set_str(request, "store", path);
	json_set_strv(request, "names", args);
	json_object_set_new(request, "remove", json_boolean(o->rm));
	json_object_set_new(request, "force", json_boolean(o->force));
	r = archive_run(ctx, "share", request, -EBADF, o->quiet, "a store", &result, err);
	if (r < 0)
		return r;
	json_get_strv(result, "ids", &ids);
	strv_foreach (i, id, &ids)
		output_printf("%s\n", id);
	return 0;
}

#define O struct image_share_opts
static const struct opt image_share_opts[] = {
	OPTION_BOOL('f', "force", O, force, "with --rm: also what running containers use"),
	OPTION_STR(0, "group", O, group, "GROUP", "only this group may read the store"),
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	OPTION_BOOL(0, "rm", O, rm, "take the images out of the store"),
	OPTION_STR(0, "store", O, store, "DIR",
		"shared store (default: the first one in rl.conf that is yours to write)"),
	{0},
};

const struct cmd cmd_image_share = {
	.name = "image share",
	.args = "IMAGE [IMAGE...]",
	.min = 1,
	.max = -1,
	.summary = "Let other users run your images without copying them",
	.details =
		"The images are written to a directory of yours that others can read.  They name "
		"it in rl.conf as "
		"additionalimagestores below [storage].  What is there already is not written "
		"again; a name moves to "
		"the image that is shared last.",
	.opts = image_share_opts,
	.opts_size = sizeof(struct image_share_opts),
	.run = run_image_share,
};
