/*
 * writable - the bytes that containers have written, to volumes as well: counted in R, where all of it can be read
 */
#ifndef RL_STORAGE_WRITABLE_H
#define RL_STORAGE_WRITABLE_H

#include "storage/store.h"

/**
 * writable_sizes() - usage_writable() of several containers
 * @ids:   whole ids; what cannot be read counts 0
 * @sizes: filled, one for each
 */
int writable_sizes(const struct store *s, int rundir, const struct strv *ids, uint64_t *sizes,
	struct err *err);

/** writable_volume_sizes() - the same of volumes, by their names */
int writable_volume_sizes(const struct store *s, int rundir, const struct strv *names,
	uint64_t *sizes, struct err *err);

#endif
