/*
 * layer - applying a layer's entries below a directory
 *
 * The archive is hostile.  Whatever it names is resolved below the layer's root, so that links made by earlier entries
 * lead nowhere else; hard links too.  An entry replaces what an earlier one left under its name.  Markers that
 * overlay understands are made of whiteouts only, never taken from the archive: devices are not made, and extended
 * attributes are user.* and security.capability, without the names that drivers give a meaning.
 */
#ifndef RL_STORAGE_TRANSFER_LAYER_H
#define RL_STORAGE_TRANSFER_LAYER_H

#include "storage/transfer/into.h"
#include "storage/transfer/record.h"
#include "storage/transfer/tar.h"

#define LAYER_ENTRIES_MAX ((uint64_t)700000)

/**
 * struct layer_facts - what was found
 * @entries: entries applied
 * @size:    bytes of regular files
 * @devices: device nodes that were left out
 * @opaque_root: the layer hides all layers below it
 */
struct layer_facts {
	uint64_t entries, size, devices;
	bool opaque_root;
};

/**
 * struct layer_opts - how to apply
 * @single_id: only id 0 can own files: owners in the archive are not applied
 * @record:    told where contents go, the one that the tar reader was opened with; may be NULL
 * @progress:  called now and then; may be NULL
 * @flatten:   @root holds lower layers already: deletions take things away instead of leaving overlay's markers
 * @plain:     names are only names: nothing is a whiteout
 * @directory: called for each directory that is an entry of the archive, with its cleaned path; may be NULL
 * @into:      @root is a tree of somebody else's (into.h), not a layer: names of whiteouts are names; NULL for a layer
 * @content:   fills the new regular file @fd instead of the data in the archive; NULL for the data
 */
struct layer_opts {
	bool single_id, flatten, plain;
	struct record *record;
	const struct into *into;
	void (*progress)(void *arg);
	int (*directory)(void *arg, const char *path, struct err *err);
	int (*content)(
		void *arg, struct archive_entry *e, int fd, uint64_t *ret_size, struct err *err);
	void *arg;
};

/**
 * layer_apply() - apply all entries of @t below @root
 * @root: directory, readable, or O_PATH with @into; borrowed; without @into nobody else may write below it
 * Return: 0, or a negative errno (-EBADMSG: the archive is malformed or hostile); the target may be partly filled
 */
int layer_apply(int root, struct tar *t, const struct layer_opts *o, struct layer_facts *ret,
	struct err *err);

#endif
