/*
 * usage - the bytes that images and containers take on disk
 *
 * What layers take is read from their records, so it costs a file a layer; trees are counted file by file, those of
 * meta/ by the blocks that they take, for their files are as long as what is elsewhere.
 */
#ifndef RL_STORAGE_USAGE_H
#define RL_STORAGE_USAGE_H

#include "storage/family.h"

/** usage_tree() - bytes in the regular files of a tree, one with several names once; 0 if it is not there */
uint64_t usage_tree(int dirfd, const char *name);

/** usage_contents() - bytes of a layer's files, as its record says, in the store or in one of its shared stores; 0 if it is in none */
uint64_t usage_contents(const struct store *s, const char *diff_id);

/** usage_writable() - usage_tree() of a container's writable part; @dirfd: its directory */
uint64_t usage_writable(int dirfd);

/**
 * struct usage_layer - a layer of the store
 * @hex:    its 64 digits
 * @size:   bytes of its files, and of what is kept beside them to give it out again
 * @images: how many images have it
 * @active: a container is made of it
 */
struct usage_layer {
	char hex[65];
	uint64_t size;
	size_t images;
	bool active;
};

/**
 * struct usage - all layers, and what the images of a family take
 * @layers:      sorted by @hex
 * @total:       bytes of all layers and of meta/, those that nothing needs included
 * @reclaimable: those that no container is made of
 */
struct usage {
	struct usage_layer *layers;
	size_t n;
	uint64_t total, reclaimable;
};

/** usage_read() - look at all layers, and who has them */
int usage_read(const struct store *s, const struct family *all, struct usage *ret, struct err *err);

/** usage_of() - bytes of an image's layers that other images have too, and that it has alone */
void usage_of(
	const struct usage *u, const struct image *img, uint64_t *ret_shared, uint64_t *ret_unique);

void usage_done(struct usage *u);

#endif
