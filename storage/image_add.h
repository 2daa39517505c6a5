/*
 * image_add - images and lists become visible
 *
 * A directory is written below tmp/ and takes its place in images/ by one rename, when nobody can take its layers
 * away: under the store's lock, shared.
 */
#ifndef RL_STORAGE_IMAGE_ADD_H
#define RL_STORAGE_IMAGE_ADD_H

#include "storage/image.h"

/**
 * image_add() - make an image visible from exact config and manifest bytes; its layers must be in the store
 * @id:     SHA-256 of @config, computed by the caller (who has libcrypto), 64 digits
 * @digest: "sha256:…" of @manifest
 * @names:  references (any form) to point at it; may be empty
 * Holds the store's lock shared; -EAGAIN when a layer is missing.
 */
int image_add(const struct store *s, const char *id, const char *digest, const struct buf *config,
	const struct buf *manifest, const struct strv *names, struct err *err);

/**
 * image_add_list() - the same for a manifest list
 * @id:    of @config, as for an image
 * @index: its exact bytes; @digest is theirs
 * @list:  what list.json says (list.h)
 * @must_exist: -ERR_NO_OBJECT if the list was removed meanwhile; for changes
 */
int image_add_list(const struct store *s, const char *id, const char *digest,
	const struct buf *config, const struct buf *index, const json_t *list, bool must_exist,
	const struct strv *names, struct err *err);

#endif
