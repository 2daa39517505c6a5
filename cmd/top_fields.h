/*
 * top_fields - what `rl top` can show of a process: podman's descriptors
 */
#ifndef RL_CMD_TOP_FIELDS_H
#define RL_CMD_TOP_FIELDS_H

#include "cmd/output.h"
#include "runtime/procs.h"
#include "userns/idmap.h"

/**
 * struct top_source - what the values are made from
 * @uids, @gids: of the container
 * @passwd, @group: contents of its files
 * @now:   seconds since the machine was started
 */
struct top_source {
	const struct procs *procs;
	struct idmap uids, gids;
	char *passwd, *group;
	double now;
};

/** top_open() - read a running container's maps and names */
int top_open(const struct container *c, const struct procs *procs, struct top_source *ret,
	struct err *err);
void top_close(struct top_source *s);

/** top_headings() - of all descriptors; ends with {0} */
const struct heading *top_headings(void);

/** top_field() - the field for a descriptor ("pid", "%p", "PID"); NULL if it is none */
const char *top_field(const char *descriptor);

/** top_known() - all descriptors, for a hint; the caller owns it */
char *top_known(void);

/** top_row() - all that is known of a process, by field; a new reference */
json_t *top_row(const struct top_source *s, const struct procs_one *p);

#endif
