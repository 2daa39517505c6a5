/*
 * save - images of the store as archives and directories; one file for each kind, save.c chooses
 */
#ifndef RL_STORAGE_TRANSFER_SAVE_H
#define RL_STORAGE_TRANSFER_SAVE_H

#include "storage/transfer/outbox.h"
#include "storage/transfer/push_layer.h"
#include "storage/transfer/worker.h"

/**
 * struct save_image - an image to be saved
 * @config, @manifest: exact bytes
 * @m:        the manifest, parsed
 * @names:    "host/path:tag", those that it is to have there; may be empty
 * @reference: what an OCI layout is to call it instead, or NULL; borrowed from the request
 */
struct save_image {
	char id[65], digest[72];
	const char *reference;
	struct buf config, manifest;
	json_t *m;
	struct strv diff_ids, names;
};

/**
 * struct save - what is to be saved, and where to
 * @wish:     how layers that have to be compressed are; with @wish.force the others too
 * @compress: layers that are not compressed are to be
 * @plain:    layers that are compressed are not to be
 * @docker:   format of the manifest: 1 for Docker's, 0 for OCI's, -1 for the one it has
 * @add:      to what is in the directory already
 * @written:  digest of the manifest of the last image
 */
struct save {
	struct worker *w;
	struct outbox *out;
	struct save_image *v;
	size_t n;
	struct push_wish wish;
	bool compress, plain, add;
	int docker;
	char written[72];
};

/**
 * save_layers() - write all layers of an image
 * A layer goes as its manifest says, as it came, or as a tar, in this order, if nothing else is wished.
 * @docker: only what Docker's manifests can name
 * @name:   gives a file its name, by its digest
 * @ret:    what stands for each layer in the manifest
 */
int save_layers(struct save *s, const struct save_image *img, bool docker,
	void (*name)(const char *digest, char ret[96]), struct push_blob *ret, struct err *err);

/**
 * save_manifest() - the manifest that goes with the layers, as it came where that is possible
 * Fills @s->written.
 * @ret: its bytes
 */
void save_manifest(struct save *s, const struct save_image *img, bool docker,
	const struct push_blob *blobs, struct buf *ret);

/** save_tar() - write the tar of a layer to the file @name, if that has not been written yet */
int save_tar(struct save *s, const char *diff_id, const char *name, struct err *err);

int save_docker_archive(struct save *s, struct err *err);
int save_oci(struct save *s, struct err *err);
int save_dir(struct save *s, struct err *err);

#endif
