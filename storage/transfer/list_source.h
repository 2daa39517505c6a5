/*
 * list_source - what goes into a manifest list: images of the store and of registries
 *
 * Nothing is pulled: of an image on a registry the manifest is fetched and checked, and the configuration for its platform.
 */
#ifndef RL_STORAGE_TRANSFER_LIST_SOURCE_H
#define RL_STORAGE_TRANSFER_LIST_SOURCE_H

#include "storage/platform.h"
#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/**
 * struct list_doc - a list while it is changed
 * @index:   the document (index.h)
 * @sources: where each entry comes from (storage/list.h)
 * @added:   digests of the entries that came in
 */
struct list_doc {
	json_t *index, *sources;
	struct strv added;
};

void list_doc_done(struct list_doc *d);

/**
 * list_source_add() - add what one argument names
 * @request: the worker's, for how to speak to registries
 * @source:  {"image": ID}, {"list": ID} or {"candidates": […]} as for pull
 * @all:     of an index or a list, every entry; else the one for @want
 */
int list_source_add(struct worker *w, const json_t *request, const json_t *source,
	const struct platform *want, bool all, struct list_doc *d, struct err *err);

/** list_doc_take() - an entry comes in; @entry and @source are taken */
int list_doc_take(struct list_doc *d, json_t *entry, json_t *source, struct err *err);

/**
 * list_source_describe() - the descriptor of what one argument names, an image or an index as it is
 * @ret: {"mediaType", "digest", "size"}, and "artifactType" of an artifact; a new reference
 */
int list_source_describe(struct worker *w, const json_t *request, const json_t *source,
	json_t **ret, struct err *err);

/** list_source_fetch() - the manifest that the first of several places has; @ret_type: its Content-Type, owned by the caller */
int list_source_fetch(struct worker *w, const json_t *request, const json_t *candidates,
	struct buf *ret, char **ret_type, char ret_digest[72], struct err *err);

/** list_read_file() - a document of an image, "manifest.json" or "config.json" */
int list_read_file(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err);

#endif
