/*
 * manifest_verbose - `manifest inspect --verbose`: a list with the manifests that it names, as docker shows them
 */
#ifndef RL_CMD_MANIFEST_VERBOSE_H
#define RL_CMD_MANIFEST_VERBOSE_H

#include "cmd/manifest.h"

/**
 * manifest_verbose_one() - one manifest: {"Ref", "Descriptor", "Raw": its bytes in base64, "OCIManifest" or "SchemaV2Manifest"}
 * @ref:        what leads to it
 * @descriptor: of it
 */
int manifest_verbose_one(
	const char *ref, const json_t *descriptor, const char *text, json_t **ret, struct err *err);

/**
 * manifest_verbose_list() - an array of those that an index names
 * @name:    canonical, of the index; on a registry they are looked for in its repository
 * @sources: where they are otherwise (storage/list.h); NULL for an index of a registry
 */
int manifest_verbose_list(const struct list_work *w, const char *name, const json_t *index,
	const json_t *sources, json_t **ret, struct err *err);

#endif
