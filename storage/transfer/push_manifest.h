/*
 * push_manifest - the manifest of an image as it goes to a registry
 */
#ifndef RL_STORAGE_TRANSFER_PUSH_MANIFEST_H
#define RL_STORAGE_TRANSFER_PUSH_MANIFEST_H

#include "runtime/base/json.h"
#include "storage/transfer/push_layer.h"

/** push_manifest_is_docker() - whether a manifest is of Docker's format (schema 2) and not of OCI's */
bool push_manifest_is_docker(const json_t *manifest);

/** push_manifest_type() - media type of a manifest */
const char *push_manifest_type(bool docker);

/** push_manifest_config_type() - media type of its configuration */
const char *push_manifest_config_type(bool docker);

/**
 * push_manifest_fits() - whether a manifest can go out with its exact bytes
 * @blobs: what stands for each of its layers
 */
bool push_manifest_fits(
	const json_t *manifest, bool docker, const struct push_blob *blobs, size_t n);

/**
 * push_manifest_make() - the manifest of an image whose layers are these
 * What an OCI manifest says beside (annotations, subject) is kept in an OCI manifest.
 * @ret: its bytes
 */
void push_manifest_make(const json_t *manifest, bool docker, const struct push_blob *blobs,
	size_t n, struct buf *ret);

#endif
