/*
 * meta - images that are made of something else than layers of one's own
 *
 * meta/ID-KEY/ holds all layers of an image as one tree: of an image in a shared store (KEY stands for that store's path),
 * or of one's own with other owners (storage/owners.h).  It is never taken for layers/, for nobody has verified a
 * DiffID; so what a shared store says of an image says nothing of the same image from a registry.
 *     names/      a tree whose files have names, owners, modes, times and sizes, but contents elsewhere: the xattrs
 *                 user.overlay.metacopy and user.overlay.redirect=/PATH lead the kernel's overlay to a data-only lower
 *                 layer (Linux 6.16).  Anybody else who reads them finds zeros
 *     diff/       in its place, where the kernel or the driver has no such layers: a plain tree, with everything copied
 *     layer.json  written last
 *
 * One tree, not one for each layer: together with "userxattr" the kernel follows a file to its contents only from the
 * lowest layer that has the file's directory, and refuses it with EPERM from any above.  For the same reason the places
 * that something is mounted on (driver_skeleton()) are in the tree and not in a layer below it.
 *
 * The file "data-only" of a store records whether the kernel has them ("yes", "no"), which is tried once.
 */
#ifndef RL_STORAGE_META_H
#define RL_STORAGE_META_H

#include "storage/store.h"

#define META_PATH_MAX 128
#define META_NAMES    "names"
#define META_XATTR    "user.overlay.metacopy"
#define META_REDIRECT "user.overlay.redirect"

/** meta_path() - "meta/ID-KEY" of an image and where it comes from; @id: 64 digits */
void meta_path(const char *id, const char *source, char ret[META_PATH_MAX]);

enum meta_kind {
	META_NONE,  /* it has to be made first */
	META_PLAIN, /* a whole tree */
	META_ONLY,  /* names, with the contents elsewhere */
};

/**
 * meta_find() - where the tree of image @id of the shared store @shared is
 * @ret: its path, relative to the store; untouched for META_NONE
 */
enum meta_kind meta_find(
	const struct store *s, const char *id, const char *shared, char ret[META_PATH_MAX]);

/** meta_find_at() - the same of @dir, "meta/ID-KEY" */
enum meta_kind meta_find_at(const struct store *s, const char *dir, char ret[META_PATH_MAX]);

/**
 * meta_data_only() - whether this store's driver and the kernel have layers with contents elsewhere
 * @probe: try it if it is not recorded; in R
 * Return: 1, 0, or -ENODATA if it is not known
 */
int meta_data_only(const struct store *s, bool probe);

/**
 * meta_publish() - let the complete directory @from (below tmp/) appear as @to, "meta/ID-KEY"
 * One that is there already ends up as @from, which the caller removes.
 */
int meta_publish(const struct store *s, const char *from, const char *to, struct err *err);

/**
 * meta_mount() - what a tree looks like with its contents, as a detached mount that can only be read
 * In R, with a mount namespace of one's own.
 * @tree: "meta/ID-KEY/names"
 * @data: absolute path of the data-only layer
 * Return: a descriptor, or a negative errno
 */
int meta_mount(const struct store *s, const char *tree, const char *data, struct err *err);

/**
 * meta_unneeded() - append the names in meta/ that no image, container or running worker needs (gc.c)
 * The caller holds the store's lock exclusively, or can live with an answer that is old.
 */
int meta_unneeded(const struct store *s, struct strv *ret, struct err *err);

#endif
