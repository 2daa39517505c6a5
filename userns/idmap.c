#include "userns/idmap.h"

#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "runtime/base/parse.h"

#include <fcntl.h>
#include <stdio.h>

/* as the kernel's UID_GID_MAP_MAX_EXTENTS */
#define IDMAP_EXTENTS_MAX 340

void idmap_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t size)
{
	m->e = xreallocarray(m->e, m->n + 1, sizeof(*m->e));
	m->e[m->n++] = (struct idmap_extent){inside, outside, size};
}

void idmap_done(struct idmap *m)
{
	free(m->e);
	*m = (struct idmap){0};
}

void idmaps_done(struct idmaps *m)
{
	idmap_done(&m->uid);
	idmap_done(&m->gid);
}

static bool overlaps(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

/* the kernel would refuse the whole map with a bare EINVAL */
int idmap_add_checked(
	struct idmap *m, uint64_t inside, uint64_t outside, uint64_t size, struct err *err)
{
	/* the id 2^32-1 means "no change" to the system calls and is never mapped */
	if (size == 0 || inside + size > UINT32_MAX || outside + size > UINT32_MAX ||
		inside > UINT32_MAX || outside > UINT32_MAX || size > UINT32_MAX)
		return err_set(err, EINVAL, "id mapping %llu:%llu:%llu is empty or out of range",
			(unsigned long long)inside, (unsigned long long)outside,
			(unsigned long long)size);
	if (m->n >= IDMAP_EXTENTS_MAX)
		return err_set(err, EINVAL, "more than %d id mappings", IDMAP_EXTENTS_MAX);
	for (size_t i = 0; i < m->n; i++)
		if (overlaps((uint32_t)inside, (uint32_t)size, m->e[i].inside, m->e[i].size) ||
			overlaps((uint32_t)outside, (uint32_t)size, m->e[i].outside, m->e[i].size))
			return err_set(err, EINVAL, "id mapping %llu:%llu:%llu overlaps %u:%u:%u",
				(unsigned long long)inside, (unsigned long long)outside,
				(unsigned long long)size, m->e[i].inside, m->e[i].outside,
				m->e[i].size);
	idmap_add(m, (uint32_t)inside, (uint32_t)outside, (uint32_t)size);
	return 0;
}

static int parse_line(const char *line, struct idmap *m, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	uint64_t num[3];
	size_t n = 0;

	strv_split(&words, line, " \t");
	strv_foreach (i, w, &words) {
		if (!*w)
			continue;
		if (n == ARRAY_SIZE(num) || parse_u64(w, &num[n]) < 0)
			return err_set(err, EINVAL, "malformed id mapping '%s'", line);
		n++;
	}
	if (n == 0)
		return 0;
	if (n != ARRAY_SIZE(num))
		return err_set(err, EINVAL, "malformed id mapping '%s'", line);
	return idmap_add_checked(m, num[0], num[1], num[2], err);
}

int idmap_parse(const char *text, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap m = {0};
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines) {
		int r = parse_line(line, &m, err);

		if (r < 0)
			return r;
	}
	*ret = m;
	m = (struct idmap){0};
	return 0;
}

int idmap_read(const char *path, struct idmap *ret, struct err *err)
{
	_cleanup_buf_ struct buf text = {0};
	int r = fs_read_at(AT_FDCWD, path, &text, err);

	return r < 0 ? r : idmap_parse(buf_str(&text), ret, err);
}

char *idmap_format(const struct idmap *m)
{
	struct buf b = {0};

	for (size_t i = 0; i < m->n; i++)
		buf_addf(&b, "%u %u %u\n", m->e[i].inside, m->e[i].outside, m->e[i].size);
	return buf_take(&b);
}

bool idmaps_identical(const struct idmaps *m)
{
	const struct idmap *sides[] = {&m->uid, &m->gid};

	for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
		for (size_t i = 0; i < sides[k]->n; i++)
			if (sides[k]->e[i].inside != sides[k]->e[i].outside)
				return false;
	return true;
}

int idmaps_from_json(const json_t *object, struct idmaps *ret, struct err *err)
{
	struct idmaps m = {0};
	int r = idmap_from_json(json_object_get(object, "uid"), &m.uid, err);

	if (r == 0)
		r = idmap_from_json(json_object_get(object, "gid"), &m.gid, err);
	if (r < 0)
		idmaps_done(&m);
	else
		*ret = m;
	return r;
}

json_t *idmaps_to_json(const struct idmaps *m)
{
	return json_pack(
		"{s:o, s:o}", "uid", idmap_to_json(&m->uid), "gid", idmap_to_json(&m->gid));
}

bool idmap_to_outside(const struct idmap *m, uint32_t inside, uint32_t *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct idmap_extent *e = &m->e[i];

		if (inside >= e->inside && inside - e->inside < e->size) {
			*ret = e->outside + (inside - e->inside);
			return true;
		}
	}
	return false;
}

bool idmap_to_inside(const struct idmap *m, uint32_t outside, uint32_t *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct idmap_extent *e = &m->e[i];

		if (outside >= e->outside && outside - e->outside < e->size) {
			*ret = e->inside + (outside - e->outside);
			return true;
		}
	}
	return false;
}

uint64_t idmap_count(const struct idmap *m)
{
	uint64_t count = 0;

	for (size_t i = 0; i < m->n; i++)
		count += m->e[i].size;
	return count;
}

void idmap_identity(const struct idmap *parent, struct idmap *ret)
{
	struct idmap m = {0};

	for (size_t i = 0; i < parent->n; i++)
		idmap_add(&m, parent->e[i].inside, parent->e[i].inside, parent->e[i].size);
	*ret = m;
}

/* the extent of @parent whose inside ids contain @id */
static const struct idmap_extent *extent_of(const struct idmap *parent, uint32_t id)
{
	for (size_t i = 0; i < parent->n; i++)
		if (id >= parent->e[i].inside && id - parent->e[i].inside < parent->e[i].size)
			return &parent->e[i];
	return NULL;
}

int idmap_split(
	const struct idmap *m, const struct idmap *parent, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap out = {0};

	for (size_t i = 0; i < m->n; i++) {
		struct idmap_extent rest = m->e[i];

		while (rest.size > 0) {
			const struct idmap_extent *p = extent_of(parent, rest.outside);
			uint32_t n;

			if (!p)
				return err_set(err, EINVAL,
					"id %u is not mapped in the parent user namespace",
					rest.outside);
			n = p->size - (rest.outside - p->inside);
			if (n > rest.size)
				n = rest.size;
			idmap_add(&out, rest.inside, rest.outside, n);
			rest.inside += n;
			rest.outside += n;
			rest.size -= n;
		}
	}
	if (out.n > IDMAP_EXTENTS_MAX)
		return err_set(err, EINVAL, "the id mapping has %zu extents, the kernel takes %d",
			out.n, IDMAP_EXTENTS_MAX);
	*ret = out;
	out = (struct idmap){0};
	return 0;
}

int idmap_from_json(const json_t *array, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap m = {0};
	const json_t *o;
	size_t i;

	if (array && !json_is_array(array))
		return err_set(err, EINVAL, "id mappings are not a list");
	json_array_foreach (array, i, o) {
		int64_t inside = json_get_int(o, "containerID", -1);
		int64_t outside = json_get_int(o, "hostID", -1);
		int64_t size = json_get_int(o, "size", -1);
		int r;

		if (inside < 0 || outside < 0 || size < 0 || inside > UINT32_MAX ||
			outside > UINT32_MAX || size > UINT32_MAX)
			return err_set(err, EINVAL,
				"id mapping %zu lacks a valid containerID, hostID or size", i);
		r = idmap_add_checked(&m, (uint64_t)inside, (uint64_t)outside, (uint64_t)size, err);
		if (r < 0)
			return r;
	}
	*ret = m;
	m = (struct idmap){0};
	return 0;
}

json_t *idmap_to_json(const struct idmap *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(array,
			json_pack("{s:I, s:I, s:I}", "containerID", (json_int_t)m->e[i].inside,
				"hostID", (json_int_t)m->e[i].outside, "size",
				(json_int_t)m->e[i].size));
	return array;
}
