/*
 * pin - keeping layers from being collected while their image is on its way
 *
 * One locked entry of tmp/ for this process and the children it forks afterwards, with a list of DiffIDs that
 * gc.c respects; layers are unpacked below it too.  It ends with the last of these processes and is swept.
 */
#ifndef RL_STORAGE_TRANSFER_PIN_H
#define RL_STORAGE_TRANSFER_PIN_H

#include "storage/store.h"

/** pin_dir() - this process's entry, "tmp/…"; made the first time; @ret: borrowed */
int pin_dir(const struct store *s, const char **ret, struct err *err);

/** pin_layer() - keep a layer, also one that comes later; the caller holds the store's lock shared */
int pin_layer(const struct store *s, const char *diff_id, struct err *err);

/** pin_nameless() - a file in the entry that has no name, so that nothing is left of it; Return: a descriptor of the caller's, or a negative errno */
int pin_nameless(const struct store *s, struct err *err);

/** pin_release() - give the entry up before the process ends */
void pin_release(const struct store *s);

#endif
