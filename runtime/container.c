#include "runtime/container.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* readings of a state that changes meanwhile */
#define READ_TRIES 3

char *container_path(char buf[CONTAINER_PATH_MAX], const char *id, const char *file)
{
	snprintf(buf, CONTAINER_PATH_MAX, "containers/%s%s%s", id, *file ? "/" : "", file);
	return buf;
}

const char *container_label(const struct container *c)
{
	return c->name ? c->name : c->id;
}

bool container_is_running(const struct container *c)
{
	return c->status == CONTAINER_RUNNING || c->status == CONTAINER_STOPPING ||
	       c->status == CONTAINER_PAUSED;
}

bool container_is_ready(const struct container *c)
{
	return c->status == CONTAINER_INITIALIZED && c->state;
}

int64_t container_up_ms(const struct container *c)
{
	int64_t began = json_get_int(c->state, "startedBoot", 0), now = clock_boot_ms();

	return container_is_running(c) && began > 0 && began <= now ? now - began : -1;
}

bool container_is_live(const struct container *c)
{
	return container_is_running(c) || c->status == CONTAINER_INITIALIZED ||
	       c->status == CONTAINER_RESTARTING;
}

const char *container_status_name(enum container_status s)
{
	static const char *const names[] = {
		[CONTAINER_CREATED] = "created",
		[CONTAINER_INITIALIZED] = "initialized",
		[CONTAINER_RUNNING] = "running",
		[CONTAINER_STOPPING] = "stopping",
		[CONTAINER_PAUSED] = "paused",
		[CONTAINER_RESTARTING] = "restarting",
		[CONTAINER_EXITED] = "exited",
		[CONTAINER_DAMAGED] = "damaged",
	};

	return s < ARRAY_SIZE(names) ? names[s] : "unknown";
}

void container_done(struct container *c)
{
	free(c->name);
	fd_close(c->dirfd);
	fd_close(c->runfd);
	json_decref(c->record);
	json_decref(c->config);
	json_decref(c->state);
	json_decref(c->exit);
	*c = (struct container){.dirfd = -EBADF, .runfd = -EBADF};
}

void container_list_done(struct container_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		container_done(&l->v[i]);
	free(l->v);
	*l = (struct container_list){0};
}

/* An object, or NULL where the file is missing; Return: 0, -EBADMSG if it is there but unusable, or what was short. */
static int read_record(int dirfd, const char *path, json_t **ret, struct err *err)
{
	struct err why = {0};
	json_t *j = NULL;
	int r = json_read_at(dirfd, path, &j, &why);

	*ret = NULL;
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (err_is_lack(r) && err)
		*err = why;
	if (r < 0)
		return err_is_lack(r) ? r : -EBADMSG;
	if (!json_is_object(j)) {
		json_decref(j);
		return -EBADMSG;
	}
	*ret = j;
	return 0;
}

static int no_such(const char *name, struct err *err)
{
	int r = err_set(err, ERR_NO_OBJECT, "no such container: %.64s", name);

	err_hint(err, "'rl ps -a' lists all containers");
	return r;
}

static bool was_started(const struct container *c)
{
	char path[CONTAINER_PATH_MAX];

	return faccessat(c->cs->store->fd, container_path(path, c->id, "started"), F_OK,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

static bool between_runs(const struct container *c)
{
	return json_get_bool(c->state, "restarting", false);
}

/* set up, and its command was not executed yet */
static bool at_gate(const struct container *c)
{
	return json_get_bool(c->state, "initialized", false);
}

static enum container_status derive(struct container *c)
{
	if (c->held && at_gate(c))
		return CONTAINER_INITIALIZED;
	/* the end in exit.json is not the last one */
	if (c->held && between_runs(c)) {
		c->exit_code = (int)json_get_int(c->state, "exitCode", 0);
		return CONTAINER_RESTARTING;
	}
	if (c->exit) {
		c->exit_code = (int)json_get_int(c->exit, "exitCode", 0);
		return *json_get_str(c->exit, "started", "") ? CONTAINER_EXITED : CONTAINER_CREATED;
	}
	if (c->held && !c->state)
		return CONTAINER_INITIALIZED;
	if (c->held) {
		c->pid = (pid_t)json_get_int(c->state, "pid", 0);
		c->start_time = (uint64_t)json_get_int(c->state, "startTime", 0);
		if (json_get_bool(c->state, "stopping", false))
			return CONTAINER_STOPPING;
		return json_get_bool(c->state, "paused", false) ? CONTAINER_PAUSED
								: CONTAINER_RUNNING;
	}
	if ((!c->state || at_gate(c)) && !was_started(c))
		return CONTAINER_CREATED;
	c->exit_code = between_runs(c) ? (int)json_get_int(c->state, "exitCode", 137) : 137;
	return CONTAINER_EXITED;
}

/* Its end was recorded after its state was read: which end this is, the state tells that came with it. */
static bool is_torn(const struct container *c)
{
	return c->held && c->state && c->exit && !between_runs(c) && !at_gate(c);
}

/* @maybe_held: false when the runtime directory is known to have nothing about it; Return: 0, or what was short */
static int read_state_once(struct container *c, bool maybe_held, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	int r = 0;

	json_decref(c->state);
	json_decref(c->exit);
	c->state = c->exit = NULL;
	c->held = false;
	c->pid = 0;
	c->start_time = 0;
	c->exit_code = 0;
	/* the order matters: see container.h; a state.json that cannot be read is as good as none
	 */
	if (maybe_held) {
		r = read_record(
			c->cs->rundir, container_path(path, c->id, "state.json"), &c->state, err);
		if (err_is_lack(r))
			return r;
		c->held = state_held(c->cs, c->id);
	}
	r = read_record(c->cs->store->fd, container_path(path, c->id, "exit.json"), &c->exit, err);
	if (err_is_lack(r))
		return r;
	if (maybe_held && !c->exit)
		read_record(
			c->cs->rundir, container_path(path, c->id, "exit.json"), &c->exit, NULL);
	c->status = r < 0 || !c->record ? CONTAINER_DAMAGED : derive(c);
	return 0;
}

static int read_state(struct container *c, bool maybe_held, struct err *err)
{
	int r = read_state_once(c, maybe_held, err);

	for (int i = 0; r == 0 && is_torn(c) && i < READ_TRIES; i++)
		r = read_state_once(c, maybe_held, err);
	return r;
}

/* the name of a container whose record is lost, from the link to it */
static char *name_by_link(const struct store *s, const char *id)
{
	_cleanup_strv_ struct strv names = {0};

	if (fs_list_at(s->fd, "names", &names, NULL) < 0)
		return NULL;
	strv_foreach (i, name, &names) {
		if (state_name_is(s, name, id))
			return xstrdup(name);
	}
	return NULL;
}

const char *container_record_name(const struct store *s, const json_t *record)
{
	const char *next = json_get_str(record, "renaming", NULL);

	if (next && str_is_name(next) && state_name_is(s, next, json_get_str(record, "id", "")))
		return next;
	return json_get_str(record, "name", NULL);
}

/* Return: 0, -ENOENT if there is no such directory (any more), or what was short */
static int read_container(const struct containers *cs, const char *id, bool maybe_held,
	struct container *ret, struct err *err)
{
	struct container c = {.cs = cs, .dirfd = -EBADF, .runfd = -EBADF};
	char path[CONTAINER_PATH_MAX];
	struct stat st;
	int r;

	memcpy(c.id, id, sizeof(c.id));
	r = read_record(cs->store->fd, container_path(path, id, "container.json"), &c.record, err);
	if (err_is_lack(r))
		return r;
	if (!c.record &&
		fstatat(cs->store->fd, container_path(path, id, ""), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	if (c.record) {
		const char *name = container_record_name(cs->store, c.record);

		/* what the rest relies on; a newer format is not guessed at */
		if (json_get_int(c.record, "version", 0) == 1 && str_is_name(name) &&
			str_eq(json_get_str(c.record, "id", NULL), id)) {
			c.name = xstrdup(name);
		} else {
			json_decref(c.record);
			c.record = NULL;
		}
	}
	if (!c.record)
		c.name = name_by_link(cs->store, id);
	r = read_state(&c, maybe_held, err);
	if (r < 0)
		container_done(&c);
	else
		*ret = c;
	return r;
}

int container_reload(struct container *c, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	json_t *record = NULL;
	int r = read_record(
		c->cs->store->fd, container_path(path, c->id, "container.json"), &record, err);

	if (r < 0 || !container_record_name(c->cs->store, record)) {
		json_decref(record);
		return err_say(err, r < 0 ? -r : ENOENT,
			"the record of container %s cannot be read", container_label(c));
	}
	json_decref(c->record);
	c->record = record;
	free(c->name);
	c->name = xstrdup(container_record_name(c->cs->store, record));
	return 0;
}

static void open_dirs(struct container *c)
{
	char path[CONTAINER_PATH_MAX];

	container_path(path, c->id, "");
	if (c->dirfd < 0)
		c->dirfd = fs_opendir_at(c->cs->store->fd, path, NULL);
	if (c->runfd < 0)
		c->runfd = fs_opendir_at(c->cs->rundir, path, NULL);
}

int container_refresh(struct container *c, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	struct stat st;
	int r;

	if (fstatat(c->cs->store->fd, container_path(path, c->id, ""), &st, AT_SYMLINK_NOFOLLOW) <
		0)
		return err_set(err, ERR_NO_OBJECT, "container %s is gone", container_label(c));
	r = read_state(c, true, err);
	if (r < 0)
		return err_wrap(err, "container %s", container_label(c));
	/* each start makes the runtime directory anew */
	c->runfd = fd_close(c->runfd);
	open_dirs(c);
	return 0;
}

static int find_by_prefix(
	const struct containers *cs, const char *prefix, char id[65], struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	_cleanup_buf_ struct buf found = {.cap = 256};
	size_t n = 0, len = strlen(prefix);
	int r;

	if (len > 64 || len == 0 || strspn(prefix, "0123456789abcdef") != len)
		return no_such(prefix, err);
	r = fs_list_at(cs->store->fd, "containers", &ids, err);
	if (r < 0)
		return r;
	strv_foreach (i, s, &ids) {
		if (!str_is_hex(s, 64) || strncmp(s, prefix, len) != 0)
			continue;
		memcpy(id, s, 65);
		buf_addf(&found, "%s%.12s", n++ ? ", " : "", s);
	}
	if (n == 0)
		return no_such(prefix, err);
	if (n == 1)
		return 0;
	r = err_say(err, EEXIST, "%s is the beginning of %zu container ids (%s%s)", prefix, n,
		buf_str(&found), found.full ? ", …" : "");
	err_hint(err, "give more digits, or the name");
	return r;
}

int container_find(
	const struct containers *cs, const char *name, struct container *ret, struct err *err)
{
	char id[80] = "", path[300];
	ssize_t n = -1;
	int r;

	/* docker shows names with a slash in front */
	name += *name == '/';
	if (str_is_name(name)) {
		snprintf(path, sizeof(path), "names/%s", name);
		n = readlinkat(cs->store->fd, path, id, sizeof(id) - 1);
	}
	id[n > 0 ? n : 0] = '\0';
	r = str_is_hex(id, 64) ? read_container(cs, id, true, ret, err) : -ENOENT;
	if (r == -ENOENT) {
		r = find_by_prefix(cs, name, id, err);
		if (r < 0)
			return r;
		r = read_container(cs, id, true, ret, err);
	}
	if (r < 0)
		return r == -ENOENT ? no_such(name, err) : err_wrap(err, "container %s", name);
	open_dirs(ret);
	return 0;
}

static int by_age(const void *va, const void *vb)
{
	const struct container *a = va, *b = vb;
	int r = strcmp(
		json_get_str(b->record, "created", ""), json_get_str(a->record, "created", ""));

	return r ? r : strcmp(a->id, b->id);
}

static int by_text(const void *va, const void *vb)
{
	return strcmp(*(char *const *)va, *(char *const *)vb);
}

int container_list(const struct containers *cs, struct container_list *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0}, live = {0};
	struct container_list l = {0};
	int r = fs_list_at(cs->store->fd, "containers", &ids, err);

	if (r < 0)
		return r;
	/* one listing instead of two failing look-ups for each container that does not run */
	r = fs_list_at(cs->rundir, "containers", &live, err);
	if (r < 0 && r != -ENOENT)
		return r;
	l.v = xcalloc(ids.n ? ids.n : 1, sizeof(*l.v));
	strv_foreach (i, id, &ids) {
		bool maybe = live.n && bsearch(&id, live.v, live.n, sizeof(char *), by_text);

		if (!str_is_hex(id, 64))
			continue;
		r = read_container(cs, id, maybe, &l.v[l.n], err);
		if (err_is_lack(r)) {
			container_list_done(&l);
			return err_wrap(err, "container %.12s", id);
		}
		l.n += r == 0;
	}
	qsort(l.v, l.n, sizeof(*l.v), by_age);
	*ret = l;
	return 0;
}

int container_config(const struct container *c, json_t **ret, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	struct stat st;
	int r;

	if (c->config) {
		*ret = json_incref(c->config);
		return 0;
	}
	r = json_read_at(c->cs->store->fd, container_path(path, c->id, "config.json"), ret, err);
	/* removed since it was found */
	if (r == -ENOENT && fstatat(c->cs->store->fd, container_path(path, c->id, ""), &st,
				    AT_SYMLINK_NOFOLLOW) < 0)
		return no_such(container_label(c), err);
	if (r < 0)
		return err_wrap(err, "read the configuration of container %s", container_label(c));
	return 0;
}

int container_pidfd(const struct container *c, struct err *err)
{
	_cleanup_close_ int pidfd = -EBADF;

	if (c->pid <= 0)
		return err_set(err, ESRCH, "container %s is not running", container_label(c));
	pidfd = proc_pidfd(c->pid);
	/* it has ended since the state was read */
	if (pidfd == -ESRCH)
		return err_set(err, ESRCH, "container %s is not running", container_label(c));
	if (pidfd < 0)
		return err_set(err, -pidfd, "open the init of container %s", container_label(c));
	/* asked after the pidfd is open: then the answer is about the process that it stands for */
	if (proc_start_time(c->pid) != c->start_time)
		return err_say(err, ESRCH, "container %s is not running", container_label(c));
	return take_fd(pidfd);
}

int container_connect(struct container *c, struct err *err)
{
	int r;

	if (c->runfd < 0)
		open_dirs(c);
	if (c->runfd < 0)
		return err_set(err, ESRCH, "container %s is not running", container_label(c));
	r = state_connect(c->runfd, err);
	return r < 0 ? err_wrap(err, "container %s", container_label(c)) : r;
}
