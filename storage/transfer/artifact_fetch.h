/*
 * artifact_fetch - an artifact from a repository into the store
 */
#ifndef RL_STORAGE_TRANSFER_ARTIFACT_FETCH_H
#define RL_STORAGE_TRANSFER_ARTIFACT_FETCH_H

#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/**
 * artifact_fetch() - bring it into the store, unless it is there, and check all that its manifest says of its blobs
 * @r:     open
 * @ref:   tag or digest
 * @what:  its name, for errors
 * @policy: requirements of the signature policy, or NULL
 * @ret_digest: of the manifest; it is pinned until this process ends: by then something should name it
 * Return: 0, -ERR_REGISTRY for what is an image or an index, or another negative errno
 */
int artifact_fetch(struct worker *w, struct registry *r, const char *ref, const char *what,
	const json_t *policy, char ret_digest[72], struct err *err);

#endif
