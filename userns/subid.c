#include "userns/subid.h"

#include "runtime/base/json.h"
#include "userns/account.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUBID_CACHE   "subid.json"
#define SUBID_VERSION 1
/* of the kernel's 340 extents */
#define SUBID_RANGES_MAX 339

/* what the answer depends on, as far as it can be seen without asking */
static char *stamp(uid_t uid)
{
	static const char *const files[] = {"/etc/subuid", "/etc/subgid", "/etc/nsswitch.conf"};
	struct buf b = {0};

	buf_addf(&b, "%u", (unsigned)uid);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st = {0};

		if (stat(files[i], &st) == 0)
			buf_addf(&b, " %lld.%09ld:%lld:%llu", (long long)st.st_mtim.tv_sec,
				st.st_mtim.tv_nsec, (long long)st.st_size,
				(unsigned long long)st.st_ino);
		else
			buf_adds(&b, " -");
	}
	return buf_take(&b);
}

static bool overlaps_any(const struct idmap *m, uint64_t start, uint64_t count)
{
	for (size_t i = 0; i < m->n; i++)
		if (start < (uint64_t)m->e[i].outside + m->e[i].size &&
			m->e[i].outside < start + count)
			return true;
	return false;
}

int subid_from_json(const json_t *ranges, uint32_t id, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap m = {0};
	uint64_t inside = 1;
	const json_t *range;
	size_t i;

	if (!json_is_array(ranges))
		return err_set(err, EINVAL, "malformed list of subordinate ids");
	idmap_add(&m, 0, id, 1);
	json_array_foreach (ranges, i, range) {
		json_int_t start = json_integer_value(json_array_get(range, 0));
		json_int_t count = json_integer_value(json_array_get(range, 1));

		/* id 0 of the parent would be a present of the administrator's own id: never taken
		 */
		if (start <= 0 || count <= 0 || start > UINT32_MAX || count > UINT32_MAX ||
			start + count > UINT32_MAX || inside + (uint64_t)count > UINT32_MAX)
			continue;
		if (m.n > SUBID_RANGES_MAX || overlaps_any(&m, (uint64_t)start, (uint64_t)count))
			continue;
		idmap_add(&m, (uint32_t)inside, (uint32_t)start, (uint32_t)count);
		inside += (uint64_t)count;
	}
	*ret = m;
	m = (struct idmap){0};
	return 0;
}

static int maps_from_json(
	const json_t *j, uid_t uid, gid_t gid, struct idmaps *ret, struct err *err)
{
	struct idmaps maps = {0};
	int r;

	r = subid_from_json(json_object_get(j, "uid"), uid, &maps.uid, err);
	if (r == 0)
		r = subid_from_json(json_object_get(j, "gid"), gid, &maps.gid, err);
	if (r < 0)
		idmaps_done(&maps);
	else
		*ret = maps;
	return r;
}

static int from_cache(int rundir, const char *now, uid_t uid, gid_t gid, struct idmaps *ret)
{
	_cleanup_json_ json_t *cache = NULL;

	if (json_read_at(rundir, SUBID_CACHE, &cache, NULL) < 0 ||
		json_get_int(cache, "version", 0) != SUBID_VERSION ||
		!str_eq(json_get_str(cache, "stamp", NULL), now))
		return -ENOENT;
	return maps_from_json(cache, uid, gid, ret, NULL);
}

int subid_maps(int rundir, uid_t uid, gid_t gid, struct idmaps *ret, struct err *err)
{
	_cleanup_free_ char *now = stamp(uid);
	_cleanup_json_ json_t *j = NULL;
	int r;

	if (from_cache(rundir, now, uid, gid, ret) == 0)
		return 0;
	r = account_ask_uid(uid, &j, err);
	if (r < 0)
		return r;
	r = maps_from_json(j, uid, gid, ret, err);
	if (r < 0)
		return r;
	if (ret->uid.n > 1 && ret->gid.n > 1) {
		json_object_set_new(j, "version", json_integer(SUBID_VERSION));
		json_set_str(j, "stamp", now);
		/* only a cache: a full disk costs time, not correctness */
		json_write_at(rundir, SUBID_CACHE, j, 0, NULL);
	}
	return 0;
}

void subid_forget(int rundir)
{
	unlinkat(rundir, SUBID_CACHE, 0);
}
