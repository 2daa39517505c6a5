/*
 * An OCI layout, as a directory or an archive.  The manifest is the one that the image came with, byte for byte, wherever the
 * store still has the layers as that names them; else it is adapted: same configuration, so the same id.
 */
#include "storage/transfer/save.h"

#include "storage/transfer.h"
#include "storage/transfer/bundle.h"
#include "storage/transfer/push_manifest.h"

#include <stdio.h>
#include <sys/file.h>

#define LAYOUT	 "{\"imageLayoutVersion\": \"1.0.0\"}"
#define INDEX	 "index.json"
#define REF_NAME "org.opencontainers.image.ref.name"

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

static void add_entry(json_t *index, const struct save *s, bool docker, size_t size,
	const char *name, const char *full)
{
	json_t *d = json_object(), *annotations = json_object();

	json_set_str(d, "mediaType", push_manifest_type(docker));
	json_set_str(d, "digest", s->written);
	json_object_set_new(d, "size", json_integer((json_int_t)size));
	json_set_str(annotations, "io.containerd.image.name", full);
	json_set_str(annotations, REF_NAME, name);
	if (name)
		json_object_set(d, "annotations", annotations);
	json_decref(annotations);
	json_array_append_new(index, d);
}

/* an entry of the index for each name; containerd and docker look for the one key, podman for the other */
static void add_entries(
	json_t *index, const struct save *s, const struct save_image *img, bool docker, size_t size)
{
	if (img->reference || !img->names.n)
		add_entry(index, s, docker, size, img->reference, NULL);
	else
		strv_foreach (i, name, &img->names)
			add_entry(index, s, docker, size, name, name);
}

static int put_image(struct save *s, const struct save_image *img, json_t *index, struct err *err)
{
	_cleanup_free_ struct push_blob *blobs = xcalloc(img->diff_ids.n + 1, sizeof(*blobs));
	_cleanup_free_ char *config = xasprintf("sha256:%s", img->id);
	_cleanup_buf_ struct buf manifest = {0};
	bool docker;
	int r = save_layers(s, img, false, blob_name, blobs, err);

	if (r == 0)
		r = put_blob(s, config, &img->config, err);
	if (r < 0)
		return r;
	docker = s->docker < 0 && push_manifest_fits(img->m, true, blobs, img->diff_ids.n);
	save_manifest(s, img, docker, blobs, &manifest);
	add_entries(index, s, img, docker, manifest.len);
	return put_blob(s, s->written, &manifest, err);
}

static const char *entry_name(const json_t *entry)
{
	return json_get_str(json_object_get(entry, "annotations"), REF_NAME, NULL);
}

/* whether an entry that is there has to go for one of the new: a name means one image, and none is listed twice without */
static bool is_replaced(const json_t *old, const json_t *entries)
{
	const char *name = entry_name(old);
	json_t *one;
	size_t i;

	json_array_foreach (entries, i, one) {
		if (name ? str_eq(entry_name(one), name)
			 : !entry_name(one) && str_eq(json_get_str(one, "digest", ""),
						       json_get_str(old, "digest", NULL)))
			return true;
	}
	return false;
}

/* what the layout has already comes first; nobody else changes its index meanwhile */
static int read_index(struct save *s, json_t *entries, json_t **ret, struct err *err)
{
	_cleanup_(bundle_freep) struct bundle *b = NULL;
	_cleanup_buf_ struct buf text = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *index = NULL, *all = json_array();
	json_t *old;
	size_t i;
	int r;

	if (flock(TRANSFER_FD_OUTPUT, LOCK_EX) < 0)
		return err_set(err, errno, "lock the directory");
	r = bundle_open(&s->w->store, TRANSFER_FD_OUTPUT, &b, err);
	if (r == 0)
		r = bundle_read(b, INDEX, &text, err);
	if (r == 0)
		r = json_parse(buf_str(&text), text.len, INDEX, &index, err);
	if (r == 0 && !json_is_array(json_object_get(index, "manifests")))
		r = err_say(err, EBADMSG, INDEX " lists no images");
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(index, "manifests"), i, old)
		if (!is_replaced(old, entries))
			json_array_append(all, old);
	json_array_extend(all, entries);
	json_object_set(index, "manifests", all);
	*ret = take_ptr(index);
	return 0;
}

int save_oci(struct save *s, struct err *err)
{
	_cleanup_json_ json_t *index = NULL, *entries = json_array();
	_cleanup_free_ char *text = NULL;
	int r = outbox_put(s->out, "oci-layout", LAYOUT, strlen(LAYOUT), err);

	if (r == 0)
		r = outbox_mkdir(s->out, "blobs", err);
	if (r == 0)
		r = outbox_mkdir(s->out, "blobs/sha256", err);
	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = put_image(s, &s->v[i], entries, err);
	if (r == 0 && s->add)
		r = read_index(s, entries, &index, err);
	if (r < 0)
		return r;
	if (!index)
		index = json_pack("{s:i,s:O}", "schemaVersion", 2, "manifests", entries);
	text = json_text(index);
	return outbox_put(s->out, INDEX, text, strlen(text), err);
}
