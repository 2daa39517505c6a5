/*
 * image_find - images by what a user types
 *
 * A reference is tried as it is, then, if it is short, as the name of something made here, then by its digest; what is no
 * name may be the beginning of an id.  What the store itself does not have is looked for in its shared stores, in their order.
 */
#ifndef RL_STORAGE_IMAGE_FIND_H
#define RL_STORAGE_IMAGE_FIND_H

#include "storage/image.h"

/**
 * image_find() - look up by reference ("alpine", "host/x:1", "x@sha256:…") or by an id's unique prefix (≥ 3 digits)
 * What is found is never a list: the name of one stands for its image for this machine's platform.
 * Return: 0, or -ERR_NO_OBJECT with a hint to pull, or another negative errno: -ESTALE where it is in none of those that
 * can be read, but a shared store cannot be
 */
int image_find(const struct store *s, const char *name, struct image *ret, struct err *err);

/** image_find_any() - the same, but a list is found itself */
int image_find_any(const struct store *s, const char *name, struct image *ret, struct err *err);

#endif
