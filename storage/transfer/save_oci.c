/*
 * An OCI layout, as a directory or an archive.  The manifest is the one that the image came with, byte for byte, wherever the
 * store still has the layers as that names them; else it is adapted: same configuration, so the same id.
 */
#include "storage/transfer/save.h"

#include "storage/transfer/ingest.h"

#include <stdio.h>

#define OCI	      "application/vnd.oci.image."
#define MANIFEST_TYPE OCI "manifest.v1+json"
#define CONFIG_TYPE   OCI "config.v1+json"
#define LAYOUT	      "{\"imageLayoutVersion\": \"1.0.0\"}"

static void blob_name(const char *digest, char ret[96])
{
	snprintf(ret, 96, "blobs/sha256/%.64s", digest + strlen("sha256:"));
}

static int put_blob(struct save *s, const char *digest, const struct buf *bytes, struct err *err)
{
	char name[96];

	blob_name(digest, name);
	if (outbox_has(s->out, name))
		return 0;
	return outbox_put(s->out, name, bytes->data, bytes->len, err);
}

static json_t *describe_layer(const struct save_layer *l, const json_t *old)
{
	json_t *d = json_object(), *annotations = json_object_get(old, "annotations");

	json_set_str(d, "mediaType", l->media_type);
	json_set_str(d, "digest", l->digest);
	json_object_set_new(d, "size", json_integer((json_int_t)l->size));
	if (json_is_object(annotations))
		json_object_set(d, "annotations", annotations);
	return d;
}

static int put_layers(
	struct save *s, const struct save_image *img, json_t *list, bool *exact, struct err *err)
{
	const json_t *old = json_object_get(img->m, "layers");

	for (size_t i = 0; i < img->diff_ids.n; i++) {
		struct save_layer l = {0};
		char name[96];
		int r = save_plan(s, img, i, &l, err);

		if (r < 0)
			return r;
		blob_name(l.digest, name);
		r = save_layer(s, &l, name, err);
		if (r < 0)
			return err_wrap(err, "image %.12s", img->id);
		*exact = *exact && l.exact;
		json_array_append_new(list, describe_layer(&l, json_array_get(old, i)));
	}
	return 0;
}

static void adapt(const struct save_image *img, json_t *layers, struct buf *ret)
{
	_cleanup_json_ json_t *m = json_object();
	json_t *config = json_object(), *annotations = json_object_get(img->m, "annotations");
	_cleanup_free_ char *digest = xasprintf("sha256:%s", img->id), *text = NULL;

	json_object_set_new(m, "schemaVersion", json_integer(2));
	json_set_str(m, "mediaType", MANIFEST_TYPE);
	json_set_str(config, "mediaType", CONFIG_TYPE);
	json_set_str(config, "digest", digest);
	json_object_set_new(config, "size", json_integer((json_int_t)img->config.len));
	json_object_set_new(m, "config", config);
	json_object_set(m, "layers", layers);
	if (json_is_object(annotations))
		json_object_set(m, "annotations", annotations);
	text = json_text(m);
	buf_adds(ret, text);
}

/* an entry of the index for each name; containerd and docker look for the one key, podman for the other */
static void add_entries(json_t *index, const struct save_image *img, const char *type,
	const char *digest, size_t size)
{
	for (size_t i = 0; i < img->names.n || i == 0; i++) {
		json_t *d = json_object(), *annotations = json_object();

		json_set_str(d, "mediaType", type);
		json_set_str(d, "digest", digest);
		json_object_set_new(d, "size", json_integer((json_int_t)size));
		if (i < img->names.n) {
			json_set_str(annotations, "io.containerd.image.name", img->names.v[i]);
			json_set_str(
				annotations, "org.opencontainers.image.ref.name", img->names.v[i]);
			json_object_set(d, "annotations", annotations);
		}
		json_decref(annotations);
		json_array_append_new(index, d);
	}
}

static int put_image(struct save *s, const struct save_image *img, json_t *index, struct err *err)
{
	_cleanup_json_ json_t *layers = json_array();
	_cleanup_free_ char *config = xasprintf("sha256:%s", img->id);
	_cleanup_buf_ struct buf adapted = {0};
	const struct buf *manifest = &img->manifest;
	const char *type = json_get_str(img->m, "mediaType", MANIFEST_TYPE);
	bool exact = true;
	char digest[72];
	int r = put_layers(s, img, layers, &exact, err);

	if (r == 0)
		r = put_blob(s, config, &img->config, err);
	if (r < 0)
		return r;
	if (!exact) {
		adapt(img, layers, &adapted);
		manifest = &adapted;
		type = MANIFEST_TYPE;
	}
	ingest_digest(manifest->data, manifest->len, digest);
	add_entries(index, img, type, digest, manifest->len);
	return put_blob(s, digest, manifest, err);
}

int save_oci(struct save *s, struct err *err)
{
	_cleanup_json_ json_t *index = json_object();
	_cleanup_free_ char *text = NULL;
	json_t *entries = json_array();
	int r = outbox_put(s->out, "oci-layout", LAYOUT, strlen(LAYOUT), err);

	json_object_set_new(index, "schemaVersion", json_integer(2));
	json_object_set_new(index, "manifests", entries);
	if (r == 0)
		r = outbox_mkdir(s->out, "blobs", err);
	if (r == 0)
		r = outbox_mkdir(s->out, "blobs/sha256", err);
	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = put_image(s, &s->v[i], entries, err);
	if (r < 0)
		return r;
	text = json_text(index);
	return outbox_put(s->out, "index.json", text, strlen(text), err);
}
