/*
 * group - one directory of the unified control group hierarchy, and its files
 *
 * Whoever holds a descriptor of the directory works on that group, whatever becomes of its name.
 */
#ifndef RL_RUNTIME_GROUP_H
#define RL_RUNTIME_GROUP_H

#include "runtime/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** group_unified() - whether a cgroup v2 file system is mounted on @path */
bool group_unified(const char *path);

/**
 * group_of() - the path of a process's group, as its /proc/PID/cgroup has it
 * @pid: "self" or a number
 * Return: a path that begins with '/', owned by the caller; NULL where it has none that can be reached from here
 */
char *group_of(const char *pid);

/** group_parse() - the same of the text of such a file */
char *group_parse(const char *text);

/**
 * group_subtree() - the topmost group above @own, or itself, that belongs to the caller with everything on the way to it
 * @root: where the hierarchy is mounted
 * Return: its path below @root, owned by the caller; NULL if there is none
 */
char *group_subtree(const char *root, const char *own);

/** group_open() - the directory @path below @root; Return: a descriptor or a negative errno */
int group_open(const char *root, const char *path, struct err *err);

/** group_make() - make the group @name, unless it is there, and open it; Return: a descriptor or a negative errno */
int group_make(int dirfd, const char *name, struct err *err);

/** group_write() - one value into one of its files; Return: 0 or a negative errno */
int group_write(int dirfd, const char *file, const char *text);

/** group_move() - put a process into it; 0 for the caller; Return: 0 or a negative errno */
int group_move(int dirfd, pid_t pid);

/** group_move_all() - put all processes of one group into another; what does not want to go stays */
void group_move_all(int from, int to);

/**
 * group_enable() - let the groups below it have all controllers that it has itself
 * Return: 0, or the negative errno of the first one that could not be had: -EBUSY if there are processes in it
 */
int group_enable(int dirfd);

/** group_disable() - the opposite: those below it have none any more; what cannot be is left */
void group_disable(int dirfd);

/** group_has_processes() - whether there are some in it that keep it from that; the root of all is an exception */
bool group_has_processes(int dirfd);

/** group_value() - the number behind @key in a file of such lines; 0 if it is not there */
uint64_t group_value(int dirfd, const char *file, const char *key);

/** group_kill() - kill everything in it and below, and wait a moment until nothing is left */
void group_kill(int dirfd);

/** group_remove() - remove the group @name with those below it; Return: 0, or a negative errno if a process is left in it */
int group_remove(int dirfd, const char *name);

/**
 * group_give() - let another user make groups in it and move processes, but not change its limits
 * @uid, @gid: as the caller's user namespace has them
 */
int group_give(int dirfd, uid_t uid, gid_t gid, struct err *err);

#endif
