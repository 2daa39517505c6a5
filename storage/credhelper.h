/*
 * credhelper - programs that keep credentials for the user: docker-credential-NAME
 *
 * They are spoken to as docker does: a verb as the argument, one value on standard input, JSON on standard output.
 */
#ifndef RL_STORAGE_CREDHELPER_H
#define RL_STORAGE_CREDHELPER_H

#include "storage/credentials.h"

/** credhelper_get() - Return: 1 if it knows @host, 0 if not, or a negative errno */
int credhelper_get(const char *name, const char *host, struct credentials *ret, struct err *err);

/** credhelper_store() - have it keep a user name and password */
int credhelper_store(
	const char *name, const char *host, const struct credentials *c, struct err *err);

/** credhelper_erase() - have it forget; Return: 1 if it knew @host, 0 if not, or a negative errno */
int credhelper_erase(const char *name, const char *host, struct err *err);

#endif
