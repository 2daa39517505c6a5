#include "storage/transfer/load.h"

#include "storage/ref.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"

#include <stdio.h>

#define INDEX_DEPTH_MAX 4

static const char *const name_keys[] = {
	"io.containerd.image.name", "org.opencontainers.image.ref.name"};

/* the files of a layout; @flat: named by their digests alone, as dir: has them */
struct layout {
	const struct load *l;
	bool flat;
};

static void blob_name(const struct layout *y, const char *digest, char ret[96])
{
	snprintf(ret, 96, "%s%.64s", y->flat ? "" : "blobs/sha256/", digest + strlen("sha256:"));
}

/* a small file, checked against its descriptor; @d->digest may be NULL, where nothing says what it should be */
static int read_file(const struct layout *y, const char *name, const struct descriptor *d,
	struct buf *ret, struct err *err)
{
	char got[72];
	int r;

	ret->cap = JSON_RECORD_CAP;
	r = bundle_read(y->l->b, name, ret, err);
	if (r < 0 || !d->digest)
		return r;
	ingest_digest(buf_str(ret), ret->len, got);
	if (!str_eq(got, d->digest))
		return err_say(err, EBADMSG, "%s has the digest %s", name, got);
	if (ret->len != d->size)
		return err_say(err, EBADMSG, "%s has %zu bytes instead of %llu", name, ret->len,
			(unsigned long long)d->size);
	return 0;
}

static int read_blob(
	const struct layout *y, const struct descriptor *d, struct buf *ret, struct err *err)
{
	char name[96];

	blob_name(y, d->digest, name);
	return read_file(y, name, d, ret, err);
}

/* the manifest in the file @name; through indexes down to the one for the platform.  @ret: its exact bytes */
static int find_manifest(const struct layout *y, const char *name, const struct descriptor *d,
	unsigned depth, struct buf *ret, struct manifest *ret_m, struct err *err)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	const struct descriptor *next;
	char blob[96], file[sizeof(blob) + sizeof(".manifest.json")];
	int r = read_file(y, name, d, &text, err);

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
	r = manifest_choose(&m, &y->l->want, "the image", &next, err);
	if (r < 0)
		return r;
	blob_name(y, next->digest, blob);
	snprintf(file, sizeof(file), "%s%s", blob, y->flat ? ".manifest.json" : "");
	return find_manifest(y, file, next, depth + 1, ret, ret_m, err);
}

static int read_image(const struct layout *y, const char *name, const struct descriptor *d,
	struct load_image *img, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_strv_ struct strv diff_ids = {0};
	_cleanup_json_ json_t *config = NULL;
	int r = find_manifest(y, name, d, 0, &img->manifest, &m, err);

	if (r == 0)
		r = read_blob(y, &m.config, &img->config, err);
	if (r == 0)
		r = json_parse(buf_str(&img->config), img->config.len, "image configuration",
			&config, err);
	if (r == 0)
		r = manifest_check_config(config, &m, "the image", &diff_ids, err);
	if (r != 0)
		return r;
	for (size_t i = 0; i < m.n; i++) {
		char file[96];

		blob_name(y, m.entries[i].digest, file);
		load_image_add(img, file, m.entries[i].digest, diff_ids.v[i], m.entries[i].size);
	}
	return 0;
}

/* The full name, where containerd or docker wrote one; else the layout's own, which may be a bare tag. */
static void read_name(const json_t *entry, struct strv *ret)
{
	const json_t *annotations = json_object_get(entry, "annotations");

	for (size_t i = 0; i < ARRAY_SIZE(name_keys); i++) {
		const char *name = json_get_str(annotations, name_keys[i], NULL);
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

static int load_entry(struct load *l, const json_t *entry, struct err *err)
{
	_cleanup_(free_descriptor) struct descriptor d = {0};
	_cleanup_(load_image_done) struct load_image img = {0};
	struct layout y = {l, false};
	char name[96];
	int r = read_descriptor(entry, &d, err);

	if (r < 0)
		return r;
	blob_name(&y, d.digest, name);
	r = read_image(&y, name, &d, &img, err);
	if (r < 0)
		return r;
	read_name(entry, &img.names);
	return load_image(l, &img, err);
}

/* all names of an entry, also those that are no references */
static void entry_names(const json_t *entry, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(name_keys); i++) {
		const char *name =
			json_get_str(json_object_get(entry, "annotations"), name_keys[i], NULL);

		if (name && !strv_has(ret, name))
			strv_add(ret, name);
	}
}

/* @picked: the entries that are wanted; several names of one image are one */
static int pick(const struct load *l, const json_t *entries, json_t *picked, struct err *err)
{
	_cleanup_strv_ struct strv names = {0}, digests = {0};
	json_t *entry;
	size_t i;

	json_array_foreach (entries, i, entry) {
		const char *digest = json_get_str(entry, "digest", "");
		_cleanup_strv_ struct strv own = {0};

		entry_names(entry, &own);
		entry_names(entry, &names);
		if (!load_wants(l, i, &own))
			continue;
		json_array_append(picked, entry);
		if (!strv_has(&digests, digest))
			strv_add(&digests, digest);
	}
	return load_check_wanted(l, digests.n, &names, err);
}

int load_oci(struct load *l, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *index = NULL, *picked = json_array();
	json_t *entry, *entries;
	size_t i;
	int r = bundle_read(l->b, "index.json", &text, err);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, "index.json", &index, err);
	if (r < 0)
		return r;
	entries = json_object_get(index, "manifests");
	if (!json_is_array(entries) || !json_array_size(entries) ||
		json_array_size(entries) > LOAD_IMAGES_MAX)
		return err_say(
			err, EBADMSG, "index.json must list 1 to %d images", LOAD_IMAGES_MAX);
	r = pick(l, entries, picked, err);
	json_array_foreach (picked, i, entry)
		if (r == 0)
			r = load_entry(l, entry, err);
	return r;
}

int load_dir(struct load *l, struct err *err)
{
	_cleanup_(load_image_done) struct load_image img = {0};
	struct descriptor any = {0};
	struct layout y = {l, true};
	int r = read_image(&y, "manifest.json", &any, &img, err);

	return r < 0 ? r : load_image(l, &img, err);
}
