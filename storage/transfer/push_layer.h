/*
 * push_layer - one layer on its way to a registry
 *
 * Which bytes stand for a layer, in the order in which they are tried: those that the image's manifest names, those
 * that are kept beside the layer, those that are known to be on the registry; and only then what is compressed now.
 */
#ifndef RL_STORAGE_TRANSFER_PUSH_LAYER_H
#define RL_STORAGE_TRANSFER_PUSH_LAYER_H

#include "storage/transfer/chunked.h"
#include "storage/transfer/compress.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/**
 * struct push_wish - how layers should be compressed
 * @compression: of what has to be compressed
 * @chunked: with a table of contents (chunked.h); @compression is zstd then
 * @level:  -1 for the usual one
 * @force:  layers that are compressed in another way, or at an unknown level, are compressed again
 * @docker: only what Docker's manifest format can name
 */
struct push_wish {
	enum compression compression;
	int level;
	bool chunked, force, docker;
};

/**
 * struct push_blob - what stands for a layer in the manifest; plain bytes, so that it can be in shared memory
 */
struct push_blob {
	char digest[72];
	uint64_t size;
	enum compression compression;
	struct chunked chunked;
};

/**
 * push_compress() - compress a layer as it is wished
 * One that cannot be described by a table of contents goes without, and the user is told.
 * @ret:    its digest, size and form
 * @ret_fd: a file without a name; owned by the caller
 */
int push_compress(struct worker *w, const struct push_wish *wish, const char *diff_id,
	void (*progress)(void *arg, uint64_t done), void *arg, struct push_blob *ret, int *ret_fd,
	struct err *err);

/**
 * push_layer() - see that the registry has a layer
 * @named: what the image's manifest says of it
 * @annotations: of it there; may be NULL
 * @ret:   what stands for it
 */
int push_layer(struct worker *w, struct registry *r, const struct push_wish *wish,
	const char *diff_id, const struct descriptor *named, const json_t *annotations,
	struct push_blob *ret, struct err *err);

#endif
