/*
 * --userns=auto: a container gets ids that no other container has.
 *
 * Which are taken is not written down anywhere by itself: the records of the containers say it, and spec_ids_lock() lets
 * nobody else look from then on until the new container's record is there.  Ids are free again when the container is removed.
 */
#include "runtime/spec_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "runtime/lsm.h"
#include "runtime/user.h"
#include "userns/account.h"
#include "userns/mapspec.h"
#include "userns/subid.h"

#include <fcntl.h>
#include <sys/stat.h>

#define LOCK_WAIT_MS 30000
#define SIZE_MIN     1024
/* who owns nothing, with an id that would make every namespace as large as all of R */
#define NOBODY 65534

int spec_ids_lock(const struct containers *cs, const struct spec_opts *o, struct err *err)
{
	const char *mode = spec_userns_mode(o);
	int r;

	/* a level of SELinux is looked for in the same way */
	if ((!mode || !str_after(mode, "auto")) && !(o->security_opt.n && lsm_selinux()))
		return -EBADF;
	r = lock_open(cs->store->fd, "ids", LOCK_EXCLUSIVE, LOCK_WAIT_MS, err);
	return r < 0 ? err_wrap(err, "look for ids that are free") : r;
}

struct options {
	const struct userns *r;
	uint64_t size;
	struct idmaps extra;
};

static int mapping(struct options *o, const char *text, enum mapspec_side side, struct err *err)
{
	const struct idmap *r = side == MAPSPEC_UID ? &o->r->maps.uid : &o->r->maps.gid;
	struct idmap *m = side == MAPSPEC_UID ? &o->extra.uid : &o->extra.gid;
	_cleanup_(idmap_done) struct idmap one = {0};
	struct strv spec = {.v = (char *[]){(char *)(uintptr_t)text, NULL}, .n = 1};
	int n = strspn(text, "0123456789:@") == strlen(text)
			? mapspec_parse(&spec, side, r, false, &one, err)
			: err_set(err, ERR_USAGE, "'%.80s' is not a mapping of ids", text);

	for (size_t i = 0; n == 0 && i < one.n; i++)
		n = idmap_add_checked(m, one.e[i].inside, one.e[i].outside, one.e[i].size, err);
	return n < 0 ? err_wrap(err, "--userns auto") : 0;
}

static int option(void *arg, const char *key, const char *value, struct err *err)
{
	struct options *o = arg;

	if (str_eq(key, "uidmapping"))
		return mapping(o, value, MAPSPEC_UID, err);
	if (str_eq(key, "gidmapping"))
		return mapping(o, value, MAPSPEC_GID, err);
	if (!str_eq(key, "size"))
		return -ENOENT;
	if (parse_u64_max(value, UINT32_MAX - 1, &o->size) < 0 || !o->size)
		return err_set(
			err, ERR_USAGE, "--userns auto: '%.40s' is not a number of ids", value);
	return 0;
}

/* The largest id in a file of an image, plus one.  It is an estimate: what cannot be read counts nothing. */
static uint64_t ids_in(const struct store *s, const char *layer, const char *path, size_t field)
{
	_cleanup_buf_ struct buf text = {.cap = USER_FILE_CAP};
	_cleanup_free_ char *name =
		xasprintf("layers/%.64s/diff", str_after(layer, "sha256:") ? layer + 7 : "");
	_cleanup_close_ int dir = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			    fd = -EBADF;
	_cleanup_strv_ struct strv lines = {0};
	uint64_t max = 0;
	struct stat st;

	if (dir < 0)
		return 0;
	fd = path_open_in_root(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, NULL);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fd_read_all(fd, &text) < 0)
		return 0;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_strv_ struct strv fields = {0};

		strv_split(&fields, line, ":");
		for (size_t k = 2; k <= field && k < fields.n; k++) {
			uint64_t id;

			if (parse_u64_max(fields.v[k], UINT32_MAX - 2, &id) == 0 && id != NOBODY &&
				id >= max)
				max = id + 1;
		}
	}
	return max;
}

static uint64_t estimate(const struct spec *s)
{
	uint64_t size = SIZE_MIN;

	for (size_t i = 0; s->img && i < s->img->diff_ids.n; i++) {
		const char *layer = s->img->diff_ids.v[i];
		uint64_t users = ids_in(s->cs->store, layer, "etc/passwd", 3),
			 groups = ids_in(s->cs->store, layer, "etc/group", 2);

		size = users > size ? users : size;
		size = groups > size ? groups : size;
	}
	return size;
}

/* Containers with keep-id and nomap have all ids of R, as those with the default have: they share them by their nature. */
static int used_ids(const struct spec *s, struct idmaps *ret, struct err *err)
{
	struct container_list list = {0};
	int r = container_list(s->cs, &list, err);

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const json_t *record = list.v[i].record;
		const char *mode =
			json_string_value(json_path(record, "hostConfig", "UsernsMode", NULL));
		struct idmaps m = {0};

		if (mode && (str_after(mode, "keep-id") || str_after(mode, "nomap")))
			continue;
		if (idmaps_from_json(json_object_get(record, "idMaps"), &m, NULL) < 0)
			continue;
		for (size_t k = 0; k < m.uid.n; k++)
			idmap_add(&ret->uid, 0, m.uid.e[k].outside, m.uid.e[k].size);
		for (size_t k = 0; k < m.gid.n; k++)
			idmap_add(&ret->gid, 0, m.gid.e[k].outside, m.gid.e[k].size);
		idmaps_done(&m);
	}
	container_list_done(&list);
	return r;
}

/* root's R is the whole machine: its containers get what is set aside for them */
static int roots_ranges(const char *key, struct idmap *ret, struct err *err)
{
	_cleanup_json_ json_t *account = NULL;
	json_t *range;
	size_t i;
	int r = account_ask("containers", &account, err);

	if (r < 0)
		return r;
	json_array_foreach (json_object_get(account, key), i, range) {
		json_int_t start = json_integer_value(json_array_get(range, 0));
		json_int_t count = json_integer_value(json_array_get(range, 1));

		r = idmap_add_checked(ret, (uint64_t)start, (uint64_t)start, (uint64_t)count, err);
		if (r < 0)
			return r;
	}
	if (ret->n)
		return 0;
	err_set(err, ERR_USAGE, "--userns auto: no ids are set aside for root's containers");
	return err_hint(err, "add the line containers:2147483647:2147483648 to /etc/subuid and "
			     "/etc/subgid");
}

static int one_side(const struct idmap *from, const struct idmap *used, const struct idmap *extra,
	uint64_t size, struct idmap *ret, struct err *err)
{
	int r = mapspec_auto(from, used, extra, (uint32_t)size, ret, err);

	if (r != -ENOSPC)
		return r;
	err_wrap(err, "--userns auto");
	return err_hint(err,
		"remove containers ('rl ps -a'), choose a smaller one with auto:size=N, "
		"or add a range to /etc/subuid and /etc/subgid");
}

int spec_auto(struct spec *s, const char *options, const struct userns *r, struct err *err)
{
	struct options o = {.r = r};
	struct idmaps used = {0}, roots = {0};
	const struct idmaps *from = r->mode == USERNS_ROOT ? &roots : &r->maps;
	int n = spec_options("auto", options, option, &o, err);

	if (n == 0 && r->mode == USERNS_ROOT) {
		n = roots_ranges("uid", &roots.uid, err);
		if (n == 0)
			n = roots_ranges("gid", &roots.gid, err);
	}
	if (n == 0)
		n = used_ids(s, &used, err);
	if (n == 0 && !o.size)
		o.size = estimate(s);
	if (n == 0)
		n = one_side(&from->uid, &used.uid, &o.extra.uid, o.size, &s->maps.uid, err);
	if (n == 0)
		n = one_side(&from->gid, &used.gid, &o.extra.gid, o.size, &s->maps.gid, err);
	idmaps_done(&used);
	idmaps_done(&roots);
	idmaps_done(&o.extra);
	return n;
}
