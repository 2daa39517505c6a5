/*
 * stats_rows - what `rl stats` shows of a container
 */
#ifndef RL_CMD_STATS_ROWS_H
#define RL_CMD_STATS_ROWS_H

#include "runtime/gauge.h"

/**
 * struct stats_sample - a reading, and when it was taken
 * @at:    nanoseconds of the monotonic clock; 0 for none: the container does not run
 * @since: nanoseconds that it has run
 */
struct stats_sample {
	struct gauge gauge;
	int64_t at, since;
};

/** stats_memory() - bytes of the machine's memory: what limits a container without a limit */
uint64_t stats_memory(void);

/**
 * stats_row() - a row for output_list(); a new reference
 * @before: an earlier reading, or one with @at 0: then the share of the processor is since the start
 * @json:   podman's names for --format json, else fields for templates
 * @full:   ids are not shortened
 */
json_t *stats_row(const struct container *c, const struct stats_sample *now,
	const struct stats_sample *before, bool json, bool full);

#endif
