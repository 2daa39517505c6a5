/*
 * family - what depends on the images of a list: images made of them, and containers
 *
 * An image is the parent of another if its layers and its history are the beginning of the other's; of several
 * candidates the nearest is the parent.  Nothing of this is stored: removing either image never harms the other,
 * since layers belong to whoever names them.
 */
#ifndef RL_STORAGE_FAMILY_H
#define RL_STORAGE_FAMILY_H

#include "storage/image.h"

/**
 * struct family - the answers for one list of images
 * @list:       borrowed; must outlive this
 * @parent:     index of each image's parent, SIZE_MAX if it has none
 * @children:   how many images each is the parent of
 * @containers: how many containers use each; see family_count_containers()
 */
struct family {
	const struct image_list *list;
	size_t *parent, *children, *containers;
	bool counted;
};

/** family_init() - find parents and children; reads nothing */
void family_init(struct family *f, const struct image_list *list);

/**
 * family_count_containers() - fill @containers, reading the record of each container; only the first call does so
 * One whose record cannot be read uses nothing that is known.
 */
void family_count_containers(struct family *f, const struct store *s);

/** family_is_parent() - whether @a is what @b was made of */
bool family_is_parent(const struct image *a, const struct image *b);

/** family_index() - where the image is in the list; SIZE_MAX if it is not */
size_t family_index(const struct family *f, const char *id);

/** family_is_dangling() - whether image @i has no name and is nobody's parent */
bool family_is_dangling(const struct family *f, size_t i);

void family_done(struct family *f);

#endif
