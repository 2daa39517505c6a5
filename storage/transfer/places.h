/*
 * places - where the blobs of a layer are known to be: on which registries, in which repositories
 *
 * layers/HEX/places.json: {"version":1, "blobs": [{"digest", "size", "mediaType", "annotations" of a layer with a table of
 * contents (chunked.h), "places": ["HOST/PATH", …]}]}, newest first.
 * Only a hint: it saves a push from compressing again what was compressed once, and lets a registry mount what it
 * has already.  It goes with its layer; a lost or old one costs time, nothing else.
 */
#ifndef RL_STORAGE_TRANSFER_PLACES_H
#define RL_STORAGE_TRANSFER_PLACES_H

#include "storage/transfer/chunked.h"

#define PLACES_BLOBS_MAX 8
#define PLACES_MAX	 16

/**
 * struct place_blob - one form in which the layer was seen
 * @at: "HOST/PATH", newest first
 */
struct place_blob {
	char *digest, *media_type;
	uint64_t size;
	struct chunked chunked;
	struct strv at;
};

struct places {
	struct place_blob v[PLACES_BLOBS_MAX];
	size_t n;
};

/** places_read() - what is known; nothing where the record is missing or damaged */
void places_read(const struct store *s, const char *diff_id, struct places *ret);
void places_done(struct places *p);

/** places_add() - the blob is in HOST/PATH; best effort; @chunked: NULL or empty where nothing of the kind is known of it */
void places_add(const struct store *s, const char *diff_id, const char *digest, uint64_t size,
	const char *media_type, const struct chunked *chunked, const char *host, const char *path);

/** places_remove() - it is not there any more; best effort */
void places_remove(const struct store *s, const char *diff_id, const char *digest, const char *host,
	const char *path);

/** places_on() - the repository on @host that has it, other than @path; borrowed, or NULL */
const char *places_on(const struct place_blob *b, const char *host, const char *path);

#endif
