#include "storage/transfer/list_source.h"

#include "runtime/base/fs.h"
#include "storage/list.h"
#include "storage/ref.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/index.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/sigstore.h"

#include <stdio.h>

void list_doc_done(struct list_doc *d)
{
	json_decref(d->index);
	json_decref(d->sources);
	strv_done(&d->added);
}

int list_read_file(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s/%s", id, name);

	ret->cap = REGISTRY_MANIFEST_CAP;
	return fs_read_at(s->fd, path, ret, err);
}

int list_doc_take(struct list_doc *d, json_t *entry, json_t *source, struct err *err)
{
	const char *digest = json_get_str(entry, "digest", "");
	int r = index_add(d->index, entry, err);

	if (r == 0) {
		json_object_set(d->sources, digest, source);
		strv_add(&d->added, digest);
	}
	json_decref(entry);
	json_decref(source);
	return r;
}

static const char *type_of(const struct manifest *m, const json_t *j)
{
	const char *type = json_get_str(j, "mediaType", "");

	/* OCI manifests need not name their type: the configuration's does */
	return *type ? type : manifest_type(manifest_is_docker(m->config.media_type), m->is_index);
}

static int add_image(struct worker *w, const char *id, struct list_doc *d, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_buf_ struct buf bytes = {0}, config_bytes = {0};
	_cleanup_json_ json_t *config = NULL, *j = NULL;
	_cleanup_free_ char *what = xasprintf("image %.12s", id);
	char digest[72], config_digest[72];
	int r = list_read_file(&w->store, id, "manifest.json", &bytes, err);

	if (r == 0)
		r = list_read_file(&w->store, id, "config.json", &config_bytes, err);
	if (r == 0)
		r = manifest_parse(buf_str(&bytes), bytes.len, "", what, &m, err);
	if (r == 0)
		r = json_parse(buf_str(&bytes), bytes.len, what, &j, err);
	if (r == 0)
		r = json_parse(buf_str(&config_bytes), config_bytes.len, what, &config, err);
	if (r < 0)
		return r;
	ingest_digest(buf_str(&bytes), bytes.len, digest);
	ingest_digest(buf_str(&config_bytes), config_bytes.len, config_digest);
	if (m.is_index || !str_eq(config_digest, m.config.digest))
		return err_say(
			err, EBADMSG, "%s is damaged: its manifest is that of another", what);
	return list_doc_take(d, index_entry(type_of(&m, j), digest, bytes.len, config),
		json_pack("{s:s}", "image", id), err);
}

/* the platforms of an index's entries, as manifest_choose() wants them */
static int choose(const char *text, size_t len, const struct platform *want, const char *what,
	char ret_digest[72], struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	const struct descriptor *one;
	int r = manifest_read(text, len, "", what, &m, err);

	if (r == 0)
		r = manifest_choose(&m, want, what, &one, err);
	if (r == 0)
		snprintf(ret_digest, 72, "%s", one->digest);
	return r;
}

static int add_list(struct worker *w, const char *id, const struct platform *want, bool all,
	struct list_doc *d, struct err *err)
{
	_cleanup_json_ json_t *sources = list_sources(&w->store, id), *index = NULL;
	_cleanup_free_ char *what = xasprintf("list %.12s", id);
	_cleanup_buf_ struct buf bytes = {0};
	char digest[72] = "";
	const json_t *e;
	size_t i;
	int r = list_read_file(&w->store, id, "manifest.json", &bytes, err);

	if (r == 0)
		r = json_parse(buf_str(&bytes), bytes.len, what, &index, err);
	if (r == 0 && !all)
		r = choose(buf_str(&bytes), bytes.len, want, what, digest, err);
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(index, "manifests"), i, e) {
		const char *this = json_get_str(e, "digest", "");
		json_t *source = json_object_get(sources, this);

		if (!all && !str_eq(this, digest))
			continue;
		r = list_doc_take(
			d, index_copy_entry(e), source ? json_incref(source) : json_object(), err);
		if (r < 0 || !all)
			return r;
	}
	return 0;
}

/* an image's configuration, for its platform; nothing where it is an artifact */
static int fetch_config(struct registry *r, const struct manifest *m, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf bytes = {0};
	int e = registry_blob(r, m->config.digest, m->config.size, &bytes, err);

	return e < 0 ? e : json_parse(buf_str(&bytes), bytes.len, "image configuration", ret, err);
}

/* an entry of an index on a registry: its manifest is looked at, and gives what the index does not say */
static int add_entry(struct registry *r, const json_t *raw, const struct descriptor *desc,
	const char *what, json_t *source, struct list_doc *d, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_json_ json_t *config = NULL;
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_free_ char *type = NULL;
	char digest[72];
	json_t *entry;
	int e = registry_manifest(r, desc->digest, &bytes, &type, digest, err);

	if (e < 0)
		return e;
	if (bytes.len != desc->size)
		return err_say(err, EBADMSG,
			"%s: manifest %.19s has %zu bytes; the index says %llu", what, digest,
			bytes.len, (unsigned long long)desc->size);
	if (manifest_is_type(type) && !str_eq(type, desc->media_type))
		return err_say(err, EBADMSG,
			"%s: the type of manifest %.19s is not the one that the index says", what,
			digest);
	e = manifest_read(buf_str(&bytes), bytes.len, desc->media_type, what, &m, err);
	if (e == 0 && m.is_index)
		e = err_say(err, EBADMSG, "%s: an index inside an index", what);
	if (e == 0 && str_empty(desc->platform.os) && manifest_is_image(&m))
		e = fetch_config(r, &m, &config, err);
	if (e < 0)
		return e;
	entry = index_copy_entry(raw);
	if (config) {
		json_t *plain = index_entry("", digest, 0, config);

		if (json_object_get(plain, "platform"))
			json_object_set(entry, "platform", json_object_get(plain, "platform"));
		json_decref(plain);
	}
	return list_doc_take(d, entry, json_incref(source), err);
}

static int add_index(struct registry *r, const struct manifest *m, const struct buf *bytes,
	const struct platform *want, bool all, const char *what, json_t *source, struct list_doc *d,
	struct err *err)
{
	const struct descriptor *chosen = NULL;
	_cleanup_json_ json_t *index = NULL;
	int e = json_parse(bytes->data, bytes->len, what, &index, err);

	if (e == 0 && !all)
		e = manifest_choose(m, want, what, &chosen, err);
	for (size_t i = 0; e == 0 && i < m->n; i++)
		if (all || chosen == &m->entries[i])
			e = add_entry(r, json_array_get(json_object_get(index, "manifests"), i),
				&m->entries[i], what, source, d, err);
	return e;
}

/* one place of an image on registries */
struct place {
	const json_t *candidate;
	struct registry r;
	char *from; /* HOST/PATH, whatever mirror it is read from */
	struct buf bytes;
	char *type;
	char digest[72];
};

static void place_done(struct place *p)
{
	registry_done(&p->r);
	free(p->from);
	buf_done(&p->bytes);
	free(p->type);
	*p = (struct place){0};
}

static int try_place(const json_t *request, const json_t *candidate, const json_t *endpoint,
	struct place *p, struct err *err)
{
	const char *digest = json_get_str(candidate, "digest", NULL);
	_cleanup_(ref_done) struct ref ref = {0};
	int e = ref_parse(json_get_str(candidate, "name", ""), &ref, err);

	if (e == 0)
		e = endpoint_open(request, endpoint, &p->r, err);
	if (e == 0)
		e = registry_manifest(&p->r,
			digest ? digest : json_get_str(candidate, "tag", "latest"), &p->bytes,
			&p->type, p->digest, err);
	if (e < 0)
		return e;
	p->candidate = candidate;
	p->from = ref_name(&ref);
	return 0;
}

static int find_place(
	const json_t *request, const json_t *candidates, struct place *ret, struct err *err)
{
	const json_t *candidate, *endpoint;
	int e = err_say(err, EINVAL, "nothing to look for");
	size_t i, k;

	json_array_foreach (candidates, i, candidate)
		json_array_foreach (json_object_get(candidate, "endpoints"), k, endpoint) {
			e = try_place(request, candidate, endpoint, ret, err);
			if (e == 0)
				return 0;
			place_done(ret);
		}
	return e;
}

static int add_remote(const json_t *request, const json_t *candidates, const struct platform *want,
	bool all, struct list_doc *d, struct err *err)
{
	_cleanup_(place_done) struct place p = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_json_ json_t *config = NULL, *j = NULL, *source = NULL;
	const char *what;
	int e = find_place(request, candidates, &p, err);

	if (e < 0)
		return e;
	what = json_get_str(p.candidate, "name", "");
	e = sigstore_check(&p.r, json_object_get(p.candidate, "policy"), what, p.digest, err);
	if (e < 0)
		return e;
	e = manifest_parse(buf_str(&p.bytes), p.bytes.len, p.type, what, &m, err);
	if (e < 0)
		return e;
	source = json_pack("{s:s,s:s,s:s}", "from", p.from, "name", what, "top", p.digest);
	if (m.is_index)
		return add_index(&p.r, &m, &p.bytes, want, all, what, source, d, err);
	e = fetch_config(&p.r, &m, &config, err);
	if (e == 0)
		e = json_parse(buf_str(&p.bytes), p.bytes.len, what, &j, err);
	return e < 0 ? e
		     : list_doc_take(d, index_entry(type_of(&m, j), p.digest, p.bytes.len, config),
			       json_incref(source), err);
}

int list_source_add(struct worker *w, const json_t *request, const json_t *source,
	const struct platform *want, bool all, struct list_doc *d, struct err *err)
{
	const char *image = json_get_str(source, "image", NULL),
		   *list = json_get_str(source, "list", NULL);

	if (image)
		return add_image(w, image, d, err);
	if (list)
		return add_list(w, list, want, all, d, err);
	return add_remote(request, json_object_get(source, "candidates"), want, all, d, err);
}

int list_source_fetch(struct worker *w, const json_t *request, const json_t *candidates,
	struct buf *ret, char **ret_type, char ret_digest[72], struct err *err)
{
	_cleanup_(place_done) struct place p = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	int e = find_place(request, candidates, &p, err);

	(void)w;
	if (e == 0)
		e = manifest_read(buf_str(&p.bytes), p.bytes.len, p.type,
			json_get_str(p.candidate, "name", ""), &m, err);
	if (e < 0)
		return e;
	*ret = p.bytes;
	p.bytes = (struct buf){0};
	*ret_type = take_ptr(p.type);
	memcpy(ret_digest, p.digest, 72);
	return 0;
}

int list_source_describe(struct worker *w, const json_t *request, const json_t *source,
	json_t **ret, struct err *err)
{
	const char *id = json_get_str(source, "image", json_get_str(source, "list", NULL));
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_(place_done) struct place p = {0};
	_cleanup_json_ json_t *j = NULL;
	const char *what = "the subject";
	int r;

	if (id)
		r = list_read_file(&w->store, id, "manifest.json", &p.bytes, err);
	else
		r = find_place(request, json_object_get(source, "candidates"), &p, err);
	if (r == 0 && !id)
		r = sigstore_check(
			&p.r, json_object_get(p.candidate, "policy"), what, p.digest, err);
	if (r == 0)
		r = manifest_read(
			buf_str(&p.bytes), p.bytes.len, p.type ? p.type : "", what, &m, err);
	if (r == 0)
		r = json_parse(buf_str(&p.bytes), p.bytes.len, what, &j, err);
	if (r < 0)
		return r;
	ingest_digest(buf_str(&p.bytes), p.bytes.len, p.digest);
	*ret = json_pack("{s:s,s:s,s:I}", "mediaType", type_of(&m, j), "digest", p.digest, "size",
		(json_int_t)p.bytes.len);
	json_set_str(*ret, "artifactType", str_empty(m.artifact) ? NULL : m.artifact);
	return 0;
}
