#include "storage/transfer/check.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/transfer/ingest.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* one directory of images/, as it is found */
struct suspect {
	const struct store *s;
	const char *id;
	struct buf config_bytes, manifest_bytes;
	json_t *config, *manifest, *own;
	struct strv diff_ids;
	bool has_name;
	bool keep_indexes; /* they led to the manifest that is there */
	uint64_t size;	   /* of its layers, by their records */
	bool size_known;
	char missing[72]; /* the first layer that is not there */
};

static void suspect_done(struct suspect *i)
{
	buf_done(&i->config_bytes);
	buf_done(&i->manifest_bytes);
	json_decref(i->config);
	json_decref(i->manifest);
	json_decref(i->own);
	strv_done(&i->diff_ids);
}

static void read_file(
	const struct store *s, const char *id, const char *name, struct buf *bytes, json_t **ret)
{
	_cleanup_free_ char *path = xasprintf("images/%s/%s", id, name);

	bytes->cap = JSON_RECORD_CAP;
	if (fs_read_at(s->fd, path, bytes, NULL) == 0)
		json_parse(buf_str(bytes), bytes->len, name, ret, NULL);
}

static void look_at_layers(struct suspect *i)
{
	i->size_known = true;
	strv_foreach (k, diff_id, &i->diff_ids) {
		_cleanup_free_ char *dir = NULL, *record = NULL;
		_cleanup_json_ json_t *j = NULL;

		if (!ref_digest_ok(diff_id)) {
			snprintf(i->missing, sizeof(i->missing), "%.71s", diff_id);
			return;
		}
		dir = xasprintf("layers/%s/diff", diff_id + strlen("sha256:"));
		record = xasprintf("layers/%s/layer.json", diff_id + strlen("sha256:"));
		if (faccessat(i->s->fd, dir, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && !i->missing[0])
			snprintf(i->missing, sizeof(i->missing), "%.71s", diff_id);
		if (json_read_at(i->s->fd, record, &j, NULL) == 0)
			i->size += (uint64_t)json_get_int(j, "size", 0);
		else
			i->size_known = false;
	}
}

static void suspect_read(struct suspect *i)
{
	_cleanup_(refstore_list_done) struct refstore_list refs = {0};
	struct buf own = {0};

	read_file(i->s, i->id, "config.json", &i->config_bytes, &i->config);
	read_file(i->s, i->id, "manifest.json", &i->manifest_bytes, &i->manifest);
	read_file(i->s, i->id, "image.json", &own, &i->own);
	buf_done(&own);
	json_get_strv(json_object_get(i->config, "rootfs"), "diff_ids", &i->diff_ids);
	look_at_layers(i);
	refstore_list(i->s, &refs, NULL);
	for (size_t k = 0; k < refs.n; k++)
		i->has_name = i->has_name || str_eq(refs.v[k].id, i->id);
}

static int remove_image(void *arg, struct err *err)
{
	const struct suspect *i = arg;
	int r = image_remove(i->s, i->id, NULL, err);

	return r == -ERR_NO_OBJECT ? 0 : r;
}

static int discard_entry(void *arg, struct err *err)
{
	const struct suspect *i = arg;
	_cleanup_close_ int lock = store_lock(i->s, LOCK_EXCLUSIVE, err);

	return lock < 0 ? lock : store_discard(i->s, "images", i->id, err);
}

/* whether the manifest is one of this image: then its digest is right by definition */
static bool manifest_fits(const struct suspect *i)
{
	const char *digest = json_get_str(json_object_get(i->manifest, "config"), "digest", "");
	const char *hex = str_after(digest, "sha256:");

	return hex && str_eq(hex, i->id) &&
	       json_array_size(json_object_get(i->manifest, "layers")) == i->diff_ids.n;
}

/* both records of ours anew, and a manifest where it is lost: the configuration and the layers are what counts */
static int write_anew(void *arg, struct err *err)
{
	const struct suspect *i = arg;
	_cleanup_strv_ struct strv indexes = {0};
	struct strv none = {0};
	char id[65];
	int r = ingest_image(i->s, &i->config_bytes, manifest_fits(i) ? &i->manifest_bytes : NULL,
		&i->diff_ids, &none, id, err);

	if (r == 0 && i->keep_indexes) {
		json_get_strv(i->own, "indexes", &indexes);
		image_note_indexes(i->s, id, &indexes);
	}
	return r;
}

/* containers keep their image; they are the command's to remove */
static bool check_users(struct suspect *i, struct check *c)
{
	_cleanup_strv_ struct strv ids = {0};
	bool any = false;

	fs_list_at(i->s->fd, "containers", &ids, NULL);
	strv_foreach (k, id, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		struct check_finding f = {.mend = "remove it", .force = true};
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(i->s->fd, path, &record, NULL) < 0 ||
			!str_eq(json_get_str(record, "imageId", ""), i->id))
			continue;
		any = true;
		/* a missing layer is a fault of the container itself (runtime/check.h) */
		if (i->missing[0])
			continue;
		check_object(&f, "container %.64s", id);
		check_what(&f, "is made of the image %.12s, which is damaged", i->id);
		check_found(c, &f, NULL, NULL);
	}
	return any;
}

/* Return: whether the image itself is what its id says; else nothing else is worth looking at */
static bool check_config(struct suspect *i, struct check *c)
{
	struct check_finding f = {.mend = "remove it"};
	char digest[72] = "";

	if (i->config_bytes.len)
		ingest_digest(i->config_bytes.data, i->config_bytes.len, digest);
	check_object(&f, "image %.12s", i->id);
	if (!i->config)
		check_what(&f, "config.json cannot be read");
	else if (!str_eq(digest + strlen("sha256:"), i->id))
		check_what(&f, "config.json is not the one that it was named after");
	else if (i->missing[0])
		check_what(&f, "layer %.19s is missing", i->missing);
	else
		return true;
	/* one that can still be used, for all that is wrong with it, is not taken from its user */
	f.force = check_users(i, c) || (i->has_name && i->config && !i->missing[0]);
	check_found(c, &f, remove_image, i);
	return false;
}

static void check_records(struct suspect *i, struct check *c)
{
	struct check_finding f = {.mend = "write it anew"};
	char digest[72] = "";

	check_object(&f, "image %.12s", i->id);
	if (i->manifest)
		ingest_digest(i->manifest_bytes.data, i->manifest_bytes.len, digest);
	if (!i->manifest) {
		check_what(&f, "manifest.json cannot be read");
		f.mend = "make a new one; pull the image again for the original";
	} else if (!manifest_fits(i)) {
		check_what(&f, "manifest.json is not the manifest of this image");
		f.mend = "make a new one; pull the image again for the original";
	} else if (!i->own) {
		check_what(&f, "image.json cannot be read");
		f.mend = "write it anew; pull the image again where the digest of its index counts";
	} else if (!str_eq(json_get_str(i->own, "digest", ""), digest)) {
		check_what(&f, "manifest.json does not have the digest that image.json records");
		f.mend = json_object_get(i->own, "indexes")
				 ? "record the digest that it has, and forget its indexes, which "
				   "led to another one"
				 : "record the digest that it has";
	} else if (i->size_known && json_get_int(i->own, "size", -1) != (int64_t)i->size) {
		check_what(&f, "image.json records a size of %lld instead of %llu bytes",
			(long long)json_get_int(i->own, "size", -1), (unsigned long long)i->size);
	} else {
		return;
	}
	i->keep_indexes =
		i->own && manifest_fits(i) && str_eq(json_get_str(i->own, "digest", ""), digest);
	check_found(c, &f, write_anew, i);
}

void check_images(const struct store *s, struct check *c)
{
	_cleanup_strv_ struct strv ids = {0};

	fs_list_at(s->fd, "images", &ids, NULL);
	strv_foreach (k, id, &ids) {
		_cleanup_(suspect_done) struct suspect i = {.s = s, .id = id};

		if (!str_is_hex(id, 64)) {
			struct check_finding f = {.mend = "remove it"};

			check_object(&f, "%s/images/%.250s", s->path, id);
			check_what(&f, "is not an image");
			check_found(c, &f, discard_entry, &i);
			continue;
		}
		suspect_read(&i);
		/* lists of manifests have neither configuration nor layers of their own */
		if (json_is_array(json_object_get(i.manifest, "manifests")))
			continue;
		if (check_config(&i, c))
			check_records(&i, c);
	}
}
