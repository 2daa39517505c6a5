/*
 * The last step of taking an image in: its two documents are checked against each other and against what was unpacked.
 * A document that two readers could understand differently is refused.
 */
#include "storage/image_add.h"
#include "storage/transfer/ingest.h"

#include "runtime/base/json.h"
#include "storage/ref.h"

#include <stdio.h>

#define LABELS_CAP    ((size_t)256 << 10)
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"

static int refuse(struct err *err, const char *why)
{
	return err_say(err, EBADMSG, "the image is refused: %s", why);
}

static int check_labels(const json_t *config, struct err *err)
{
	json_t *labels = json_object_get(json_object_get(config, "config"), "Labels"), *value;
	const char *key;
	size_t sum = 0;

	if (!labels || json_is_null(labels))
		return 0;
	if (!json_is_object(labels))
		return refuse(err, "its labels are not an object");
	json_object_foreach (labels, key, value) {
		if (!json_is_string(value))
			return refuse(err, "a label is not a string");
		sum += strlen(key) + json_string_length(value);
	}
	return sum > LABELS_CAP ? refuse(err, "its labels are larger than 256 KiB") : 0;
}

static int check_config(const json_t *config, const struct strv *diff_ids, struct err *err)
{
	const json_t *rootfs = json_object_get(config, "rootfs");
	const json_t *ids = json_object_get(rootfs, "diff_ids");
	const char *os = json_get_str(config, "os", "linux");
	const json_t *id;
	size_t i;

	if (!json_is_object(config) || !json_is_object(rootfs) || !json_is_array(ids))
		return refuse(err, "its configuration is not one of a container image (it may be "
				   "an artifact)");
	if (!str_eq(json_get_str(rootfs, "type", "layers"), "layers"))
		return refuse(err, "its root file system is not made of layers");
	if (!str_eq(os, "linux") && !str_eq(os, "")) {
		err_say(err, EBADMSG, "the image is for %.60s, not for linux", os);
		return err_hint(err, "choose another with --os or --platform");
	}
	if (json_array_size(ids) != diff_ids->n)
		return refuse(err, "the number of its layers and that of its DiffIDs differ");
	json_array_foreach (ids, i, id)
		if (!str_eq(json_string_value(id), diff_ids->v[i]))
			return refuse(err, "its layers are not those that its configuration lists");
	return check_labels(config, err);
}

static int check_manifest(
	const struct buf *bytes, const struct buf *config, size_t layers, struct err *err)
{
	_cleanup_json_ json_t *m = NULL;
	char digest[72];
	const json_t *c;
	int r = json_parse(bytes->data, bytes->len, "manifest", &m, err);

	if (r < 0)
		return r;
	if (json_get_int(m, "schemaVersion", 0) != 2)
		return refuse(err, "its manifest has an unknown schema version");
	if (json_object_get(m, "manifests") || json_object_get(m, "fsLayers"))
		return refuse(err, "its manifest is ambiguous: it lists manifests and layers");
	c = json_object_get(m, "config");
	ingest_digest(config->data, config->len, digest);
	if (!str_eq(json_get_str(c, "digest", ""), digest))
		return refuse(err, "its configuration is not the one that its manifest names");
	if (json_get_int(c, "size", -1) != (int64_t)config->len)
		return refuse(
			err, "its configuration does not have the size that its manifest says");
	if (json_array_size(json_object_get(m, "layers")) != layers)
		return refuse(
			err, "its manifest has another number of layers than its configuration");
	return 0;
}

static int make_manifest(const struct store *s, const struct buf *config,
	const struct strv *diff_ids, struct buf *ret, struct err *err)
{
	_cleanup_json_ json_t *m = json_object();
	json_t *c = json_object(), *layers = json_array();
	_cleanup_free_ char *text = NULL;
	char digest[72];

	ingest_digest(config->data, config->len, digest);
	json_object_set_new(m, "schemaVersion", json_integer(2));
	json_set_str(m, "mediaType", MANIFEST_TYPE);
	json_set_str(c, "mediaType", CONFIG_TYPE);
	json_set_str(c, "digest", digest);
	json_object_set_new(c, "size", json_integer((json_int_t)config->len));
	json_object_set_new(m, "config", c);
	json_object_set_new(m, "layers", layers);
	strv_foreach (i, id, diff_ids) {
		_cleanup_json_ json_t *record = NULL;
		json_t *layer = json_object();
		char path[96];
		int r;

		json_array_append_new(layers, layer);
		snprintf(path, sizeof(path), "layers/%.64s/layer.json", id + strlen("sha256:"));
		r = json_read_at(s->fd, path, &record, err);
		if (r < 0)
			return err_wrap(err, "layer %.19s is missing from the store", id);
		json_set_str(layer, "mediaType", LAYER_TYPE);
		json_set_str(layer, "digest", id);
		json_object_set_new(
			layer, "size", json_integer(json_get_int(record, "tarSize", 0)));
	}
	text = json_text(m);
	buf_adds(ret, text);
	return 0;
}

int ingest_image(const struct store *s, const struct buf *config, const struct buf *manifest,
	const struct strv *diff_ids, const struct strv *names, char ret_id[65], struct err *err)
{
	_cleanup_buf_ struct buf made = {0};
	_cleanup_json_ json_t *c = NULL;
	char id[72], digest[72];
	int r;

	if (config->len > JSON_RECORD_CAP || (manifest && manifest->len > JSON_RECORD_CAP))
		return refuse(err, "its configuration or its manifest is larger than 4 MiB");
	strv_foreach (i, diff_id, diff_ids)
		if (!ref_digest_ok(diff_id))
			return refuse(err, "a DiffID is not sha256: and 64 hexadecimal digits");
	r = json_parse(config->data, config->len, "image configuration", &c, err);
	if (r == 0)
		r = check_config(c, diff_ids, err);
	if (r < 0)
		return r;
	if (manifest) {
		r = check_manifest(manifest, config, diff_ids->n, err);
	} else {
		r = make_manifest(s, config, diff_ids, &made, err);
		manifest = &made;
	}
	if (r < 0)
		return r;
	ingest_digest(config->data, config->len, id);
	ingest_digest(manifest->data, manifest->len, digest);
	r = image_add(s, id + strlen("sha256:"), digest, config, manifest, names, err);
	if (r < 0)
		return r;
	memcpy(ret_id, id + strlen("sha256:"), 65);
	return 0;
}
