/*
 * rebuilder - a process that reads the trees of layers, for one that gave up its capabilities
 *
 * Whoever speaks with a registry needs no rights over files of subordinate ids, and has none; rebuilding a layer's tar does.  So
 * a process is forked before they are dropped, which speaks with nobody else.  It is asked by the worker and by
 * all that the worker forks, and ends with the last of them.
 */
#ifndef RL_STORAGE_TRANSFER_REBUILDER_H
#define RL_STORAGE_TRANSFER_REBUILDER_H

#include "storage/store.h"

/** rebuilder_start() - fork it; once in a worker, before confine_caps() */
int rebuilder_start(const struct store *s, struct err *err);

/**
 * struct rebuilding - a tar on its way
 * @in:     it comes from here; to be read to its end
 * @report: for rebuilder_end()
 */
struct rebuilding {
	int in, report;
};
#define REBUILDING_INIT                                                                            \
	{                                                                                          \
		-EBADF, -EBADF                                                                     \
	}

/** rebuilder_open() - begin rebuilding a layer */
int rebuilder_open(const char *diff_id, struct rebuilding *ret, struct err *err);

/**
 * rebuilder_end() - the end of it
 * @r: what reading came to; it is returned if it is negative
 * Return: 0 if all of the tar came, and was the layer's
 */
int rebuilder_end(struct rebuilding *b, int r, struct err *err);

#endif
