/*
 * image - images and their names
 *
 * images/ID/ holds config.json and manifest.json as the exact bytes that their digests were
 * computed of, and image.json with rl's own facts: {"version":1, "digest": "sha256:…" of manifest.json,
 * "size": unpacked bytes, "created": RFC 3339 time of adding, "indexes": digests of the indexes that it was chosen
 * from}.  ID is the SHA-256 of config.json, 64 digits.  A manifest list is an image without layers whose
 * manifest.json is an index; see list.h.  The file "names", if it is there, lists every reference that it ever had,
 * one a line.
 * refs/NAME holds {"version":1,"ref":"docker.io/library/alpine:latest","image":"ID"}, NAME being the canonical
 * reference with '/' written as '%2F' (cut into directories where it is longer than a file name may be).
 */
#ifndef RL_STORAGE_IMAGE_H
#define RL_STORAGE_IMAGE_H

#include "runtime/base/json.h"
#include "storage/store.h"

/**
 * struct image - an image, as read
 * @id:       64 hexadecimal digits
 * @digest:   of its manifest, "sha256:…"
 * @indexes:  digests of indexes on registries that led to it, oldest first
 * @is_list:  a manifest list: @manifest is an index, there are no layers, and @config says nothing
 * @config:   OCI image configuration (image-spec config.md)
 * @manifest: OCI image manifest
 * @diff_ids: "sha256:…" of its layers, lowest first
 * @names:    canonical references to it, sorted
 * @history:  those that it has or had, the last one first
 * @size:     bytes of all its layers unpacked
 * @created:  unix time of the configuration's "created"; of adding, where it has none
 * @shared:   path of the shared store that it is in; NULL for the user's own
 */
struct image {
	char id[65];
	char *digest;
	json_t *config, *manifest;
	struct strv diff_ids, names, history, indexes;
	uint64_t size;
	int64_t created;
	char *shared;
	bool is_list;
};

struct image_list {
	struct image *v;
	size_t n;
};

/**
 * image_list() - all images, newest first, those of shared stores too: without names that are taken already
 * A damaged one is left out and its id appended to @damaged (may be NULL); a shared store that cannot be read is left out.
 */
int image_list(
	const struct store *s, struct image_list *ret, struct strv *damaged, struct err *err);

/**
 * image_read() - the image @id of this store alone, without its names
 * Return: 0, -ENOENT where there is none of that id, or another negative errno
 */
int image_read(const struct store *s, const char *id, struct image *ret, struct err *err);

/** image_exists() - whether there is a directory of that id, whole or not */
bool image_exists(const struct store *s, const char *id);

/** image_bytes() - append the bytes of the image's file @name ("config.json", …), as they are */
int image_bytes(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err);

/**
 * image_document() - the same; what the store itself does not have is looked for in its shared stores
 * Whoever wrote those: @id is the digest of config.json, which the caller checks.
 */
int image_document(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err);

/** image_check_own() - refuse to change an image that is in a shared store; @what: "removed" or the like */
int image_check_own(const struct image *img, const char *what, struct err *err);

/** image_note_indexes() - record that the image was found through these indexes; best effort */
void image_note_indexes(const struct store *s, const char *id, const struct strv *digests);

/**
 * image_remove() - remove an image and every layer that no other image or container needs
 * -EBUSY naming the container if one uses it (containers/ID/container.json, "imageId").
 * What was removed is appended as "Untagged: …" and "Deleted: …" lines to @report (may be NULL).
 */
int image_remove(const struct store *s, const char *id, struct strv *report, struct err *err);

/**
 * image_drop() - image_remove() of what the caller has seen, decided under the lock
 * @name:      canonical: only this name goes, and the image with its last one; -ERR_NO_OBJECT if it is not its name
 * @max_names: without @name: -EBUSY if the image has more names than this by now
 */
int image_drop(const struct store *s, const char *id, const char *name, size_t max_names,
	struct strv *report, struct err *err);

/** image_collect() - move every layer that nothing needs to trash/; takes the exclusive lock */
int image_collect(const struct store *s, struct strv *report, struct err *err);

/** image_layer_in_use() - whether a container is made of the layer; true if that cannot be told */
bool image_layer_in_use(const struct store *s, const char *diff_id);

void image_done(struct image *img);
void image_list_done(struct image_list *l);

#endif
