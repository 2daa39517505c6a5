/*
 * newidmap - writing a user namespace's maps through the set-uid helpers newuidmap and newgidmap
 */
#ifndef RL_USERNS_NEWIDMAP_H
#define RL_USERNS_NEWIDMAP_H

#include "userns/idmap.h"

#include <sys/types.h>

/**
 * newidmap_check() - whether the helpers can work here, judged by their files and this process
 * Return: 0; -ERR_NO_OBJECT if they are not installed or cannot gain rights where we are
 * (no_new_privs, a namespace in which their owner does not exist): then a single id is all that can
 * be had; -ERR_USAGE if their installation is broken
 */
int newidmap_check(struct err *err);

/**
 * newidmap_write() - let both helpers write the maps of process @pid, at once
 * The caller is outside @pid's user namespace and has the same user and group ids.
 * Return: 0, or a negative errno with the helper's own message; a map may have been written
 * nonetheless
 */
int newidmap_write(pid_t pid, const struct idmaps *maps, struct err *err);

/** newidmap_find() - path of "newuidmap" or "newgidmap" in PATH or the system's directories; the
 * caller owns it, NULL if missing */
char *newidmap_find(const char *name);

#endif
