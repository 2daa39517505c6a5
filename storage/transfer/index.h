/*
 * index - the document of a manifest list: entries with platforms, in OCI's format or Docker's
 *
 * Kept as JSON, so that what a registry said about an entry is passed on.  An entry that comes in has been checked by
 * manifest_read(): digest and size are as they should be.  Everything here is in memory.
 */
#ifndef RL_STORAGE_TRANSFER_INDEX_H
#define RL_STORAGE_TRANSFER_INDEX_H

#include "runtime/base/json.h"

/** index_new() - an empty index; a new reference */
json_t *index_new(void);

/**
 * index_entry() - an entry for an image
 * @config: its configuration, which says the platform; NULL for what has none
 */
json_t *index_entry(
	const char *media_type, const char *digest, uint64_t size, const json_t *config);

/** index_copy_entry() - an entry of another index, without members that the specifications do not know */
json_t *index_copy_entry(const json_t *entry);

/** index_find() - the entry with this digest; borrowed, or NULL */
json_t *index_find(const json_t *index, const char *digest);

/** index_add() - add an entry, or put it in the place of the one with the same digest; -E2BIG beyond the allowed number */
int index_add(json_t *index, json_t *entry, struct err *err);

/** index_remove() - -ERR_NO_OBJECT if there is no such entry */
int index_remove(json_t *index, const char *digest, struct err *err);

/**
 * index_change() - change what an entry says
 * @change: {"os", "arch", "variant", "osVersion": strings, "features", "osFeatures": arrays, "annotations": object},
 *          each only if it is to be set; an annotation is added to those that are there
 */
int index_change(json_t *entry, const json_t *change, struct err *err);

/** index_annotate() - add annotations to the index itself */
int index_annotate(json_t *index, const json_t *annotations, struct err *err);

/**
 * index_bytes() - the document as it is stored or pushed
 * @docker: in Docker's format, which has no annotations: -EINVAL if there are some
 */
int index_bytes(const json_t *index, bool docker, struct buf *ret, struct err *err);

#endif
