/*
 * credentials - what the user is known by at a registry: containers-auth.json(5), docker's config.json
 *
 * Looked up by the command and not by the transfer worker: a helper (docker-credential-NAME) may want to talk
 * to the user's keyring, which knows the user by the id outside R.
 */
#ifndef RL_STORAGE_CREDENTIALS_H
#define RL_STORAGE_CREDENTIALS_H

#include "runtime/base/json.h"

/**
 * struct credentials - a user name and password, or an identity token (OAuth2 refresh token)
 */
struct credentials {
	char *user, *password, *identity_token;
};

/**
 * credentials_find() - credentials for a repository
 * @authfile: --authfile, or NULL: then REGISTRY_AUTH_FILE, else the usual files one after the other
 * @host:     "docker.io", "registry.example:5000"
 * @path:     repository; the entry with the longest matching namespace is used
 * Return: 1 if found, 0 if there are none, or a negative errno (a file that is named but missing or malformed, a helper that fails)
 */
int credentials_find(const char *authfile, const char *host, const char *path,
	struct credentials *ret, struct err *err);

/** credentials_lookup() - credentials_find() in one parsed file */
int credentials_lookup(const json_t *file, const char *what, const char *host, const char *path,
	struct credentials *ret, struct err *err);

/** credentials_parse() - "USER:PASSWORD" as --creds has it; a missing password is an error */
int credentials_parse(const char *text, struct credentials *ret, struct err *err);

/** credentials_read() - read to the end, but not for ever; Return: 0, -ETIMEDOUT, -E2BIG or another negative errno */
int credentials_read(int fd, struct buf *ret);

/** credentials_files() - append the usual files, in the order in which they are looked at; docker's is the last */
void credentials_files(struct strv *ret);

/** credentials_same_host() - whether two names mean one registry: docker.io has several */
bool credentials_same_host(const char *a, const char *b);

/** credentials_is_key() - whether the key of an entry in a file means exactly "HOST" or "HOST/NAMESPACE" */
bool credentials_is_key(const char *key, const char *wanted);

void credentials_done(struct credentials *c);

#endif
