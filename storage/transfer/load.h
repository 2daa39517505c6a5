/*
 * load - images out of archives and directories; one file for each kind, load.c chooses
 */
#ifndef RL_STORAGE_TRANSFER_LOAD_H
#define RL_STORAGE_TRANSFER_LOAD_H

#include "storage/platform.h"
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

/**
 * struct load - a bundle being read
 * @reference: the only image that is wanted: a name, or "@N" for the N-th; NULL for all
 * @one:       there may be only one image
 * @want:      platform to choose from an index
 * @loaded:    array that {"id", "names"} is appended to
 */
struct load {
	struct worker *w;
	struct bundle *b;
	const char *reference;
	bool one;
	struct platform want;
	json_t *loaded;
};

/** load_wants() - whether entry @i of the bundle, which has these names, is wanted */
bool load_wants(const struct load *l, size_t i, const struct strv *names);

/**
 * load_check_wanted() - whether what was found is what was asked for
 * @wanted: different images that load_wants() says yes to
 * @names:  of all in the bundle
 */
int load_check_wanted(
	const struct load *l, size_t wanted, const struct strv *names, struct err *err);

/** load_image() - unpack the layers in parallel, add the image, and to @l->loaded */
int load_image(struct load *l, struct load_image *img, struct err *err);

/** load_docker() - images of a "docker save" archive (manifest.json); each is passed to load_image() */
int load_docker(struct load *l, struct err *err);

/** load_oci() - images of an OCI layout (index.json) */
int load_oci(struct load *l, struct err *err);

/** load_dir() - the image of a directory as podman and skopeo write it with dir: (manifest.json, files by digest) */
int load_dir(struct load *l, struct err *err);

#endif
