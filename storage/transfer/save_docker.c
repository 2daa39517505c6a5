/*
 * What docker and podman call docker-archive and docker-dir.  An archive has its layers as plain tars, whatever they came
 * as; a directory has them as they are.
 */
#include "storage/transfer/save.h"

#include "storage/ref.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/rebuild.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <zlib.h>

#define DOCKER	      "application/vnd.docker."
#define MANIFEST_TYPE DOCKER "distribution.manifest.v2+json"
#define CONFIG_TYPE   DOCKER "container.image.v1+json"
#define TAR_TYPE      DOCKER "image.rootfs.diff.tar"
#define GZIP_TYPE     DOCKER "image.rootfs.diff.tar.gzip"
#define DIR_VERSION   "Directory Transport Version: 1.1\n"

static const char *hex(const char *digest)
{
	return digest + strlen("sha256:");
}

static int put_json(struct save *s, const char *name, const json_t *j, struct err *err)
{
	_cleanup_free_ char *text = json_text(j);

	return outbox_put(s->out, name, text, strlen(text), err);
}

static int put_config(
	struct save *s, const struct save_image *img, const char *name, struct err *err)
{
	if (outbox_has(s->out, name))
		return 0;
	return outbox_put(s->out, name, img->config.data, img->config.len, err);
}

/* the tar of each layer, by its DiffID; @list: their names are appended */
static int put_tars(struct save *s, const struct save_image *img, json_t *list, struct err *err)
{
	strv_foreach (i, diff_id, &img->diff_ids) {
		struct save_layer l = {.diff_id = diff_id};
		char name[80];
		int r = rebuild_tar_size(&s->w->store, diff_id, &l.size, err);

		snprintf(l.digest, sizeof(l.digest), "%s", diff_id);
		snprintf(name, sizeof(name), "%.64s.tar", hex(diff_id));
		json_array_append_new(list, json_str(name));
		if (r == 0)
			r = save_layer(s, &l, name, err);
		if (r < 0)
			return err_wrap(err, "image %.12s", img->id);
	}
	return 0;
}

/* {"host/path": {"tag": top layer}}, for the oldest readers */
static void add_repositories(json_t *all, const struct save_image *img)
{
	const char *top = img->diff_ids.n ? hex(img->diff_ids.v[img->diff_ids.n - 1]) : img->id;

	strv_foreach (i, text, &img->names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *name = NULL;

		if (ref_parse(text, &ref, NULL) < 0)
			continue;
		name = ref_name(&ref);
		if (!json_object_get(all, name))
			json_object_set_new(all, name, json_object());
		json_set_str(json_object_get(all, name), ref.tag, top);
	}
}

int save_docker_archive(struct save *s, struct err *err)
{
	_cleanup_json_ json_t *all = json_array(), *repositories = json_object();
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct save_image *img = &s->v[i];
		json_t *one = json_object(), *layers = json_array();
		char name[72];

		snprintf(name, sizeof(name), "%.64s.json", img->id);
		json_array_append_new(all, one);
		json_set_str(one, "Config", name);
		json_object_set_new(
			one, "RepoTags", img->names.n ? json_from_strv(&img->names) : json_null());
		json_object_set_new(one, "Layers", layers);
		r = put_tars(s, img, layers, err);
		if (r == 0)
			r = put_config(s, img, name, err);
		add_repositories(repositories, img);
	}
	if (r == 0)
		r = put_json(s, "repositories", repositories, err);
	return r < 0 ? r : put_json(s, "manifest.json", all, err);
}

/* a tar being compressed into a file whose name, its digest, is known at the end */
struct zip {
	struct outbox *out;
	z_stream z;
	EVP_MD_CTX *hash;
	uint64_t size;
	unsigned char chunk[64 << 10];
};

static int deflate_piece(struct zip *p, int flush, struct err *err)
{
	int r;

	do {
		size_t n;

		p->z.next_out = p->chunk;
		p->z.avail_out = sizeof(p->chunk);
		if (deflate(&p->z, flush) == Z_STREAM_ERROR)
			return err_set(err, EIO, "compress a layer");
		n = sizeof(p->chunk) - p->z.avail_out;
		EVP_DigestUpdate(p->hash, p->chunk, n);
		p->size += n;
		r = outbox_write(p->out, p->chunk, n, err);
	} while (r == 0 && p->z.avail_out == 0);
	return r;
}

static int compress_piece(void *arg, const void *data, size_t len, struct err *err)
{
	struct zip *p = arg;

	p->z.next_in = (unsigned char *)(uintptr_t)data;
	p->z.avail_in = (unsigned)len;
	return deflate_piece(p, Z_NO_FLUSH, err);
}

static int put_compressed(struct save *s, struct save_layer *l, struct err *err)
{
	_cleanup_free_ struct zip *p = xcalloc(1, sizeof(*p));
	int r;

	p->out = s->out;
	p->hash = EVP_MD_CTX_new();
	if (!p->hash || EVP_DigestInit_ex(p->hash, EVP_sha256(), NULL) != 1 ||
		deflateInit2(&p->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
			Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	r = outbox_begin(s->out, "incoming", 0, err);
	if (r == 0)
		r = rebuild_to(&s->w->store, l->diff_id, compress_piece, p, err);
	if (r == 0)
		r = deflate_piece(p, Z_FINISH, err);
	if (r == 0)
		r = outbox_end(s->out, err);
	deflateEnd(&p->z);
	ingest_digest_end(p->hash, l->digest);
	l->size = p->size;
	return r < 0 ? r : outbox_rename(s->out, "incoming", hex(l->digest), err);
}

/* one layer of a directory; @exact is cleared if it is not as the manifest says */
static int put_layer(struct save *s, const struct save_image *img, size_t i, json_t *list,
	bool *exact, struct err *err)
{
	struct save_layer l = {0};
	bool zip = false;
	json_t *d;
	int r = save_plan(s, img, i, &l, err);

	if (r < 0)
		return r;
	/* docker's manifests know gzip only */
	if (l.blob && !str_ends(l.media_type, "+gzip")) {
		l.blob = l.exact = false;
		snprintf(l.digest, sizeof(l.digest), "%s", l.diff_id);
		r = rebuild_tar_size(&s->w->store, l.diff_id, &l.size, err);
	}
	zip = s->compress && !l.blob;
	if (r == 0)
		r = zip ? put_compressed(s, &l, err) : save_layer(s, &l, hex(l.digest), err);
	if (r < 0)
		return r;
	*exact = *exact && l.exact && !zip;
	d = json_object();
	json_set_str(d, "mediaType", zip || l.blob ? GZIP_TYPE : TAR_TYPE);
	json_object_set_new(d, "size", json_integer((json_int_t)l.size));
	json_set_str(d, "digest", l.digest);
	json_array_append_new(list, d);
	return 0;
}

int save_docker_dir(struct save *s, struct err *err)
{
	const struct save_image *img = &s->v[0];
	_cleanup_json_ json_t *m = json_object();
	bool exact = str_eq(json_get_str(img->m, "mediaType", ""), MANIFEST_TYPE);
	json_t *layers = json_array(), *config = json_object();
	_cleanup_free_ char *digest = xasprintf("sha256:%s", img->id);
	int r = outbox_put(s->out, "version", DIR_VERSION, strlen(DIR_VERSION), err);

	json_object_set_new(m, "schemaVersion", json_integer(2));
	json_set_str(m, "mediaType", MANIFEST_TYPE);
	json_set_str(config, "mediaType", CONFIG_TYPE);
	json_object_set_new(config, "size", json_integer((json_int_t)img->config.len));
	json_set_str(config, "digest", digest);
	json_object_set_new(m, "config", config);
	json_object_set_new(m, "layers", layers);
	for (size_t i = 0; r == 0 && i < img->diff_ids.n; i++)
		r = put_layer(s, img, i, layers, &exact, err);
	if (r == 0)
		r = put_config(s, img, img->id, err);
	if (r < 0)
		return r;
	return exact ? outbox_put(
			       s->out, "manifest.json", img->manifest.data, img->manifest.len, err)
		     : put_json(s, "manifest.json", m, err);
}
