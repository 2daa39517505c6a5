/*
 * tree - the file "tree" of a layer in a shared store: the layer without the contents of its files
 *
 * A tar archive in PAX format, compressed with zstd; storage/shared.h says what is special in it.
 */
#ifndef RL_STORAGE_TRANSFER_TREE_H
#define RL_STORAGE_TRANSFER_TREE_H

#include "storage/transfer/layer.h"
#include "storage/transfer/object.h"

/**
 * tree_write() - write the tree of a plain layer, and take the contents of its files in
 * @root:   layers/HEX/diff; borrowed
 * @opaque: the layer hides all layers below it
 * @fd:     file to write to; borrowed
 */
int tree_write(int root, bool opaque, struct objects *o, int fd, struct err *err);

/**
 * tree_apply() - apply a tree that somebody else wrote
 * @fd:      the file; borrowed
 * @root:    directory that holds the lower layers; borrowed
 * @objects: of the shared store, to copy the contents from; -EBADF to leave them there and write names only
 */
int tree_apply(
	int fd, int root, int objects, bool single_id, struct layer_facts *ret, struct err *err);

/** tree_objects() - append the names of the objects that a tree needs */
int tree_objects(int fd, struct strv *ret, struct err *err);

/**
 * tree_names() - call @fn for each file with content, and each further name of a file
 * @path, @link, @object: borrowed; a file with content has an @object, another name has the @link to one
 */
int tree_names(int fd,
	void (*fn)(void *arg, const char *path, const char *link, const char *object), void *arg,
	struct err *err);

#endif
