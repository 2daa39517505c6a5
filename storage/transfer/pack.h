/*
 * pack - changes of a tree as entries of a tar archive
 *
 * Either a layer of an image, with whiteouts for what was deleted, or a plain archive of a root file system.
 */
#ifndef RL_STORAGE_TRANSFER_PACK_H
#define RL_STORAGE_TRANSFER_PACK_H

#include "storage/transfer/changes.h"

/**
 * struct pack_facts - what an archive cannot hold and was left out
 */
struct pack_facts {
	uint64_t sockets, devices;
};

enum pack_form {
	PACK_LAYER,
	PACK_ROOT,
};

/**
 * pack_changes() - write what changes_walk() finds
 * @o:     without fn and arg
 * @fd:    borrowed
 */
int pack_changes(const struct changes_opts *o, enum pack_form form, int fd, struct pack_facts *ret,
	struct err *err);

#endif
