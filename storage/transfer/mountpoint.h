/*
 * mountpoint - where a path that something is mounted on really is
 *
 * An image's /etc/resolv.conf may be a link to a file that it does not have; rl makes that file to mount on, and what rl
 * made is no change of the container's (changes.h).
 */
#ifndef RL_STORAGE_TRANSFER_MOUNTPOINT_H
#define RL_STORAGE_TRANSFER_MOUNTPOINT_H

#include "runtime/base/str.h"
#include "storage/transfer/view.h"

/**
 * mountpoint_resolve() - add to paths what they are by the links of a tree
 * Links are followed below the tree's root, also those that lead to nothing.  A path that cannot be followed stays as it is.
 * @v:     the image's layers
 * @paths: relative to the root; appended to
 */
void mountpoint_resolve(const struct view *v, struct strv *paths);

#endif
