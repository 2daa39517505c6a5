/*
 * compress - a layer's tar, compressed for a registry
 */
#ifndef RL_STORAGE_TRANSFER_COMPRESS_H
#define RL_STORAGE_TRANSFER_COMPRESS_H

#include "storage/store.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_OTHER };

/** compression_of() - what a layer's media type says */
enum compression compression_of(const char *media_type);

/** compression_name() - "gzip", "zstd" */
const char *compression_name(enum compression c);

/**
 * compress_layer() - rebuild a layer's tar and compress it into a file without a name
 * The same tar, compression and level give the same bytes with the same libraries: no times, no names.
 * @level:    -1 for the usual one
 * @progress: called with bytes of the tar so far; may be NULL
 * @ret_digest, @ret_size: of the compressed bytes; 72 bytes
 * @ret_fd:   the file; owned by the caller
 */
int compress_layer(const struct store *s, const char *diff_id, enum compression c, int level,
	void (*progress)(void *arg, uint64_t done), void *arg, char ret_digest[72],
	uint64_t *ret_size, int *ret_fd, struct err *err);

/** compress_none() - the tar as it is, into such a file */
int compress_none(const struct store *s, const char *diff_id, uint64_t *ret_size, int *ret_fd,
	struct err *err);

#endif
