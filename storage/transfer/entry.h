/*
 * entry - one entry of a layer's archive, on its way to the disk
 */
#ifndef RL_STORAGE_TRANSFER_ENTRY_H
#define RL_STORAGE_TRANSFER_ENTRY_H

#include "runtime/base/err.h"

#include <archive_entry.h>

#define ENTRY_DEPTH_MAX 256

/**
 * struct entry - what is being applied
 * @path:   cleaned, relative, "." for the root
 * @parent: directory that it goes to, borrowed; @base is its name there
 */
struct entry {
	struct archive_entry *e;
	char *path;
	int parent;
	const char *base;
	mode_t type;
};

/** entry_refuse() - Return: -EBADMSG, for an archive that cannot be meant well */
int entry_refuse(struct err *err, const char *path, const char *why);

/**
 * entry_clean_path() - a name of the archive as a path below the root, without leading slash
 * @ret: owned by the caller
 * Return: 0, or -EBADMSG where it leads out as it is written
 */
int entry_clean_path(const char *raw, char **ret, struct err *err);

/** entry_mode() - permissions, set-id and sticky bits */
mode_t entry_mode(const struct entry *en);

#endif
