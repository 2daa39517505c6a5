/*
 * search - where the files of quadlets are, podman-systemd.unit(5)
 *
 * Directories are searched with those below them, and a name that was found first hides later ones.  What podman's own generator
 * reads is read only where that one is not installed: two generators would write one and the same service.
 */
#ifndef RL_QUADLET_SEARCH_H
#define RL_QUADLET_SEARCH_H

#include "runtime/quadlet/quadlet.h"

/**
 * search_dirs() - append the directories, most important first; QUADLET_UNIT_DIRS, with colons, replaces them
 * @user: a user's own, not the machine's
 */
void search_dirs(bool user, struct strv *ret);

/**
 * search_load() - read all files in @dirs with their drop-ins
 * @complain: called for each one that cannot be read, or is no unit file; may be NULL
 * Return: how many are wrong
 */
unsigned search_load(struct quadlet_set *set, const struct strv *dirs,
	void (*complain)(const char *name, const struct err *err));

#endif
