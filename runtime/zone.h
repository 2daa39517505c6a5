/*
 * zone - the time zone of a container: a copy of a file of the host's
 */
#ifndef RL_RUNTIME_ZONE_H
#define RL_RUNTIME_ZONE_H

#include "runtime/base/err.h"

#define ZONE_FILE "localtime"

/**
 * zone_copy() - write ZONE_FILE, which is going to be mounted on /etc/localtime
 * @name:  "Europe/Berlin", of $TZDIR or /usr/share/zoneinfo, or "local" for the host's own
 * @dirfd: directory of the new container; borrowed
 */
int zone_copy(const char *name, int dirfd, struct err *err);

#endif
