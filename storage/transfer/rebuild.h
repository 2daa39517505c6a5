/*
 * rebuild - a layer of the store as the archive that it came from, byte for byte
 *
 * A layer that the store has not itself is taken from its shared stores (lent.h), with the same proof.
 * From the record and the tree (record.h), or by decompressing the kept blob; each stands in for the other where
 * it is damaged.  What comes out is hashed on the way: success means that it was the layer's tar.
 * The caller sees to it that the layer stays (an image's layers do; ingest_has_layer() pins them).
 */
#ifndef RL_STORAGE_TRANSFER_REBUILD_H
#define RL_STORAGE_TRANSFER_REBUILD_H

#include "storage/store.h"

/**
 * rebuild_need() - see that the layer is there: in the store, where it is pinned (ingest_need_layer()), or in a shared one
 * Return: 0, -EBADMSG if it is missing, or why it cannot be kept
 */
int rebuild_need(const struct store *s, const char *diff_id, struct err *err);

/**
 * rebuild_to() - give the exact uncompressed tar of a layer to a function, piece by piece
 * @sink: takes all of a piece; a negative errno, with @err filled, ends the work
 * Return: 0, or a negative errno: -EBADMSG if the store's copy has changed, -ENODATA if it was
 * made by a version that kept nothing to rebuild it from
 */
int rebuild_to(const struct store *s, const char *diff_id,
	int (*sink)(void *arg, const void *data, size_t len, struct err *err), void *arg,
	struct err *err);

/** rebuild_tar() - the same, written to @fd */
int rebuild_tar(const struct store *s, const char *diff_id, int fd, struct err *err);

/** rebuild_tar_size() - bytes of that tar */
int rebuild_tar_size(const struct store *s, const char *diff_id, uint64_t *ret, struct err *err);

/** struct layer_blob - the compressed bytes that a layer came as */
struct layer_blob {
	char digest[72];
	uint64_t size;
	char media_type[80];
};

/**
 * rebuild_blob() - open the kept compressed blob, at its beginning
 * Its size has been checked; its digest is to be verified by the caller as he reads.
 * @ret_fd: owned by the caller; -EBADF, with 0 returned, if there is none
 */
int rebuild_blob(const struct store *s, const char *diff_id, struct layer_blob *ret, int *ret_fd,
	struct err *err);

#endif
