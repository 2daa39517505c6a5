/*
 * artifacts - the artifacts that have a name (storage/artifact.h is about what they are made of)
 *
 * artifact-names/ maps canonical references to the digests of their manifests, as refs/ does for images (refstore.h).  An
 * artifact without a name lives as long as a manifest list names it.  Names of their own: an image and an artifact may
 * have the same one.
 */
#ifndef RL_STORAGE_ARTIFACTS_H
#define RL_STORAGE_ARTIFACTS_H

#include "runtime/base/json.h"
#include "storage/store.h"

/**
 * struct artifact - one name of an artifact
 * @name:     canonical
 * @digest:   of the manifest
 * @manifest: an empty object where it cannot be read
 * @added:    when it came into the store, RFC 3339; "" where that is not known
 */
struct artifact {
	char *name, digest[72];
	json_t *manifest;
	char *added;
};

struct artifact_list {
	struct artifact *v;
	size_t n;
};

/** artifacts_list() - all of them, sorted by name */
int artifacts_list(const struct store *s, struct artifact_list *ret, struct err *err);

/**
 * artifacts_find() - look one up by its name, its digest, or the beginning of the digest's digits
 * @ret_by_digest: whether it was the digest; may be NULL
 * Return: 0, -ERR_NO_OBJECT if there is none, or another negative errno
 */
int artifacts_find(const struct store *s, const char *text, struct artifact *ret,
	bool *ret_by_digest, struct err *err);

/** artifacts_untag() - take a name away, if it still is @a's; the caller collects (image_collect()) */
int artifacts_untag(const struct store *s, const struct artifact *a, struct err *err);

/** artifacts_size() - bytes of its files, as the manifest says */
uint64_t artifacts_size(const struct artifact *a);

/** artifacts_created() - when it was made, as its manifest says; else when it came here */
const char *artifacts_created(const struct artifact *a);

/** artifacts_name() - the canonical form of a name: one without a registry belongs to localhost; the caller owns it */
int artifacts_name(const char *text, char **ret, struct err *err);

void artifact_done(struct artifact *a);
void artifact_list_done(struct artifact_list *l);

#endif
