#include "userns/mapspec.h"

#include "runtime/base/parse.h"

#include <stdlib.h>

/* what stands before the container's id */
struct flags {
	bool extend, uid, gid;
};

/* a mapping in the making; what may be cut away is not unsigned */
struct piece {
	int64_t inside, outside, size;
};

static int by_inside(const void *a, const void *b)
{
	const struct idmap_extent *x = a, *y = b;

	return (x->inside > y->inside) - (x->inside < y->inside);
}

static int by_outside(const void *a, const void *b)
{
	const struct idmap_extent *x = a, *y = b;

	return (x->outside > y->outside) - (x->outside < y->outside);
}

/* sort, and join what continues its predecessor on both sides */
static void tidy(struct idmap *m)
{
	size_t n = 0;

	if (m->n > 1)
		qsort(m->e, m->n, sizeof(*m->e), by_inside);
	for (size_t i = 0; i < m->n; i++) {
		struct idmap_extent *last = n ? &m->e[n - 1] : NULL, e = m->e[i];

		if (last && last->inside + last->size == e.inside &&
			last->outside + last->size == e.outside)
			last->size += e.size;
		else
			m->e[n++] = e;
	}
	m->n = n;
}

static void add_piece(struct idmap *m, int64_t inside, int64_t outside, int64_t size)
{
	if (size > 0)
		idmap_add(m, (uint32_t)inside, (uint32_t)outside, (uint32_t)size);
}

/* append @e without the @size ids from @start on, counted from its own beginning */
static void add_without(struct idmap *m, const struct idmap_extent *e, int64_t start, int64_t size)
{
	int64_t end = start + size;

	if (end <= 0 || start >= e->size) {
		add_piece(m, e->inside, e->outside, e->size);
		return;
	}
	add_piece(m, e->inside, e->outside, start);
	add_piece(m, e->inside + end, e->outside + end, e->size - end);
}

/* take the container ids, or the ids of R, from @start on out of all mappings */
static void cut(struct idmap *m, bool inside, int64_t start, int64_t size)
{
	struct idmap out = {0};

	for (size_t i = 0; i < m->n; i++)
		add_without(
			&out, &m->e[i], start - (inside ? m->e[i].inside : m->e[i].outside), size);
	idmap_done(m);
	*m = out;
}

/* ids of R, each as its own "inside", without those that @maps use; sorted */
static void spare(const struct idmap *r, uint32_t from, const struct idmap *const *maps, size_t n,
	struct idmap *ret)
{
	struct idmap out = {0};

	for (size_t i = 0; i < r->n; i++)
		idmap_add(&out, r->e[i].inside, r->e[i].inside, r->e[i].size);
	cut(&out, true, 0, from);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < maps[i]->n; k++)
			cut(&out, true, maps[i]->e[k].outside, maps[i]->e[k].size);
	if (out.n > 1)
		qsort(out.e, out.n, sizeof(*out.e), by_outside);
	*ret = out;
}

/* take up to @want ids from the beginning of @spans; Return: how many */
static uint32_t take(struct idmap *spans, uint32_t want, uint32_t *ret_first)
{
	struct idmap_extent *e = spans->e;
	uint32_t n = e->size < want ? e->size : want;

	*ret_first = e->outside;
	e->outside += n;
	e->inside += n;
	e->size -= n;
	if (!e->size)
		memmove(e, e + 1, --spans->n * sizeof(*e));
	return n;
}

/* give ids of @spans to the container ids [@inside, @end); Return: the first that got none */
static uint32_t give(struct idmap *m, struct idmap *spans, uint32_t inside, uint32_t end)
{
	while (inside < end && spans->n) {
		uint32_t first, n = take(spans, end - inside, &first);

		idmap_add(m, inside, first, n);
		inside += n;
	}
	return inside;
}

/* container ids that nothing is said about, from 0 on, for what is left of R */
static void fill_up(struct idmap *m, const struct idmap *r)
{
	_cleanup_(idmap_done) struct idmap spans = {0};
	struct idmap out = {0};
	uint32_t next = 0;

	spare(r, 0, (const struct idmap *const[]){m}, 1, &spans);
	tidy(m);
	for (size_t i = 0; i < m->n; i++) {
		give(&out, &spans, next, m->e[i].inside);
		idmap_add(&out, m->e[i].inside, m->e[i].outside, m->e[i].size);
		next = m->e[i].inside + m->e[i].size;
	}
	give(&out, &spans, next, UINT32_MAX);
	idmap_done(m);
	*m = out;
}

static int malformed(const char *spec, enum mapspec_side side, struct err *err)
{
	const char *flag = side == MAPSPEC_UID ? "--uidmap" : "--gidmap";

	err_set(err, ERR_USAGE, "%s '%.80s' is not a mapping of ids", flag, spec);
	return err_hint(
		err, "write [+ug]CONTAINER-ID:[@]ID[:COUNT], for example %s 0:1:1000", flag);
}

static const char *read_flags(const char *s, struct flags *ret)
{
	*ret = (struct flags){0};
	for (; *s; s++) {
		if (*s == '+')
			ret->extend = true;
		else if (*s == 'u')
			ret->uid = true;
		else if (*s == 'g')
			ret->gid = true;
		else
			break;
	}
	if (!ret->uid && !ret->gid)
		ret->uid = ret->gid = true;
	return s;
}

static int insert(struct idmap *m, const struct piece *p, bool extend, struct err *err)
{
	if (extend) {
		cut(m, true, p->inside, p->size);
		cut(m, false, p->outside, p->size);
	}
	return idmap_add_checked(
		m, (uint64_t)p->inside, (uint64_t)p->outside, (uint64_t)p->size, err);
}

/* @FROM: each id of the host by itself, for neighbours need not be neighbours in R */
static int insert_host(struct idmap *m, const struct idmap *r, const struct piece *p, bool extend,
	enum mapspec_side side, struct err *err)
{
	for (int64_t i = 0; i < p->size;) {
		struct piece one = {.inside = p->inside + i};
		const struct idmap_extent *e = NULL;
		int64_t id = p->outside + i;
		int ret;

		for (size_t k = 0; k < r->n && !e; k++)
			if (id >= r->e[k].outside && id - r->e[k].outside < r->e[k].size)
				e = &r->e[k];
		if (!e) {
			err_set(err, ERR_USAGE, "the %s id %lld of the host is not yours to map",
				side == MAPSPEC_UID ? "user" : "group", (long long)id);
			return err_hint(err, "an administrator can give it to you in %s",
				side == MAPSPEC_UID ? "/etc/subuid" : "/etc/subgid");
		}
		one.outside = e->inside + (id - e->outside);
		one.size = e->size - (id - e->outside);
		if (one.size > p->size - i)
			one.size = p->size - i;
		ret = insert(m, &one, extend, err);
		if (ret < 0)
			return ret;
		i += one.size;
	}
	return 0;
}

/* three fields; Return: 1 if the rest of R is to be given away, 0, or a negative errno */
static int add_triple(struct idmap *m, char *const field[3], enum mapspec_side side,
	const struct idmap *r, const char *spec, struct err *err)
{
	struct flags f;
	const char *inside = read_flags(field[0], &f), *from = field[1];
	bool host = *from == '@', first = f.extend && m->n == 0;
	uint64_t v[3];
	struct piece p;
	int ret;

	if (parse_u64_max(inside, UINT32_MAX - 1, &v[0]) < 0 ||
		parse_u64_max(from + host, UINT32_MAX - 1, &v[1]) < 0 ||
		parse_u64_max(field[2], UINT32_MAX, &v[2]) < 0)
		return malformed(spec, side, err);
	if (!v[2] || !(side == MAPSPEC_UID ? f.uid : f.gid))
		return 0;
	p = (struct piece){(int64_t)v[0], (int64_t)v[1], (int64_t)v[2]};
	ret = host ? insert_host(m, r, &p, f.extend, side, err) : insert(m, &p, f.extend, err);
	return ret < 0 ? ret : first;
}

int mapspec_parse(const struct strv *specs, enum mapspec_side side, const struct idmap *r,
	bool fill, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap m = {0};
	bool rest = false;

	strv_foreach (i, spec, specs) {
		_cleanup_strv_ struct strv fields = {0};

		if (!*spec)
			continue;
		strv_split(&fields, spec, ":");
		if (fields.n == 2)
			strv_add(&fields, "1");
		if (fields.n % 3)
			return malformed(spec, side, err);
		for (size_t k = 0; k < fields.n; k += 3) {
			int n = add_triple(&m, fields.v + k, side, r, spec, err);

			if (n < 0)
				return n;
			rest = rest || n;
		}
	}
	if (rest && fill)
		fill_up(&m, r);
	tidy(&m);
	*ret = m;
	m = (struct idmap){0};
	return 0;
}

void mapspec_keep(const struct idmap *r, uint32_t id, uint32_t size, struct idmap *ret)
{
	uint64_t others = idmap_count(r) - 1;
	_cleanup_(idmap_done) struct idmap spans = {0};
	struct idmap m = {0};
	uint32_t n;

	if (size && others > size - 1)
		others = size - 1;
	spare(r, 1, NULL, 0, &spans);
	n = give(&m, &spans, 0, others < id ? (uint32_t)others : id);
	idmap_add(&m, id, 0, 1);
	if (others > n)
		give(&m, &spans, id + 1, id + 1 + (uint32_t)(others - n));
	tidy(&m);
	*ret = m;
}

void mapspec_nomap(const struct idmap *r, struct idmap *ret)
{
	_cleanup_(idmap_done) struct idmap spans = {0};
	struct idmap m = {0};

	spare(r, 1, NULL, 0, &spans);
	give(&m, &spans, 0, UINT32_MAX);
	tidy(&m);
	*ret = m;
}

int mapspec_auto(const struct idmap *r, const struct idmap *used, const struct idmap *extra,
	uint32_t size, struct idmap *ret, struct err *err)
{
	_cleanup_(idmap_done) struct idmap spans = {0}, wanted = {0}, m = {0};

	spare(r, 1, (const struct idmap *const[]){used, extra}, 2, &spans);
	idmap_add(&wanted, 0, 0, size);
	for (size_t i = 0; i < extra->n; i++) {
		int n = idmap_add_checked(
			&m, extra->e[i].inside, extra->e[i].outside, extra->e[i].size, err);

		if (n < 0)
			return n;
		cut(&wanted, true, extra->e[i].inside, extra->e[i].size);
	}
	if (idmap_count(&spans) < idmap_count(&wanted))
		return err_set(err, ENOSPC, "%llu ids are free, the container needs %llu",
			(unsigned long long)idmap_count(&spans),
			(unsigned long long)idmap_count(&wanted));
	for (size_t i = 0; i < wanted.n; i++)
		give(&m, &spans, wanted.e[i].inside, wanted.e[i].inside + wanted.e[i].size);
	tidy(&m);
	*ret = m;
	m = (struct idmap){0};
	return 0;
}
