/*
 * publish - a layer that was unpacked below tmp/ becomes visible
 *
 * What is in layers/ already is as good, unless it is incomplete: a directory without layer.json is what a removal on a full
 * disk left when it was killed, or what has lost its record.  Older versions kept nothing to rebuild a layer's archive from.
 * Both are mended by whoever brings the layer again.
 */
#ifndef RL_STORAGE_TRANSFER_PUBLISH_H
#define RL_STORAGE_TRANSFER_PUBLISH_H

#include "storage/store.h"

/** publish_is_whole() - whether the layer can be used, and its archive can be given back */
bool publish_is_whole(const struct store *s, const char *diff_id);

/**
 * publish_layer() - move the complete layer in @dir to its place
 * One that is there and whole stays, and so does @dir.  Of an incomplete one the tree stays where it can be
 * trusted (a container may have it mounted) and gets the rest from @dir; otherwise it goes to trash/.
 * @dir: path relative to the store; synced
 */
int publish_layer(const struct store *s, const char *dir, const char *diff_id, struct err *err);

#endif
