/*
 * login - whether a registry takes a user name and password
 */
#ifndef RL_STORAGE_LOGIN_H
#define RL_STORAGE_LOGIN_H

#include "storage/access.h"
#include "storage/credentials.h"
#include "storage/transfer.h"

/**
 * login_key() - what credentials for @registry are kept under: "HOST" or "HOST/NAMESPACE"
 * @registry: as typed, "https://HOST/" too; NULL: the first search registry of registries.conf, or docker.io
 * @ret: owned by the caller
 */
int login_key(const char *registry, char **ret, struct err *err);

/**
 * login_check() - ask the registry
 * @rundir: runtime directory; borrowed
 * @a:    certificates and patience; its credentials are not looked at
 * @key:  of login_key()
 * Return: 0, -EACCES if they are not taken, or another negative errno
 */
int login_check(const struct store *s, int rundir, const struct access *a, const char *key,
	const struct credentials *c, struct err *err);

#endif
