/*
 * attributes - owner, mode, extended attributes and time of what was unpacked
 *
 * What was made mostly has its owner and mode already, so both are compared before they are set.
 */
#ifndef RL_STORAGE_TRANSFER_ATTRIBUTES_H
#define RL_STORAGE_TRANSFER_ATTRIBUTES_H

#include "storage/transfer/entry.h"

#include <stdbool.h>

/**
 * attributes_set() - of a file, directory or FIFO that is open
 * @fd:        open for writing for a file, O_PATH or not for anything else
 * @have:      what it had when it was made: a file has to be without set-id bits, which writing and a new owner take away
 * @single_id: only id 0 can own files: owners in the archive are not applied
 */
int attributes_set(
	const struct entry *en, int fd, const struct stat *have, bool single_id, struct err *err);

/** attributes_set_link() - of a symbolic link, by its name */
int attributes_set_link(const struct entry *en, bool single_id, struct err *err);

/** attributes_times() - access and modification time as the entry has them */
void attributes_times(const struct entry *en, struct timespec ret[2]);

#endif
