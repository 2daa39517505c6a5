#include "storage/transfer/places.h"

#include "runtime/base/json.h"
#include "storage/ref.h"

#include <stdio.h>

#define PLACES_VERSION 1

static void file_name(const char *diff_id, char ret[112])
{
	snprintf(ret, 112, "layers/%.64s/places.json", diff_id + strlen("sha256:"));
}

static void blob_done(struct place_blob *b)
{
	free(b->digest);
	free(b->media_type);
	strv_done(&b->at);
	*b = (struct place_blob){0};
}

void places_done(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		blob_done(&p->v[i]);
	p->n = 0;
}

void places_read(const struct store *s, const char *diff_id, struct places *ret)
{
	_cleanup_json_ json_t *j = NULL;
	const json_t *one;
	char name[112];
	size_t i;

	*ret = (struct places){0};
	file_name(diff_id, name);
	if (json_read_at(s->fd, name, &j, NULL) < 0 ||
		json_get_int(j, "version", 0) != PLACES_VERSION)
		return;
	json_array_foreach (json_object_get(j, "blobs"), i, one) {
		struct place_blob *b = &ret->v[ret->n];

		if (ret->n == PLACES_BLOBS_MAX)
			return;
		if (!ref_digest_ok(json_get_str(one, "digest", "")) ||
			json_get_int(one, "size", 0) <= 0)
			continue;
		b->digest = xstrdup(json_get_str(one, "digest", ""));
		b->media_type = xstrdup(json_get_str(one, "mediaType", ""));
		b->size = (uint64_t)json_get_int(one, "size", 0);
		b->chunked = chunked_from(json_object_get(one, "annotations"));
		json_get_strv(one, "places", &b->at);
		ret->n++;
	}
}

static void write_places(const struct store *s, const char *diff_id, const struct places *p)
{
	_cleanup_json_ json_t *j = json_object();
	json_t *blobs = json_array();
	char name[112];

	json_object_set_new(j, "version", json_integer(PLACES_VERSION));
	json_object_set_new(j, "blobs", blobs);
	for (size_t i = 0; i < p->n; i++) {
		json_t *b = json_object();

		json_set_str(b, "digest", p->v[i].digest);
		json_object_set_new(b, "size", json_integer((json_int_t)p->v[i].size));
		json_set_str(b, "mediaType", p->v[i].media_type);
		if (chunked_is(&p->v[i].chunked)) {
			json_t *annotations = json_object();

			chunked_annotate(annotations, &p->v[i].chunked);
			json_object_set_new(b, "annotations", annotations);
		}
		json_object_set_new(b, "places", json_from_strv(&p->v[i].at));
		json_array_append_new(blobs, b);
	}
	file_name(diff_id, name);
	json_write_at(s->fd, name, j, 0, NULL);
}

static void remove_string(struct strv *v, const char *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (str_eq(v->v[i], s))
			free(v->v[i]);
		else
			v->v[kept++] = v->v[i];
	}
	v->n = kept;
	if (v->v)
		v->v[kept] = NULL;
}

static void put_first(struct strv *v, const char *s)
{
	struct strv sorted = {0};

	remove_string(v, s);
	strv_add(&sorted, s);
	for (size_t i = 0; i < v->n && sorted.n < PLACES_MAX; i++)
		strv_add(&sorted, v->v[i]);
	strv_done(v);
	*v = sorted;
}

static struct place_blob *find_blob(struct places *p, const char *digest)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].digest, digest))
			return &p->v[i];
	return NULL;
}

void places_add(const struct store *s, const char *diff_id, const char *digest, uint64_t size,
	const char *media_type, const struct chunked *chunked, const char *host, const char *path)
{
	_cleanup_(places_done) struct places p = {0};
	_cleanup_free_ char *at = xasprintf("%s/%s", host, path);
	bool table = chunked && chunked_is(chunked);
	struct place_blob *b, first;

	places_read(s, diff_id, &p);
	b = find_blob(&p, digest);
	if (b && b == p.v && b->at.n && str_eq(b->at.v[0], at) &&
		(!table || chunked_is(&b->chunked)))
		return;
	if (!b) {
		if (p.n == PLACES_BLOBS_MAX)
			blob_done(&p.v[--p.n]);
		b = &p.v[p.n++];
		*b = (struct place_blob){
			.digest = xstrdup(digest), .media_type = xstrdup(media_type), .size = size};
	}
	if (table)
		b->chunked = *chunked;
	put_first(&b->at, at);
	first = *b;
	memmove(p.v + 1, p.v, (size_t)(b - p.v) * sizeof(*b));
	p.v[0] = first;
	write_places(s, diff_id, &p);
}

void places_remove(const struct store *s, const char *diff_id, const char *digest, const char *host,
	const char *path)
{
	_cleanup_(places_done) struct places p = {0};
	_cleanup_free_ char *at = xasprintf("%s/%s", host, path);
	struct place_blob *b;

	places_read(s, diff_id, &p);
	b = find_blob(&p, digest);
	if (!b || !strv_has(&b->at, at))
		return;
	remove_string(&b->at, at);
	write_places(s, diff_id, &p);
}

const char *places_on(const struct place_blob *b, const char *host, const char *path)
{
	strv_foreach (i, at, &b->at) {
		const char *rest = str_after(at, host);

		if (rest && *rest == '/' && !str_eq(rest + 1, path))
			return rest + 1;
	}
	return NULL;
}
