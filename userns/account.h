/*
 * account - what the system knows of a user: name and home directory
 *
 * /etc/passwd is read here.  Users that only a directory service knows are asked for through the worker rl-subid, since
 * name service modules are loaded libraries, which the statically linked rl does not have.
 */
#ifndef RL_USERNS_ACCOUNT_H
#define RL_USERNS_ACCOUNT_H

#include "runtime/base/json.h"

#include <sys/types.h>

/** struct account - name and home of a user; NULL for what is not known */
struct account {
	char *name, *home;
};

/** account_find() - look a user up; Return: @ret, which the caller ends with account_done(), also if nothing is known */
void account_find(uid_t uid, struct account *ret);

/** account_done() - free what it holds; zeroed is fine */
void account_done(struct account *a);

/** account_home() - $HOME where it is absolute, else the home of the user who called; NULL if there is none.  The caller
 * owns it. */
char *account_home(void);

/**
 * account_ask() - what the worker rl-subid says of a user
 * @user: name or number
 * @ret: {"name":…, "home":…, "full":…, "id":…, "group":…, "uid":[[START,COUNT],…], "gid":[…]}: the ranges of subordinate
 *       ids, and before them what is there only if the user is known; new reference
 */
int account_ask(const char *user, json_t **ret, struct err *err);
/** account_ask_uid() - the same by number */
int account_ask_uid(uid_t uid, json_t **ret, struct err *err);

#endif
