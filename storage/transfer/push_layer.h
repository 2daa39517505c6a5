/*
 * push_layer - one layer on its way to a registry
 *
 * Which bytes stand for a layer, in the order in which they are tried: those that the image's manifest names, those
 * that are kept beside the layer, those that are known to be on the registry; and only then what is compressed now.
 */
#ifndef RL_STORAGE_TRANSFER_PUSH_LAYER_H
#define RL_STORAGE_TRANSFER_PUSH_LAYER_H

#include "storage/transfer/compress.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/registry.h"
#include "storage/transfer/worker.h"

/**
 * struct push_wish - how layers should be compressed
 * @compression: of what has to be compressed
 * @level:  -1 for the usual one
 * @force:  layers that are compressed in another way, or at an unknown level, are compressed again
 * @docker: only what Docker's manifest format can name
 */
struct push_wish {
	enum compression compression;
	int level;
	bool force, docker;
};

/**
 * struct push_blob - what stands for a layer in the manifest; plain bytes, so that it can be in shared memory
 */
struct push_blob {
	char digest[72];
	uint64_t size;
	enum compression compression;
};

/**
 * push_layer() - see that the registry has a layer
 * @named: what the image's manifest says of it
 * @ret:   what stands for it
 */
int push_layer(struct worker *w, struct registry *r, const struct push_wish *wish,
	const char *diff_id, const struct descriptor *named, struct push_blob *ret,
	struct err *err);

#endif
