/*
 * manifest - image manifests and indexes (OCI image-spec, Docker schema 2)
 *
 * A document must be one thing only: what could be read as an image by one tool and as an index by another is
 * refused, as is a media type that contradicts the registry's Content-Type.  All descriptors
 * are checked here, so that later code meets no other digests or sizes.
 */
#ifndef RL_STORAGE_TRANSFER_MANIFEST_H
#define RL_STORAGE_TRANSFER_MANIFEST_H

#include "runtime/base/json.h"
#include "storage/platform.h"

#define MANIFEST_LAYERS_MAX  1000
#define MANIFEST_ENTRIES_MAX 10000

/**
 * struct descriptor - a blob that a manifest refers to
 */
struct descriptor {
	char *media_type, *digest;
	uint64_t size;
	struct platform platform;
};

/**
 * struct manifest - a parsed document
 * @is_index: then @entries are manifests; else @config is set and @entries are the layers, lowest first
 * @artifact: "artifactType" of an image manifest, "" if there is none
 */
struct manifest {
	bool is_index;
	char *artifact;
	struct descriptor config;
	struct descriptor *entries;
	size_t n;
};

/**
 * manifest_read() - parse and check, whatever kind of thing it is the manifest of
 * Media types of configuration and layers are not looked at: it may be an artifact.
 */
int manifest_read(const char *data, size_t len, const char *type, const char *what,
	struct manifest *ret, struct err *err);

/**
 * manifest_parse() - parse and check; what is not an index must be a container image
 * @type: Content-Type it came with; "" if there was none
 * @what: named in errors
 * Return: 0 or a negative errno
 */
int manifest_parse(const char *data, size_t len, const char *type, const char *what,
	struct manifest *ret, struct err *err);

/** manifest_choose() - the entry of an index for a platform; the error lists those there are; borrowed from @m */
int manifest_choose(const struct manifest *m, const struct platform *want, const char *what,
	const struct descriptor **ret, struct err *err);

/** manifest_is_image() - whether what manifest_read() has read is the manifest of an image, by its configuration's type */
bool manifest_is_image(const struct manifest *m);

/** manifest_type() - media type of a document of this kind */
const char *manifest_type(bool docker, bool index);

/** manifest_is_docker() - whether a media type is one of Docker's manifests or lists */
bool manifest_is_docker(const char *media_type);

/** manifest_is_type() - whether a media type is that of a manifest or index */
bool manifest_is_type(const char *media_type);

/**
 * manifest_check_config() - check an image configuration against its manifest
 * @diff_ids: filled with one DiffID a layer
 */
int manifest_check_config(const json_t *config, const struct manifest *m, const char *what,
	struct strv *diff_ids, struct err *err);

void manifest_done(struct manifest *m);

#endif
