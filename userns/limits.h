/*
 * limits - what may forbid an unprivileged user to make a user namespace
 */
#ifndef RL_USERNS_LIMITS_H
#define RL_USERNS_LIMITS_H

#include "runtime/base/err.h"

/** limits_explain() - set the hint for a clone(2) or unshare(2) of a user namespace that failed with @code */
void limits_explain(int code, struct err *err);

/** limits_sysctl() - a number below /proc/sys ("user/max_user_namespaces"), @dflt where it does not exist */
long limits_sysctl(const char *name, long dflt);

#endif
