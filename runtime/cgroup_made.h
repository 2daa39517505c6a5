/*
 * cgroup_made - the groups around a container's own that were made for it, and go with the last container in them
 *
 * They are what --cgroup-parent names, and "supervisor" of --cgroups=split.  A group that was not there before has the extended
 * attribute "user.rl" (since Linux 5.7): so it is known as rl's own by whoever ends last, and after a crash.  One without it is the user's,
 * and stays.  What else makes and removes groups at the same time is waited for, but not for long: anybody may hold a lock on a directory.
 */
#ifndef RL_RUNTIME_CGROUP_MADE_H
#define RL_RUNTIME_CGROUP_MADE_H

#include "runtime/base/err.h"

/* of the container's group where it is below the caller's own; in "supervisor" beside it is everything that was there before */
#define CGROUP_PAYLOAD	  "rl-payload-"
#define CGROUP_SUPERVISOR "supervisor"

/** cgroup_made_dir() - make the group @name and note that, or open the one that is there; Return: a descriptor or a negative errno */
int cgroup_made_dir(int dirfd, const char *name, struct err *err);

/**
 * cgroup_made_room() - move the processes of a group into "supervisor" below it, so that it can hand its controllers on
 * Return: a lock, held until it is closed: nobody takes the room back meanwhile; or -EBADF
 */
int cgroup_made_room(int dirfd);

/** cgroup_made_tidy() - remove what was made around a group that is gone by now, and nobody needs any more; @path: below CGROUP_ROOT */
void cgroup_made_tidy(const char *path);

#endif
