/*
 * changes - how one tree differs from another, both being views
 *
 * The layers that they share are recognised by their inodes, so that comparing costs what the differing layers are
 * large, not the whole trees.  Where nothing is shared (vfs), files are compared by all that is known of them and, when
 * that is the same, by their bytes.
 *
 * A file with several names is one thing: if one of its names is new or changed, all of them are.
 */
#ifndef RL_STORAGE_TRANSFER_CHANGES_H
#define RL_STORAGE_TRANSFER_CHANGES_H

#include "storage/transfer/node.h"
#include "storage/transfer/view.h"

enum change_kind {
	CHANGE_ADDED = 'A',
	CHANGE_MODIFIED = 'C',
	CHANGE_DELETED = 'D',
	CHANGE_NONE = ' ', /* with @all only */
};

/**
 * struct change - one path
 * @path: below the root, without leading slash; "" is the root
 * @node: what it is now; NULL when deleted
 * @opaque: a directory of which nothing is left that was below it: its whole content follows as added
 */
struct change {
	enum change_kind kind;
	const char *path;
	const struct node *node;
	bool opaque;
};

/**
 * struct changes_opts - what to compare
 * @new, @old: borrowed; @old without a root is an empty tree
 * @all:    report what is unchanged too, and nothing that was deleted
 * @layer:  as a layer needs it: opaque directories are reported as such (otherwise what they hide is reported as deleted), and
 *          the root is always there
 * @places: where something is mounted in the container, as paths below the root: empty files and directories there that the
 *          old tree does not have are rl's own and left out, as are directories that lead to nothing else; may be NULL
 * @old_places: the same of the old tree, where that has such places as a part of it: what is missing of them was not deleted
 * @skip:   a directory for which it returns true is reported without what is in it; may be NULL
 * @fn:     called for each change, a directory before what is in it, deletions in a directory first, else by name.
 *          The root is reported as the first one, if any is; Return: 0, or a negative errno that ends it
 */
struct changes_opts {
	const struct view *new, *old;
	bool all, layer;
	const struct strv *places, *old_places;
	bool (*skip)(void *arg, const struct node *dir);
	int (*fn)(void *arg, const struct change *c, struct err *err);
	void *arg;
};

int changes_walk(const struct changes_opts *o, struct err *err);

#endif
