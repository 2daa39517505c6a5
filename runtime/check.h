/*
 * check - containers whose records do not fit together, and what is left of those that are gone
 */
#ifndef RL_RUNTIME_CHECK_H
#define RL_RUNTIME_CHECK_H

#include "runtime/container.h"
#include "storage/check.h"

/** check_containers() - look at containers, their names and the runtime directory, and mend what @c says */
void check_containers(const struct containers *cs, struct check *c);

#endif
