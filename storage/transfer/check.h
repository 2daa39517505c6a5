/*
 * check - images and layers against the digests that name them
 *
 * A layer is found changed when the tar that it came as cannot be rebuilt with the digest it has (rebuild.h).  Then the
 * images made of it go, those with a name only by force, and it goes with the last of them; images that lack a
 * layer go at once, since nothing can be made of them.  All other records can be written anew from what they describe.
 */
#ifndef RL_STORAGE_TRANSFER_CHECK_H
#define RL_STORAGE_TRANSFER_CHECK_H

#include "storage/check.h"
#include "storage/image.h"

/** check_layers() - the directories of layers/; @null: where rebuilt tars go; borrowed */
void check_layers(const struct store *s, int null, struct check *c);

/** check_images() - the directories of images/ */
void check_images(const struct store *s, struct check *c);

/** check_trees() - the directories of meta/, which can all be made again */
void check_trees(const struct store *s, struct check *c);

/** check_artifacts() - the directories of artifacts/, and the names in artifact-names/ */
void check_artifacts(const struct store *s, struct check *c);

#endif
