/*
 * owners - an image whose files have other owners, for containers with an id map of their own (--userns keep-id, auto)
 *
 * Why: a container's user namespace is a child of R, and what an image's layers give to R's id 0 must belong to the id of R
 * that the container has as its 0.  No file system on a disk lets an unprivileged user map owners at the mount
 * (docs/owners.md), so the image gets a tree of names with the new owners, once for each map, whose contents stay where they are.
 *
 *     meta/ID-KEY/names   the tree (storage/meta.h); KEY stands for the map.  meta/ID-KEY/diff, with everything copied, where the
 *                         kernel or the driver has no data-only layers
 *     meta/ID-data/INODE  on ext4: hard links to files of layers/, for all maps of the image.  A reference of at most
 *                         24 bytes is kept in the inode; one by path takes a block of 4 KiB for each file.  An inode's number
 *                         is its own as long as it has this name, so no file can stand for another one, whatever is in it
 *
 * What is there is complete: it appears by one rename.  Both go with the image (gc.c), and stay while a container names it.
 */
#ifndef RL_STORAGE_OWNERS_H
#define RL_STORAGE_OWNERS_H

#include "storage/meta.h"
#include "userns/idmap.h"

#include <limits.h>

/**
 * struct owners - what to mount in place of the image's layers: it takes one lower layer, and at most one data-only layer
 * @tree: relative to the store: rootfs.tree of the driver (storage/driver.h)
 * @data: relative to the store, or absolute: directory to open as rootfs.data; "" where @tree has its contents itself.  One
 *        of a shared store is to be held (shared_hold()) while it is used
 */
struct owners {
	char tree[META_PATH_MAX], data[PATH_MAX];
};

/**
 * struct owners_image - what the tree is of
 * @id, @diff_ids: of the image
 * @shared: path of the shared store that it is in, whose tree must be there (cmd/borrow.h); NULL: its layers must be in layers/
 */
struct owners_image {
	const char *id, *shared;
	const struct strv *diff_ids;
};

/**
 * owners_tree() - the tree of an image with other owners; made if it is not there
 * Runs in R, with the driver chosen; may try once whether the kernel has data-only layers, and mount something for it in a child.
 * Two that need the same tree at once may both make it; one of them is kept.
 * @maps: the container's map: "inside" is an id as the image has it, "outside" the id of R that it gets
 * Return: 0, or a negative errno: -EINVAL naming a file whose owner the map has no place for, -ERR_NO_OBJECT if the image or a
 * layer is gone, -ENOSPC; nothing is left behind then
 */
int owners_tree(const struct store *s, const struct owners_image *img, const struct idmaps *maps,
	struct owners *ret, struct err *err);

/** owners_find() - the same, without making it; Return: whether it is there */
bool owners_find(const struct store *s, const struct owners_image *img, const struct idmaps *maps,
	struct owners *ret);

#endif
