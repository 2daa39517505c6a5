/*
 * user - who a container's process is: names resolved by the files of its own root
 *
 * /etc/passwd and /etc/group come from an image: they are opened below the root, must be regular files, and
 * no more than USER_FILE_CAP bytes of them are read.
 */
#ifndef RL_RUNTIME_USER_H
#define RL_RUNTIME_USER_H

#include "runtime/base/json.h"

#include <sys/types.h>

#define USER_FILE_CAP	((size_t)10 << 20)
#define USER_GROUPS_MAX 65536

/**
 * struct user - identity of a process
 * @groups: supplementary groups
 * @home:   from passwd, or NULL
 */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t ngroups;
	char *home;
};

/**
 * user_resolve() - process.user, with the extensions "username": "name", "uid", and either with ":group" or ":gid",
 * and "additionalGroups": names
 * @root: the container's root; borrowed
 */
int user_resolve(int root, const json_t *object, struct user *ret, struct err *err);

/**
 * user_lookup() - the pure part of user_resolve()
 * @passwd, @group: contents of the files, may be changed; "" where missing
 * @spec: the extension, or NULL to take @ret->uid and @ret->gid as they are and find only the home directory
 */
int user_lookup(char *passwd, char *group, const char *spec, struct user *ret, struct err *err);

/** user_file() - append the root's /etc/passwd or /etc/group to @ret, capped at USER_FILE_CAP; nothing if it is missing */
int user_file(int root, const char *path, struct buf *ret, struct err *err);

/** user_name() - whose id that is, by the text of a passwd or group file; the caller owns it; NULL if it has no name */
char *user_name(const char *text, uint32_t id);

void user_done(struct user *u);

#endif
