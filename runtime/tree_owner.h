/*
 * tree_owner - giving all files of a tree to one owner, or one label
 *
 * The tree may be in use, by somebody who means harm: each directory is reached from its parent's descriptor, no link is
 * followed, and what is mounted below it stays as it is.
 */
#ifndef RL_RUNTIME_TREE_OWNER_H
#define RL_RUNTIME_TREE_OWNER_H

#include "runtime/base/err.h"

#include <sys/types.h>

/** tree_give() - to a user and a group; @fd: a file or a directory, may be O_PATH */
int tree_give(int fd, uid_t uid, gid_t gid, struct err *err);

/** tree_label() - set "security.selinux" */
int tree_label(int fd, const char *label, struct err *err);

#endif
