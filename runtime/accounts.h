/*
 * accounts - lines that a container's /etc/passwd and /etc/group get before its first process looks at them
 *
 * process.user.accounts of config.json: {"passwd": […], "group": […]}, each member
 *     {"name", "id", "line": without its newline, "create": make the file if there is none}
 * A line is added unless the file knows the name or the id already, so a second start adds nothing.
 */
#ifndef RL_RUNTIME_ACCOUNTS_H
#define RL_RUNTIME_ACCOUNTS_H

#include "runtime/base/json.h"

/**
 * accounts_add() - add what is missing
 * Must run before anything else is mounted in the root: what it writes is the container's own.  The files are resolved
 * below the root, have to be regular ones, and not larger than USER_FILE_CAP (user.h).
 * @root: the container's root; borrowed
 * @user: process.user
 */
int accounts_add(int root, const json_t *user, struct err *err);

/** accounts_known() - whether the text of such a file has a line with this name or id */
bool accounts_known(const char *text, const char *name, uint64_t id);

#endif
