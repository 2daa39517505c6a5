/*
 * copy - copying a layer's tree into another one
 *
 * Both trees are ours alone, yet nothing is ever resolved by a path: each directory is reached from its parent's
 * descriptor without following links.  Only hard links are made by path, below directories that the same call made.
 */
#ifndef RL_STORAGE_COPY_H
#define RL_STORAGE_COPY_H

#include "runtime/base/err.h"
#include "userns/idmap.h"

/**
 * struct copy_opts - what to make of it
 * @data:   the contents of files stay where they are, at this path and their own of a data-only layer (storage/meta.h);
 *          NULL to copy them
 * @owners: "inside" → "outside"; NULL to keep the owners
 */
struct copy_opts {
	const char *data;
	const struct idmaps *owners;
};

/**
 * copy_tree() - copy what is in the directory @from into @to, both borrowed, and then @from's own attributes
 * @to holds the lower layers: what @from's whiteouts and opaque directories hide is removed.
 */
int copy_tree(int from, int to, const struct copy_opts *o, struct err *err);

/** copy_bytes() - the content of a file, shared with the original where the file system can; Return: 0 or a negative errno */
int copy_bytes(int from, int to);

#endif
