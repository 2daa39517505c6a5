/*
 * pack - changes of a tree as entries of a tar archive
 *
 * Either a layer of an image, with whiteouts for what was deleted, or a plain archive of a root file system.
 */
#ifndef RL_STORAGE_TRANSFER_PACK_H
#define RL_STORAGE_TRANSFER_PACK_H

#include "storage/transfer/changes.h"
#include "userns/idmap.h"

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

/**
 * struct pack_copy - how a tree that is no layer is packed
 * @name:   what it is called in the archive; "" for a directory of which only the content is wanted
 * @owners: "inside" → ids here: the archive has the former; NULL for ids as they are
 * @holes:  large holes of files take no room in the archive (tarwrite_file())
 */
struct pack_copy {
	const char *name;
	const struct idmaps *owners;
	bool holes;
};

/**
 * pack_copy() - write a file, or a directory with all that is in it
 * What is mounted below it is part of it, but for file systems that are the kernel's answers (proc, sysfs, cgroups).
 * @n: opened with O_PATH
 */
int pack_copy(const struct pack_copy *o, const struct node *n, int fd, struct pack_facts *ret,
	struct err *err);

#endif
