/*
 * image_name - which of an image's names somebody means
 */
#ifndef RL_CMD_IMAGE_NAME_H
#define RL_CMD_IMAGE_NAME_H

#include "storage/image.h"

/** image_name() - the name of @img that the user typed as @arg, or NULL if it was an id or another name; borrowed from @img */
const char *image_name(const struct image *img, const char *arg);

#endif
