/*
 * save - images of the store as archives and directories; one file for each kind, save.c chooses
 */
#ifndef RL_STORAGE_TRANSFER_SAVE_H
#define RL_STORAGE_TRANSFER_SAVE_H

#include "storage/transfer/outbox.h"
#include "storage/transfer/worker.h"

/**
 * struct save_image - an image to be saved
 * @config, @manifest: exact bytes
 * @m:        the manifest, parsed
 * @names:    "host/path:tag", those that it is to have there; may be empty
 */
struct save_image {
	char id[65], digest[72];
	struct buf config, manifest;
	json_t *m;
	struct strv diff_ids, names;
};

/**
 * struct save - what is to be saved, and where to
 * @compress: layers that are not compressed are to be (docker-dir)
 */
struct save {
	struct worker *w;
	struct outbox *out;
	struct save_image *v;
	size_t n;
	bool compress;
};

/**
 * struct save_layer - how a layer is written
 * @blob:   as the compressed bytes that it came as; else as its tar
 * @exact:  the image's manifest means just this
 */
struct save_layer {
	const char *diff_id;
	char digest[72], media_type[80];
	uint64_t size;
	bool blob, exact;
};

/** save_plan() - choose how layer @i of an image is written: as its manifest says, as it came, as a tar, in this order */
int save_plan(const struct save *s, const struct save_image *img, size_t i, struct save_layer *ret,
	struct err *err);

/** save_layer() - write a layer to the file @name, if that has not been written yet */
int save_layer(struct save *s, const struct save_layer *l, const char *name, struct err *err);

int save_docker_archive(struct save *s, struct err *err);
int save_oci(struct save *s, struct err *err);
int save_docker_dir(struct save *s, struct err *err);

#endif
