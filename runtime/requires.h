/*
 * requires - containers that need others to run first (--requires, --pid container:NAME and the like)
 *
 * container.json of the one that needs lists their ids in "requires"; each of them has an empty file dependents/ID in its
 * directory, so that a removal need not read every container's record.  Such a file counts as long as that container exists.
 */
#ifndef RL_RUNTIME_REQUIRES_H
#define RL_RUNTIME_REQUIRES_H

#include "runtime/container.h"

/** requires_resolve() - ids of containers given by name, id or prefix, for "requires"; @ret: a new reference */
int requires_resolve(
	const struct containers *cs, const struct strv *names, json_t **ret, struct err *err);

/** requires_add() - let @record need container @id, whose namespace it shares; nothing if it does already */
void requires_add(json_t *record, const char *id);

/** requires_note() - let the containers that the new container @c needs know of it; where that fails @c is removed and closed */
int requires_note(struct container *c, struct err *err);

/** requires_start() - start what @c needs and does not run, and before that what those need; nothing without "requires" */
int requires_start(const struct container *c, struct err *err);

/** requires_dependents() - append the ids of the containers that need @c */
int requires_dependents(const struct container *c, struct strv *ret, struct err *err);

#endif
