/*
 * list - manifest lists in the store
 *
 * A list is images/ID/ like an image, so that names, tag and rmi treat it as one.  Its config.json says only when it was
 * made and carries a random member, so that no two lists have the same ID; manifest.json is the index, as it would be
 * pushed; list.json says where each entry comes from:
 *   {"version":1, "sources": {"sha256:…": {"image": ID of an image here} or {"from": "HOST/PATH" on a registry,
 *    "name": as it was asked for, "top": digest of what that led to, for the signature policy}
 *    or {"artifact": the same digest, of one here (storage/artifact.h)}}}
 * The images of a list are not kept by it: one may be removed, and pushing the list with it fails then.  Its artifacts are.
 * A change writes all of it anew; rl-transfer does that, one change of a list at a time.
 */
#ifndef RL_STORAGE_LIST_H
#define RL_STORAGE_LIST_H

#include "storage/image.h"

/**
 * list_find() - look up a list, by name or id
 * Return: 0, -ERR_NO_OBJECT if there is nothing of that name, -EINVAL if it is an image, or another negative errno
 */
int list_find(const struct store *s, const char *name, struct image *ret, struct err *err);

/** list_sources() - "sources" of its list.json; a new reference, an empty object where there are none */
json_t *list_sources(const struct store *s, const char *id);

/**
 * list_choose() - the image in the store that a list has for this machine's platform
 * @name: for errors
 * Return: 0, or -ENOENT if it is not in the store
 */
int list_choose(const struct store *s, const struct image *list, const char *name,
	struct image *ret, struct err *err);

#endif
