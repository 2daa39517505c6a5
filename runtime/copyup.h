/*
 * copyup - filling a fresh volume with what the image has at its mount point
 *
 * Once, at the first use: then the volume's own content counts, whatever became of it.  Done in the container's set-up,
 * before anything of it runs.  The copy is made in new/ beside the volume's directory, becomes ready/ when it is
 * complete, and its entries are then moved into the directory, none over what is there already.  Killed at any moment, the
 * next start goes on: an entry is whole or missing.
 */
#ifndef RL_RUNTIME_COPYUP_H
#define RL_RUNTIME_COPYUP_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct copyup - what to do; descriptors are borrowed
 * @home: volumes/NAME of the store, opened for reading; locked meanwhile
 * @data: the volume's directory, as it is going to be mounted
 * @from: the image's directory; negative where it has none: then the volume is given to @uid and @gid
 */
struct copyup {
	int home, data, from;
	uid_t uid;
	gid_t gid;
};

/** copyup_wanted() - whether a volume has not been used yet; may be wrong in the meantime, copyup() looks again */
bool copyup_wanted(int home);

int copyup(const struct copyup *c, struct err *err);

#endif
