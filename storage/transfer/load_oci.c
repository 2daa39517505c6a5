#include "storage/transfer/load.h"

#include "storage/ref.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"

#include <stdio.h>

#define INDEX_DEPTH_MAX 4

static void blob_name(const char *digest, char ret[96])
{
	snprintf(ret, 96, "blobs/sha256/%.64s", digest + strlen("sha256:"));
}

/* a small blob, checked against its descriptor */
static int read_blob(
	struct bundle *b, const char *digest, uint64_t size, struct buf *ret, struct err *err)
{
	char name[96], got[72];
	int r;

	blob_name(digest, name);
	ret->cap = JSON_RECORD_CAP;
	r = bundle_read(b, name, ret, err);
	if (r < 0)
		return r;
	ingest_digest(buf_str(ret), ret->len, got);
	if (!str_eq(got, digest))
		return err_say(err, EBADMSG, "%s has the digest %s", name, got);
	if (ret->len != size)
		return err_say(err, EBADMSG, "%s has %zu bytes instead of %llu", name, ret->len,
			(unsigned long long)size);
	return 0;
}

/* Follows indexes down to the manifest for this machine.  @ret: its exact bytes */
static int find_manifest(struct bundle *b, const struct descriptor *d, unsigned depth,
	struct buf *ret, struct manifest *ret_m, struct err *err)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_(platform_done) struct platform host = {0};
	const struct descriptor *next;
	int r = read_blob(b, d->digest, d->size, &text, err);

	if (r == 0)
		r = manifest_parse(buf_str(&text), text.len, d->media_type ? d->media_type : "",
			"the image", &m, err);
	if (r < 0)
		return r;
	if (!m.is_index) {
		*ret = text;
		*ret_m = m;
		text = (struct buf){0};
		m = (struct manifest){0};
		return 0;
	}
	if (depth >= INDEX_DEPTH_MAX)
		return err_say(err, EBADMSG, "its indexes are nested too deeply");
	platform_host(&host);
	r = manifest_choose(&m, &host, "the image", &next, err);
	return r < 0 ? r : find_manifest(b, next, depth + 1, ret, ret_m, err);
}

static int read_image(
	struct bundle *b, const struct descriptor *d, struct load_image *img, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_strv_ struct strv diff_ids = {0};
	_cleanup_json_ json_t *config = NULL;
	int r = find_manifest(b, d, 0, &img->manifest, &m, err);

	if (r == 0)
		r = read_blob(b, m.config.digest, m.config.size, &img->config, err);
	if (r == 0)
		r = json_parse(buf_str(&img->config), img->config.len, "image configuration",
			&config, err);
	if (r == 0)
		r = manifest_check_config(config, &m, "the image", &diff_ids, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < m.n; i++) {
		char name[96];

		blob_name(m.entries[i].digest, name);
		load_image_add(img, name, m.entries[i].digest, diff_ids.v[i], m.entries[i].size);
	}
	return 0;
}

/* The full name, where containerd or docker wrote one; else the layout's own, which may be a bare tag. */
static void read_name(const json_t *entry, struct strv *ret)
{
	static const char *const keys[] = {
		"io.containerd.image.name", "org.opencontainers.image.ref.name"};
	const json_t *annotations = json_object_get(entry, "annotations");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *name = json_get_str(annotations, keys[i], NULL);
		_cleanup_(ref_done) struct ref ref = {0};

		if (name && ref_parse(name, &ref, NULL) == 0) {
			strv_add(ret, name);
			return;
		}
	}
}

static int read_descriptor(const json_t *entry, struct descriptor *ret, struct err *err)
{
	const char *digest = json_get_str(entry, "digest", NULL);
	int64_t size = json_get_int(entry, "size", -1);

	if (!ref_digest_ok(digest) || size < 0)
		return err_say(err, EBADMSG, "index.json is malformed: bad descriptor");
	ret->digest = xstrdup(digest);
	ret->media_type = xstrdup(json_get_str(entry, "mediaType", NULL));
	ret->size = (uint64_t)size;
	return 0;
}

static void free_descriptor(struct descriptor *d)
{
	free(d->digest);
	free(d->media_type);
}

int load_oci(struct worker *w, struct bundle *b, json_t *loaded, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *index = NULL;
	json_t *entry, *entries;
	size_t i;
	int r = bundle_read(b, "index.json", &text, err);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, "index.json", &index, err);
	if (r < 0)
		return r;
	entries = json_object_get(index, "manifests");
	if (!json_is_array(entries) || !json_array_size(entries) ||
		json_array_size(entries) > LOAD_IMAGES_MAX)
		return err_say(
			err, EBADMSG, "index.json must list 1 to %d images", LOAD_IMAGES_MAX);
	json_array_foreach (entries, i, entry) {
		_cleanup_(free_descriptor) struct descriptor d = {0};
		_cleanup_(load_image_done) struct load_image img = {0};
		char id[65];

		r = read_descriptor(entry, &d, err);
		if (r == 0)
			r = read_image(b, &d, &img, err);
		if (r < 0)
			return r;
		read_name(entry, &img.names);
		r = load_image(w, b, &img, id, err);
		if (r < 0)
			return r;
		load_report(loaded, id, &img.names);
	}
	return 0;
}
