/*
 * Theory of operation.
 *
 * A process may be moved from one group to another by who can write to both and to what they have in common.  A login session
 * (session-N.scope) and the manager's own subtree (user@UID.service) have only a group of root's in common, so it
 * takes systemd to move something from the one to the other; within the scope everything is the user's own.  That is why
 * the monitor moves first, and init is born where it belongs.
 *
 * A group with processes in it hands no controllers on ("no internal processes"): so there are two groups in the scope, and the monitor is
 * in one of them before the controllers are enabled.
 */
#include "runtime/cgroup.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/cgroup_made.h"
#include "runtime/group.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONTAINER "container"
/* somebody removes a group that we are about to use: how often that can be */
#define TRIES 8
/* the monitor's own time to stop a container, beyond that of the container */
#define STOP_GRACE_S 10

int cgroup_mode_parse(const char *text, enum cgroup_mode *ret)
{
	static const char *const names[] = {[CGROUP_ENABLED] = "enabled",
		[CGROUP_DISABLED] = "disabled",
		[CGROUP_NO_CONMON] = "no-conmon",
		[CGROUP_SPLIT] = "split"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(text, names[i])) {
			*ret = (enum cgroup_mode)i;
			return 0;
		}
	if (*text)
		return -EINVAL;
	*ret = CGROUP_ENABLED;
	return 0;
}

/* ---- what is wanted ---- */

void cgroup_want_done(struct cgroup_want *w)
{
	free(w->slice);
	free(w->parent);
	*w = (struct cgroup_want){0};
}

char *cgroup_path_format(const char *parent, const char *manager, const char *id)
{
	if (str_eq(manager, "cgroupfs") || (parent && !str_ends(parent, ".slice")))
		return parent ? xasprintf("%s/rl-%s", parent, id) : xasprintf("rl-%s", id);
	return xasprintf("%s:rl:%s", parent ? parent : "", id);
}

/* "SLICE:PREFIX:NAME", or a path whose last name is the container's own */
static void want_path(const char *path, struct cgroup_want *w)
{
	const char *colon = strchr(path, ':'), *slash = strrchr(path, '/');

	if (colon && colon > path)
		w->slice = xstrndup(path, (size_t)(colon - path));
	else if (!colon && slash)
		w->parent = slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

void cgroup_want(const json_t *record, const json_t *config, struct cgroup_want *ret)
{
	const char *path = json_string_value(json_path(config, "linux", "cgroupsPath", NULL));
	struct cgroup_want w = {.manager = json_get_str(record, "cgroupManager", NULL)};

	cgroup_mode_parse(json_get_str(record, "cgroups", ""), &w.mode);
	if (path)
		want_path(path, &w);
	*ret = w;
}

/* ---- the choice ---- */

static void none(struct cgroup *g, const char *fmt, ...) _printf_(2, 3);
static void none(struct cgroup *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->why, sizeof(g->why), fmt, ap);
	va_end(ap);
	g->driver = CGROUP_NONE;
	log_debug("no cgroup: %s", g->why);
}

static void choose_fs(struct cgroup *g)
{
	const char *parent = g->want.parent;
	_cleanup_free_ char *own = group_of("self");
	bool split = g->want.mode == CGROUP_SPLIT;

	g->driver = CGROUP_FS;
	if (parent && *parent == '/')
		g->base = xstrdup("/");
	else if (own)
		g->base = group_subtree(CGROUP_ROOT, own);
	if (own && g->base && split) {
		/* where one of our own was there before */
		if (str_ends(own, "/" CGROUP_SUPERVISOR))
			own[strlen(own) - strlen("/" CGROUP_SUPERVISOR)] = '\0';
		free(g->base);
		g->base = take_ptr(own);
	}
	g->below = xasprintf("/%s%s%s%s", parent ? parent : "", parent ? "/" : "",
		split ? CGROUP_PAYLOAD : "rl-", g->id);
	if (!g->base)
		none(g, "no group of the cgroup hierarchy is delegated to you");
}

static void start_scope(struct cgroup *g, pid_t pid, struct err *err)
{
	char unit[SCOPE_UNIT_MAX];
	_cleanup_free_ char *text = xasprintf("rl container %.12s", g->id);
	const struct scope_start s = {.unit = scope_unit(unit, g->id),
		.slice = g->want.slice ? g->want.slice : g->slice,
		.description = text,
		.pid = pid,
		.quiet = !cgroup_is_late(g),
		.stop_seconds = g->stop_seconds + STOP_GRACE_S};

	scope_start(g->address, &s, &g->call, err);
}

/* systemd cannot: what is left is what belongs to the user anyhow */
static void without_systemd(struct cgroup *g, const struct err *why)
{
	if (str_eq(g->want.manager, "systemd") || g->want.slice) {
		none(g, "%s", why->msg);
		return;
	}
	choose_fs(g);
	if (g->driver == CGROUP_NONE)
		none(g, "%s", why->msg);
}

static void choose_systemd(struct cgroup *g)
{
	struct err err = {0};

	g->address = scope_address();
	if (!g->address) {
		err_say(&err, ENOENT, "no systemd manager runs for you");
		without_systemd(g, &err);
		return;
	}
	g->driver = CGROUP_SYSTEMD;
	if (g->want.parent) {
		none(g, "systemd manages the groups here, and %s is no slice of its",
			g->want.parent);
		return;
	}
	if (!cgroup_is_late(g))
		start_scope(g, getpid(), &err);
	if (err.code)
		without_systemd(g, &err);
}

void cgroup_begin(struct cgroup *g, const json_t *record, const json_t *config, const char *id)
{
	if (g->begun)
		return;
	g->begun = true;
	g->id = id;
	/* later on the caller is root of R */
	g->slice = geteuid() == 0 ? "machine.slice" : "user.slice";
	g->stop_seconds = (int)json_get_int(record, "stopTimeout", 10);
	cgroup_want(record, config, &g->want);
	g->asked = g->want.slice || g->want.parent || g->want.manager ||
		   g->want.mode == CGROUP_SPLIT || g->want.mode == CGROUP_NO_CONMON;
	if (g->want.mode == CGROUP_DISABLED)
		none(g, "it was made with --cgroups=disabled");
	else if (!group_unified(CGROUP_ROOT))
		none(g, "the machine has no unified cgroup hierarchy (v2) at %s", CGROUP_ROOT);
	else if (g->want.mode == CGROUP_SPLIT || str_eq(g->want.manager, "cgroupfs"))
		choose_fs(g);
	else
		choose_systemd(g);
}

bool cgroup_is_late(const struct cgroup *g)
{
	return g->driver == CGROUP_SYSTEMD && g->want.mode == CGROUP_NO_CONMON;
}

char *cgroup_default_group(void)
{
	_cleanup_free_ char *own = group_of("self"), *address = scope_address();
	char *user;

	if (!group_unified(CGROUP_ROOT))
		return NULL;
	if (address && geteuid() == 0)
		return xstrdup("/");
	if (address) {
		user = xasprintf("/user.slice/user-%u.slice/user@%u.service", (unsigned)geteuid(),
			(unsigned)geteuid());
		return user;
	}
	return own ? group_subtree(CGROUP_ROOT, own) : NULL;
}

const char *cgroup_default(void)
{
	_cleanup_free_ char *group = cgroup_default_group(), *address = scope_address();

	return !group ? "none" : address ? "systemd" : "cgroupfs";
}

/* ---- the groups ---- */

static int refuse(const struct cgroup *g, struct err *err)
{
	if (g->driver != CGROUP_NONE || !g->asked)
		return 0;
	err_say(err, EOPNOTSUPP, "the container cannot have the cgroup that was asked for: %s",
		g->why);
	return err_hint(err,
		"'rl doctor' tells what this machine has; --cgroups=enabled takes what there is");
}

/* the scope that process @pid is in by now, with the names in it made */
static int enter_scope(struct cgroup *g, const char *pid, struct err *err)
{
	char unit[SCOPE_UNIT_MAX];
	_cleanup_close_ int top = -EBADF, supervisor = -EBADF;
	int r;

	g->base = group_of(pid);
	if (!g->base || !str_ends(g->base, scope_unit(unit, g->id)))
		return err_say(err, EREMOTEIO, "systemd made the scope, but it is not seen here");
	g->below = xstrdup("/" CONTAINER);
	if (cgroup_is_late(g))
		return 0;
	r = top = group_open(CGROUP_ROOT, g->base, err);
	if (r >= 0)
		r = supervisor = group_make(top, CGROUP_SUPERVISOR, err);
	if (r < 0)
		return r;
	r = group_move(supervisor, 0);
	return r < 0 ? err_set(err, -r, "move the monitor into its group") : 0;
}

int cgroup_join(struct cgroup *g, struct err *err)
{
	struct err why = {0};

	if (g->driver == CGROUP_SYSTEMD && !cgroup_is_late(g) && !g->base &&
		(scope_wait(&g->call, &why) < 0 || enter_scope(g, "self", &why) < 0))
		without_systemd(g, &why);
	return refuse(g, err);
}

static void enable(struct cgroup *g, int dirfd, const char *path)
{
	int r = group_enable(dirfd);

	if (r < 0 && !*g->why)
		snprintf(g->why, sizeof(g->why), "the group %s hands no controllers on: %s",
			*path ? path : "/",
			r == -EBUSY ? "there are processes in it" : strerror(-r));
}

static int make(struct cgroup *g, struct err *err)
{
	_cleanup_close_ int fd = group_open(CGROUP_ROOT, g->base, err), lock = -EBADF;
	_cleanup_free_ char *path = xstrdup(str_eq(g->base, "/") ? "" : g->base);
	_cleanup_strv_ struct strv names = {0};

	if (fd < 0)
		return fd;
	if (g->want.mode == CGROUP_SPLIT)
		lock = cgroup_made_room(fd);
	strv_split(&names, g->below, "/");
	*g->why = '\0';
	strv_foreach (i, name, &names) {
		char *longer;
		int below;

		if (!*name)
			continue;
		enable(g, fd, path);
		below = i + 1 < names.n ? cgroup_made_dir(fd, name, err)
					: group_make(fd, name, err);
		if (below < 0)
			return below;
		fd_close(fd);
		fd = below;
		longer = xasprintf("%s/%s", path, name);
		free(path);
		path = longer;
	}
	free(g->path);
	g->path = take_ptr(path);
	g->fd = take_fd(fd);
	g->events = openat(g->fd, "memory.events", O_RDONLY | O_CLOEXEC);
	return 0;
}

int cgroup_make(struct cgroup *g, struct err *err)
{
	struct err why = {0};
	int r = g->driver != CGROUP_NONE && !cgroup_is_late(g) ? make(g, &why) : 0;

	/* the last container beside it has just taken its parent along */
	for (int i = 0; i < TRIES && (r == -ENOENT || r == -ENODEV); i++)
		r = make(g, &why);
	if (r < 0)
		none(g, "%s", why.msg);
	return refuse(g, err);
}

static int enable_scope(struct cgroup *g, struct err *err)
{
	_cleanup_close_ int top = group_open(CGROUP_ROOT, g->base, err);

	if (top < 0)
		return top;
	*g->why = '\0';
	enable(g, top, g->base);
	return 0;
}

int cgroup_place(struct cgroup *g, pid_t pid, struct err *err)
{
	char number[16];
	struct err why = {0};
	int r;

	snprintf(number, sizeof(number), "%d", (int)pid);
	free(take_ptr(g->base));
	free(take_ptr(g->below));
	start_scope(g, pid, &why);
	r = -why.code;
	if (r == 0)
		r = scope_wait(&g->call, &why);
	if (r == 0)
		r = enter_scope(g, number, &why);
	if (r == 0)
		r = make(g, &why);
	if (r == 0) {
		r = group_move(g->fd, pid);
		if (r < 0)
			err_set(&why, -r, "move the container into its group");
	}
	/* only now is the scope itself without a process */
	if (r == 0)
		r = enable_scope(g, &why);
	if (r < 0)
		none(g, "%s", why.msg);
	return refuse(g, err);
}

static void owner(const json_t *maps, uint32_t *ret)
{
	json_t *e;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)maps, i, e)
		if (json_get_int(e, "containerID", -1) == 0)
			*ret = (uint32_t)json_get_int(e, "hostID", 0);
}

void cgroup_owner(const json_t *config, uint32_t *ret_uid, uint32_t *ret_gid)
{
	*ret_uid = *ret_gid = 0;
	owner(json_path(config, "linux", "uidMappings", NULL), ret_uid);
	owner(json_path(config, "linux", "gidMappings", NULL), ret_gid);
}

void cgroup_note(const struct cgroup *g, json_t *state)
{
	json_set_str(state, "cgroup", g->path);
	if (*g->why)
		json_set_str(state, "cgroupNone", g->why);
}

/* ---- the end ---- */

static void remove_at(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	_cleanup_close_ int fd = parent ? group_open(CGROUP_ROOT, parent, NULL) : -EBADF;

	if (fd >= 0 && group_remove(fd, slash + 1) < 0)
		log_debug("the control group %s stays", path);
}

void cgroup_kill(const struct cgroup *g)
{
	if (g->fd >= 0)
		group_write(g->fd, "cgroup.kill", "1");
}

int cgroup_look(struct cgroup *g)
{
	char text[1024], *line;
	ssize_t n = pread(g->events, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	line = strstr(text, "\noom_kill ");
	if (line)
		g->oom = strtoull(line + strlen("\noom_kill "), NULL, 10);
	return 0;
}

void cgroup_end(struct cgroup *g)
{
	if (g->fd < 0)
		return;
	if (g->events >= 0)
		cgroup_look(g);
	g->events = fd_close(g->events);
	g->pids_max = group_value(g->fd, "pids.events", "max");
	group_kill(g->fd);
	g->fd = fd_close(g->fd);
	remove_at(g->path);
	free(take_ptr(g->path));
}

void cgroup_done(struct cgroup *g)
{
	cgroup_end(g);
	if (g->base && g->below) {
		_cleanup_free_ char *path =
			xasprintf("%s%s", str_eq(g->base, "/") ? "" : g->base, g->below);

		cgroup_made_tidy(path);
	}
	scope_drop(&g->call);
	cgroup_want_done(&g->want);
	free(g->path);
	free(g->base);
	free(g->below);
	free(g->address);
	*g = (struct cgroup)CGROUP_INIT;
}

/* ---- for others ---- */

int cgroup_open(const struct container *c, struct err *err)
{
	const char *path = json_get_str(c->state, "cgroup", NULL);

	if (!container_is_running(c))
		return err_say(err, ESRCH, "container %s is not running", container_label(c));
	if (!path)
		return err_say(err, EOPNOTSUPP, "container %s has no cgroup: %s",
			container_label(c),
			json_get_str(c->state, "cgroupNone",
				"it was started by a version that makes none"));
	return group_open(CGROUP_ROOT, path, err);
}

void cgroup_forget(const json_t *state, const char *id)
{
	const char *path = json_get_str(state, "cgroup", NULL);
	_cleanup_close_ int fd = -EBADF;

	/* nobody else's group has the container's id in its name */
	if (!path || !strstr(path, id))
		return;
	fd = group_open(CGROUP_ROOT, path, NULL);
	if (fd < 0)
		return;
	group_kill(fd);
	remove_at(path);
	cgroup_made_tidy(path);
}
