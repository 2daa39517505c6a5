/*
 * authfile - writing credentials: what login and logout do to auth.json or docker's config.json
 *
 * The file belongs to other tools as well: what they wrote stays, in its order.  It is replaced by renaming, with mode
 * 0600, under a lock on its directory.  Where the file names a credential helper for the registry (credHelpers, credsStore)
 * the helper keeps the password and not the file.
 */
#ifndef RL_STORAGE_AUTHFILE_H
#define RL_STORAGE_AUTHFILE_H

#include "storage/credentials.h"

/** authfile_default() - the file that login writes: REGISTRY_AUTH_FILE, or the one of the login session; the caller owns it */
char *authfile_default(void);

/**
 * authfile_set() - keep credentials
 * @key:    "HOST" or "HOST/NAMESPACE"
 * @docker: the file is docker's: docker.io has the name that docker gives it
 */
int authfile_set(const char *path, bool docker, const char *key, const struct credentials *c,
	struct err *err);

/**
 * authfile_remove() - forget credentials
 * @key: NULL for all
 * Return: 1 if there were any, 0 if not, or a negative errno
 */
int authfile_remove(const char *path, const char *key, struct err *err);

#endif
