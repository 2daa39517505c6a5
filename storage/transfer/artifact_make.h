/*
 * artifact_make - an OCI artifact from files (image-spec, "Guidelines for Artifact Usage")
 *
 * The files come as descriptors: who asked for it has opened them, this process need not reach them.
 */
#ifndef RL_STORAGE_TRANSFER_ARTIFACT_MAKE_H
#define RL_STORAGE_TRANSFER_ARTIFACT_MAKE_H

#include "storage/transfer/worker.h"

/**
 * artifact_make() - copy the files into the store and publish the artifact that they make
 * @what: {"type", "layerType", "configType": media types, each may be absent; "config": bool, "titles": bool,
 *         "files": [names], "annotations": {…} of each file, "named": bool: it has them too and says when it was made, and no
 *         two files have one title, "base": digest of one that is here, whose files it has too}; the descriptors are TRANSFER_FD_FILES on, that
 *         of the configuration first
 * @subject: descriptor of what it belongs to, or NULL
 * @ret: {"mediaType", "digest", "size", "artifactType"}; a new reference
 * It is pinned until this process ends: by then a list should name it.
 */
int artifact_make(
	struct worker *w, const json_t *what, json_t *subject, json_t **ret, struct err *err);

#endif
