/*
 * upload - writing to a repository (distribution-spec, "Push"): blobs and manifests
 *
 * A blob that the registry has is not sent; one that another repository there has is mounted.  Otherwise it goes out in
 * one PUT, or in pieces where the registry asks for them or refuses so much at once.  After a broken connection it is
 * asked how far it came and gets the rest; one that cannot tell gets all of it again.
 */
#ifndef RL_STORAGE_TRANSFER_UPLOAD_H
#define RL_STORAGE_TRANSFER_UPLOAD_H

#include "storage/transfer/registry.h"

/** upload_exists() - whether the repository has a blob; Return: 1, 0 (or it would not say), or a negative errno */
int upload_exists(struct registry *r, const char *digest, struct err *err);

/** upload_mount() - try to get a blob from another repository; Return: 1, 0 if that did not work, or a negative errno */
int upload_mount(struct registry *r, const char *digest, const char *from, struct err *err);

/**
 * upload_blob() - send a blob
 * Return: 0 when the registry has it, or a negative errno
 */
int upload_blob(
	struct registry *r, const char *digest, const struct http_file *file, struct err *err);

/** upload_bytes() - send a small blob, unless the repository has it */
int upload_bytes(
	struct registry *r, const char *digest, const void *data, size_t len, struct err *err);

/**
 * upload_manifest() - send a manifest and check that the registry has stored these bytes
 * @ref:    tag, or the digest
 * @digest: of @bytes
 */
int upload_manifest(struct registry *r, const char *ref, const char *type, const struct buf *bytes,
	const char *digest, struct err *err);

/** upload_range() - bytes that "0-99" says are there: 100; 0 where it says nothing or cannot be understood */
uint64_t upload_range(const char *range);

#endif
