/*
 * artifact - OCI artifacts in the store: a manifest and the blobs that it names, files for other tools
 *
 * artifacts/HEX/, HEX being the SHA-256 of the manifest, holds manifest.json byte for byte, artifact.json
 * {"version":1,"created": time of adding}, and blobs/HEX: the configuration and the files as they were given.  It is made
 * whole below tmp/ and never changes.  One that has no name (artifacts.h) and is in no manifest list goes with the next
 * collection (gc.c).
 */
#ifndef RL_STORAGE_ARTIFACT_H
#define RL_STORAGE_ARTIFACT_H

#include "storage/store.h"

#define ARTIFACT_FILES_MAX 64
#define ARTIFACT_TITLE	   "org.opencontainers.image.title"
#define ARTIFACT_CREATED   "org.opencontainers.image.created"

/**
 * artifact_manifest() - append the bytes of the manifest with this digest
 * Return: 0, -ERR_NO_OBJECT if it is not here, or another negative errno
 */
int artifact_manifest(const struct store *s, const char *digest, struct buf *ret, struct err *err);

/** artifact_blob() - open a blob of it; Return: a descriptor of the caller's, or a negative errno */
int artifact_blob(const struct store *s, const char *digest, const char *blob, struct err *err);

/** artifact_publish() - let the complete directory @tmp (relative to the store) be artifact @digest; the caller holds the lock */
int artifact_publish(const struct store *s, const char *tmp, const char *digest, struct err *err);

/**
 * artifact_title_ok() - whether a title can be the name of a file: no path, no control characters
 * Titles come from registries.
 */
bool artifact_title_ok(const char *title);

/** artifact_type_ok() - whether @type is a media type: two names of RFC 6838 */
bool artifact_type_ok(const char *type);

/**
 * artifact_file_type() - media type of a file: what the end of its name says, else by its first bytes
 * @head: those; @len of them
 */
const char *artifact_file_type(const char *name, const void *head, size_t len);

#endif
