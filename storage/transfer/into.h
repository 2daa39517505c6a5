/*
 * into - archives that are unpacked into a tree which somebody else uses: `rl cp`
 *
 * Directories that are there keep their owner, mode and time.  A file takes the place of another one when it is complete, so
 * whoever looks sees the old or the new one, and a copy that is interrupted leaves no part of a file.  A file in
 * whose place something is mounted is written to instead.
 */
#ifndef RL_STORAGE_TRANSFER_INTO_H
#define RL_STORAGE_TRANSFER_INTO_H

#include "storage/transfer/entry.h"
#include "userns/idmap.h"

/**
 * struct into - how to treat what is there and what comes
 * @owners:  ids of the archive ("inside") → ids here; NULL for ids as they are
 * @owner:   uid and gid that all gets instead, or NULL
 * @replace: a directory may take the place of something else, and the other way round
 * @trusted: the archive was made by ourselves: it may have any number of entries
 */
struct into {
	const struct idmaps *owners;
	const uint32_t *owner;
	bool replace, trusted;
};

/** into_owner() - give the entry the owner that it is to have here */
int into_owner(const struct into *i, struct entry *en, struct err *err);

/** into_check() - refuse an entry that would replace a directory by something else, or the other way round */
int into_check(const struct into *i, const struct entry *en, struct err *err);

/**
 * struct into_file - a regular file on its way
 * @fd: to be filled and described
 */
struct into_file {
	int fd, parent;
	char tmp[40]; /* its name where it cannot be without one */
};

#define INTO_FILE_INIT                                                                             \
	{                                                                                          \
		.fd = -EBADF, .parent = -EBADF                                                     \
	}

/**
 * into_clean_up() - from now on SIGTERM ends this process and leaves no part of a file, also where files
 * cannot be without a name (fuse-overlayfs)
 */
void into_clean_up(void);

int into_file_open(struct into_file *f, const struct entry *en, struct err *err);

/** into_file_name() - it is complete: give it its name */
int into_file_name(
	const struct into *i, struct into_file *f, const struct entry *en, struct err *err);

/** into_file_done() - without a name nothing is left of it */
void into_file_done(struct into_file *f);

#endif
