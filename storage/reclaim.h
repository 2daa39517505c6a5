/*
 * reclaim - giving back what nothing needs: layers without an owner, left-overs of tmp/ and trash/, old caches
 */
#ifndef RL_STORAGE_RECLAIM_H
#define RL_STORAGE_RECLAIM_H

#include "storage/store.h"

/**
 * reclaim() - do so, in R
 * @ret_bytes: bytes of files that are gone, those included that waited in trash/ already
 * Return: 0, or a negative errno when layers had to stay because a record cannot be read; the rest is done nevertheless
 */
int reclaim(const struct store *s, int rundir, uint64_t *ret_bytes, struct err *err);

/** reclaim_trash() - store_sweep() in R; where R cannot be entered, of what belongs to the user alone; best effort */
void reclaim_trash(const struct store *s, int rundir);

#endif
