/*
 * load - images out of archives and directories; one file for each kind, load.c chooses
 */
#ifndef RL_STORAGE_TRANSFER_LOAD_H
#define RL_STORAGE_TRANSFER_LOAD_H

#include "storage/transfer/bundle.h"
#include "storage/transfer/worker.h"

#define LOAD_IMAGES_MAX 256
#define LOAD_LAYERS_MAX 1000

/**
 * struct load_layer - a layer in a bundle
 * @file:    its name there
 * @digest:  of the file as it is, "sha256:…", or NULL if nothing says so
 * @size:    of the file, 0 if nothing says so
 */
struct load_layer {
	char *file, *digest, *diff_id;
	uint64_t size;
};

/**
 * struct load_image - an image in a bundle, its documents read and checked
 * @manifest: exact bytes, or empty where the bundle has none
 */
struct load_image {
	struct buf config, manifest;
	struct load_layer *layers;
	size_t n;
	struct strv names;
};

void load_image_done(struct load_image *img);
void load_image_add(struct load_image *img, const char *file, const char *digest,
	const char *diff_id, uint64_t size);

/** load_image() - unpack the layers in parallel and add the image */
int load_image(struct worker *w, struct bundle *b, struct load_image *img, char ret_id[65],
	struct err *err);

/** load_docker() - images of a "docker save" archive (manifest.json); each is passed to load_image()
 * @loaded: array that {"id", "names"} is appended to */
int load_docker(struct worker *w, struct bundle *b, json_t *loaded, struct err *err);

/** load_oci() - images of an OCI layout (index.json) */
int load_oci(struct worker *w, struct bundle *b, json_t *loaded, struct err *err);

/** load_report() - append one image to @loaded */
void load_report(json_t *loaded, const char *id, const struct strv *names);

#endif
