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

#include <stdbool.h>

/* where the contents of files are afterwards */
enum copy_content {
	COPY_WHOLE, /* in the copies */
	/* the others leave files of names and size, whose contents are in a data-only layer (storage/meta.h) */
	COPY_PATHS, /* at @data and the path that they have below @from */
	COPY_LINKS, /* in the directory @links, as hard links named by inode; small files of configuration are copied */
	COPY_REFERENCES, /* where they are already: @from is such a tree itself */
};

/**
 * struct copy_opts - what to make of it; zeroed: plain copies
 * @strangers: what belongs to ids that this namespace does not have is given to the caller
 * @owners: "inside" → "outside", for owners and the roots of file capabilities; NULL to keep them
 */
struct copy_opts {
	enum copy_content content;
	const char *data;
	int links;
	bool strangers;
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
