/*
 * sysctl - kernel parameters that belong to a container's own namespaces
 */
#ifndef RL_RUNTIME_SYSCTL_H
#define RL_RUNTIME_SYSCTL_H

#include "runtime/base/json.h"

#include <stdbool.h>

/** sysctl_allowed() - whether a parameter belongs to one of the namespaces in @create (CLONE_NEW*) */
bool sysctl_allowed(const char *name, unsigned create);

/** sysctl_check() - refuse any of linux.sysctl that is not the container's own */
int sysctl_check(const json_t *object, unsigned create, struct err *err);

/** sysctl_apply() - set them through @proc, a checked procfs */
int sysctl_apply(const json_t *object, int proc, unsigned create, struct err *err);

#endif
