/*
 * absent - members that templates may name although the JSON leaves them out
 *
 * podman and docker execute templates over structures: each member is there, also where it is empty and no JSON shows it, and
 * a template that names it must not fail.  A table says which these are; the command adds them where a template is
 * executed, and prints JSON without them.
 */
#ifndef RL_CMD_ABSENT_H
#define RL_CMD_ABSENT_H

#include "runtime/base/json.h"

/**
 * struct absent - one member
 * @path:  "State.CheckpointLog"; {0} ends a table
 * @value: JSON, or "=PATH" for what another member of the same object holds
 */
struct absent {
	const char *path, *value;
};

/**
 * absent_add() - add the members of @table to @obj
 * One that is there stays as it is.  An object on the way is made, but not in the place of what is null.
 */
void absent_add(json_t *obj, const struct absent *table);

#endif
