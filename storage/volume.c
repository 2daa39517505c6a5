#include "storage/volume.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define VOLUMES "volumes"
#define RECORD	"volume.json"

int volume_name_check(const char *name, struct err *err)
{
	if (str_is_name(name))
		return 0;
	err_say(err, ERR_USAGE, "'%.80s' is not a name for a volume", name);
	return err_hint(
		err, "letters, digits, '_', '.' and '-', beginning with a letter or a digit");
}

char *volume_path(const struct store *s, const char *name)
{
	return xasprintf("%s/" VOLUMES "/%s/" VOLUME_DATA, s->path, name);
}

const char *volume_type(const json_t *record)
{
	const char *type = json_get_str(json_object_get(record, "options"), "type", "");

	if (str_eq(json_get_str(record, "driver", ""), "image"))
		return "image";
	return str_eq(type, "none") ? "bind" : type;
}

json_t *volume_record(const char *name, const char *driver)
{
	json_t *j = json_object();

	json_object_set_new(j, "version", json_integer(1));
	json_set_str(j, "name", name);
	json_set_str(j, "driver", driver);
	return j;
}

struct owner {
	const struct store *s;
	char path[80];
	uid_t uid;
	gid_t gid;
};

static int set_owner(void *arg, struct err *err)
{
	const struct owner *o = arg;

	if (fchownat(o->s->fd, o->path, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	err_set(err, errno, "give the volume to %u:%u", o->uid, o->gid);
	return err_hint(err, "the id must be one that containers have: see 'rl info'");
}

int volume_write(int dir, json_t *record, struct err *err)
{
	char created[CLOCK_TEXT_MAX];

	json_set_str(record, "created", clock_text_now(created));
	return json_write_at(dir, RECORD, record, 0, err);
}

/* what is in the directory @tmp before it gets its name */
static int fill(const struct store *s, int rundir, const char *tmp, json_t *record, struct err *err)
{
	_cleanup_close_ int fd = fs_opendir_at(s->fd, tmp, err);
	bool owned = json_object_get(record, "uid") || json_object_get(record, "gid");
	const char *keep = owned ? "keep the owner\n" : "";
	struct owner o = {.s = s,
		.uid = (uid_t)json_get_int(record, "uid", 0),
		.gid = (gid_t)json_get_int(record, "gid", 0)};
	int r;

	if (fd < 0)
		return fd;
	/* whatever the umask */
	if (fchmod(fd, 0777) < 0 || mkdirat(fd, VOLUME_DATA, 0755) < 0 ||
		fchmodat(fd, VOLUME_DATA, 0755, 0) < 0)
		return err_set(err, errno, "create %s/" VOLUME_DATA, tmp);
	r = fs_write_at(fd, VOLUME_FRESH, keep, strlen(keep), 0600, FS_FRESH, err);
	if (r == 0)
		r = volume_write(fd, record, err);
	if (r < 0 || !owned)
		return r;
	snprintf(o.path, sizeof(o.path), "%.60s/" VOLUME_DATA, tmp);
	return userns_call(rundir, set_owner, &o, err);
}

/* the caller holds the store's lock: nobody sweeps the directory below tmp/ */
static int create(const struct store *s, int rundir, json_t *record, struct err *err)
{
	const char *name = json_get_str(record, "name", "");
	_cleanup_free_ char *path = xasprintf(VOLUMES "/%s", name);
	char tmp[40] = "tmp/";
	int r = volume_name_check(name, err);

	if (r < 0)
		return r;
	fs_random_hex(tmp + strlen(tmp), 24);
	if ((mkdirat(s->fd, VOLUMES, 0700) < 0 && errno != EEXIST) || mkdirat(s->fd, tmp, 0700) < 0)
		return err_set(err, errno, "create volume %s", name);
	r = fill(s, rundir, tmp, record, err);
	if (r == 0 && renameat2(s->fd, tmp, s->fd, path, RENAME_NOREPLACE) < 0)
		r = errno == EEXIST ? err_say(err, EEXIST, "volume %s exists already", name)
				    : err_set(err, errno, "create volume %s", name);
	if (r < 0)
		fs_remove_tree_at(s->fd, tmp, NULL);
	return r;
}

int volume_create(const struct store *s, int rundir, json_t *record, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err);

	return lock < 0 ? lock : create(s, rundir, record, err);
}

static bool exists(const struct store *s, const char *name)
{
	_cleanup_free_ char *path = xasprintf(VOLUMES "/%s", name);

	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int volume_ensure(const struct store *s, int rundir, const json_t *container, struct strv *made,
	struct err *err)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(container, "volumes"), i, v) {
		const char *name = json_get_str(v, "name", "");
		_cleanup_json_ json_t *record = NULL;
		int r;

		if (exists(s, name))
			continue;
		record = json_deep_copy(json_object_get(v, "make"));
		if (!record)
			record = volume_record(name, "local");
		if (json_get_bool(v, "anonymous", false))
			json_object_set_new(record, "anonymous", json_true());
		r = create(s, rundir, record, err);
		if (r == 0)
			strv_add(made, name);
		/* somebody else was faster */
		else if (r != -EEXIST)
			return r;
	}
	return 0;
}

int volume_give(const struct store *s, const char *name, uid_t uid, gid_t gid, struct err *err)
{
	_cleanup_free_ char *data = xasprintf(VOLUMES "/%s/" VOLUME_DATA, name),
			    *fresh = xasprintf(VOLUMES "/%s/" VOLUME_FRESH, name);
	struct stat st;

	if (!str_is_name(name) || fstatat(s->fd, fresh, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		st.st_size > 0)
		return 0;
	if (fchownat(s->fd, data, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return err_set(err, errno, "give volume %s to the container", name);
	return 0;
}

void volume_undo(const struct store *s, const json_t *container)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(container, "volumes"), i, v)
		if (json_get_bool(v, "anonymous", false))
			store_discard(s, VOLUMES, json_get_str(v, "name", ""), NULL);
}

int volume_read(const struct store *s, const char *name, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf(VOLUMES "/%s/" RECORD, name);
	_cleanup_json_ json_t *j = NULL;
	struct err why = {0};
	int r = str_is_name(name) ? json_read_at(s->fd, path, &j, &why) : -ENOENT;

	if (r == -ENOENT && !(str_is_name(name) && exists(s, name))) {
		err_say(err, ERR_NO_OBJECT, "no such volume: %.100s", name);
		return err_hint(err, "'rl volume ls' lists all volumes");
	}
	if (err_is_lack(r)) {
		if (err)
			*err = why;
		return r;
	}
	/* what the rest relies on; a newer format is not guessed at */
	if (r < 0 || json_get_int(j, "version", 0) != 1 ||
		!str_eq(json_get_str(j, "name", NULL), name)) {
		err_say(err, EBADMSG, "the record of volume %s cannot be read", name);
		return err_hint(err,
			"its files are in %s/" VOLUMES "/%s/" VOLUME_DATA
			"; 'rl system check --repair' makes a new record",
			s->path, name);
	}
	*ret = take_ptr(j);
	return 0;
}

static int names(const struct store *s, struct strv *ret, struct err *err)
{
	int r = faccessat(s->fd, VOLUMES, F_OK, AT_SYMLINK_NOFOLLOW) < 0
			? 0
			: fs_list_at(s->fd, VOLUMES, ret, err);

	return r == -ENOENT ? 0 : r;
}

int volume_find(const struct store *s, const char *name, json_t **ret, struct err *err)
{
	_cleanup_strv_ struct strv all = {0};
	_cleanup_buf_ struct buf found = {.cap = 256};
	const char *only = NULL;
	size_t n = 0;
	int r;

	if (!*name || !str_is_name(name) || exists(s, name))
		return volume_read(s, name, ret, err);
	r = names(s, &all, err);
	if (r < 0)
		return r;
	strv_foreach (i, one, &all) {
		if (!str_after(one, name))
			continue;
		only = one;
		buf_addf(&found, "%s%.64s", n++ ? ", " : "", one);
	}
	if (n == 1)
		return volume_read(s, only, ret, err);
	if (n == 0)
		return volume_read(s, name, ret, err);
	err_say(err, EEXIST, "%s is the beginning of %zu names of volumes (%s%s)", name, n,
		buf_str(&found), found.full ? ", …" : "");
	return err_hint(err, "give more of the name");
}

int volume_list(const struct store *s, json_t **ret, struct strv *damaged, struct err *err)
{
	_cleanup_json_ json_t *out = json_array();
	_cleanup_strv_ struct strv all = {0};
	int r = names(s, &all, err);

	if (r < 0)
		return r;
	strv_foreach (i, name, &all) {
		json_t *record = NULL;

		r = volume_read(s, name, &record, err);
		if (err_is_lack(r))
			return r;
		if (r == 0)
			json_array_append_new(out, record);
		else if (r != -ERR_NO_OBJECT && damaged)
			strv_add(damaged, name);
	}
	*ret = take_ptr(out);
	return 0;
}

json_t *volume_users(const struct store *s)
{
	_cleanup_strv_ struct strv ids = {0};
	json_t *out = json_object();

	fs_list_at(s->fd, "containers", &ids, NULL);
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_json_ json_t *record = NULL;
		json_t *v;
		size_t k;

		if (json_read_at(s->fd, path, &record, NULL) < 0)
			continue;
		json_array_foreach (json_object_get(record, "volumes"), k, v) {
			const char *name = json_get_str(v, "name", "");
			json_t *users = json_object_get(out, name);

			if (!users) {
				users = json_array();
				json_object_set_new(out, name, users);
			}
			json_array_append_new(users, json_str(id));
		}
	}
	return out;
}

/* with the store's lock held exclusively */
static int remove_unused(const struct store *s, const char *name, const json_t *users,
	struct strv *trash, struct err *err)
{
	const json_t *of = json_object_get(users, name);
	char to[64];
	int r;

	if (json_array_size(of)) {
		err_say(err, EBUSY, "volume %s is in use by container %.12s%s", name,
			json_string_value(json_array_get(of, 0)),
			json_array_size(of) > 1 ? " and others" : "");
		return err_hint(err, "remove the container first, or both with --force");
	}
	r = store_discard_as(s, VOLUMES, name, to, err);
	if (r == 0 && trash && *to)
		strv_add(trash, to);
	return r;
}

int volume_remove(const struct store *s, const char *name, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, err);
	_cleanup_json_ json_t *users = NULL;

	if (lock < 0)
		return lock;
	if (!str_is_name(name) || !exists(s, name))
		return err_say(err, ERR_NO_OBJECT, "no such volume: %.100s", name);
	users = volume_users(s);
	return remove_unused(s, name, users, NULL, err);
}

void volume_release(
	const struct store *s, const json_t *container, struct strv *gone, struct strv *trash)
{
	const json_t *mine = json_object_get(container, "volumes");
	_cleanup_close_ int lock = -EBADF;
	_cleanup_json_ json_t *users = NULL;
	json_t *v;
	size_t i;

	json_array_foreach (mine, i, v) {
		const char *name = json_get_str(v, "name", "");
		_cleanup_json_ json_t *record = NULL;

		if (volume_read(s, name, &record, NULL) < 0 ||
			!json_get_bool(record, "anonymous", false))
			continue;
		if (lock < 0) {
			lock = store_lock(s, LOCK_EXCLUSIVE, NULL);
			if (lock < 0)
				return;
			users = volume_users(s);
		}
		if (remove_unused(s, name, users, trash, NULL) == 0)
			strv_add(gone, name);
	}
}
