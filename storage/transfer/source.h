/*
 * source - the trees that a request names: a container's root, or an image's layers
 *
 *   {"diffIds": ["sha256:…"], "container": ID or missing, "pid": of its init while it runs,
 *    "base": directory of the host that the container wrote to a copy of, in place of layers,
 *    "sharedStore", "imageId": of an image of a shared store, whose tree is taken (storage/meta.h),
 *    "idMaps": of a container whose files have other owners (runtime/mapped.h), whose tree is taken (storage/owners.h)}
 */
#ifndef RL_STORAGE_TRANSFER_SOURCE_H
#define RL_STORAGE_TRANSFER_SOURCE_H

#include "runtime/base/json.h"
#include "storage/store.h"
#include "storage/transfer/view.h"

/**
 * struct source - an open tree
 * @view:   what it looks like
 * @layers: the same without what the container wrote
 * @id, @dirfd: of the container; "", -EBADF for an image
 */
struct source {
	const struct store *store;
	struct view view, layers;
	char id[65];
	int dirfd;
};

/**
 * source_open() - open all layers
 * Must be called before the process is confined: it makes a running container's file system write what it holds back.
 * @skeleton: with the places for mounts that every container of this driver has
 */
int source_open(const struct store *s, const json_t *request, bool skeleton, struct source *ret,
	struct err *err);

/** source_allow_descriptors() - raise the limit: a directory takes one for each layer that has it, on each level */
void source_allow_descriptors(void);

/** source_check() - afterwards: that the container was not removed while it was read */
int source_check(const struct source *s, struct err *err);

void source_done(struct source *s);

#endif
