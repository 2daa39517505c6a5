#include "cmd/cmd.h"
#include "cmd/report.h"
#include "runtime/quadlet/search.h"
#include "runtime/quadlet/shelf.h"
#include "runtime/systemctl.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct rm_opts {
	bool all, force, ignore, reload;
};

/* @set: those that are there; @changed: something went, and systemd is to notice */
struct removal {
	const struct rm_opts *o;
	struct quadlet_set set;
	bool changed;
};

static const struct quadlet *at_path(const struct removal *rm, const char *path)
{
	for (size_t i = 0; i < rm->set.n; i++)
		if (str_eq(rm->set.v[i].source.path, path))
			return &rm->set.v[i];
	return NULL;
}

/* all of @paths: none goes while one of them runs */
static int settle(const struct removal *rm, const struct strv *paths, struct err *err)
{
	_cleanup_strv_ struct strv units = {0}, states = {0};
	int r = 0;

	strv_foreach (i, path, paths) {
		const struct quadlet *q = at_path(rm, path);

		if (q)
			strv_add(&units, q->service);
	}
	/* without systemd nothing runs */
	systemctl_states(&units, &states, NULL);
	for (size_t i = 0; r == 0 && i < units.n && i < states.n; i++) {
		if (!str_after(states.v[i], "active/") && !str_after(states.v[i], "activating/") &&
			!str_after(states.v[i], "reloading/"))
			continue;
		if (!rm->o->force) {
			err_say(err, EBUSY, "%s is running", units.v[i]);
			return err_hint(err, "--force stops it");
		}
		r = systemctl_stop(units.v[i], err);
	}
	return r;
}

static int remove_app(struct removal *rm, const char *app, struct err *err)
{
	bool user = rm->set.user;
	_cleanup_strv_ struct strv paths = {0};
	int r = shelf_members(user, app, &paths, err);

	if (r == 0)
		r = settle(rm, &paths, err);
	if (r == 0)
		r = shelf_remove_app(user, app, err);
	if (r < 0)
		return r;
	rm->changed = true;
	strv_foreach (i, path, &paths)
		puts(strrchr(path, '/') + 1);
	return 0;
}

static int remove_file(struct removal *rm, const struct quadlet *q, struct err *err)
{
	_cleanup_free_ char *app = shelf_app(rm->set.user, q->source.path);
	_cleanup_strv_ struct strv paths = {0};
	int r;

	if (app)
		return remove_app(rm, app, err);
	strv_add(&paths, q->source.path);
	r = settle(rm, &paths, err);
	if (r < 0)
		return r;
	/* with --all its application has taken it along */
	if (unlink(q->source.path) < 0 && errno != ENOENT)
		return err_set(err, errno, "remove %s", q->source.path);
	rm->changed = true;
	puts(q->source.name);
	return 0;
}

static int remove_one(struct removal *rm, const char *name, struct err *err)
{
	const struct quadlet *q = quadlet_find(&rm->set, name);
	_cleanup_free_ char *app = NULL;

	if (q)
		return remove_file(rm, q, err);
	/* podman's name for an application is .NAME.app */
	if (*name == '.' && str_ends(name, ".app") && strlen(name) > strlen("..app"))
		app = xstrndup(name + 1, strlen(name) - strlen("..app"));
	if (rm->o->ignore) {
		int r = remove_app(rm, app ? app : name, err);

		return r == -ENOENT ? 0 : r;
	}
	return remove_app(rm, app ? app : name, err);
}

static bool may_remove(const char *path)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return access(dir, W_OK) == 0;
}

static int run_rm(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct rm_opts *o = opts;
	struct removal rm = {.o = o, .set.user = geteuid() != 0};
	_cleanup_strv_ struct strv dirs = {0}, names = {0};
	int r = 0, code = 0;

	(void)ctx;
	if (o->all == (args->n > 0)) {
		err_say(err, ERR_USAGE,
			o->all ? "--all and names exclude each other" : "no quadlet is named");
		return err_hint(err, "name some, or use --all");
	}
	search_dirs(rm.set.user, &dirs);
	search_load(&rm.set, &dirs, NULL);
	strv_addv(&names, args);
	for (size_t i = 0; o->all && i < rm.set.n; i++)
		if (may_remove(rm.set.v[i].source.path))
			strv_add(&names, rm.set.v[i].source.name);
	strv_foreach (i, name, &names) {
		const struct quadlet *q = quadlet_find(&rm.set, name);
		struct err why = {0};

		/* gone with another one of its application */
		if (q && access(q->source.path, F_OK) < 0)
			continue;
		if (remove_one(&rm, name, &why) < 0) {
			report(&why);
			code = 125;
		}
	}
	quadlet_set_done(&rm.set);
	if (rm.changed && o->reload)
		r = systemctl_reload(err);
	if (r < 0) {
		err_wrap(err, "the files are gone, but systemd has not noticed");
		return err_hint(err, "--reload-systemd=false does not tell it");
	}
	return code;
}

#define O struct rm_opts
static const struct opt rm_opts[] = {
	OPTION_BOOL('a', "all", O, all, "remove all that the caller may change"),
	OPTION_BOOL('f', "force", O, force, "stop services that run"),
	OPTION_BOOL('i', "ignore", O, ignore, "a missing one is no error"),
	OPTION_BOOL(0, "reload-systemd", O, reload, "let systemd read its units again (default)"),
	{0},
};
static const O rm_defaults = {.reload = true};

const struct cmd cmd_quadlet_rm = {
	.name = "quadlet rm",
	.args = "[QUADLET|APPLICATION...]",
	.max = -1,
	.summary = "Remove unit files that describe containers",
	.details =
		"With one of an application all of it goes.  Containers, volumes and images stay.",
	.opts = rm_opts,
	.opts_size = sizeof(O),
	.defaults = &rm_defaults,
	.run = run_rm,
};
