/*
 * secrets - what a container has of the secrets it was given
 *
 * container.json lists them: "secrets": [{"ID", "Name", "UID", "GID", "Mode"}], as inspect shows it.  Their values are copied
 * into secrets/ID in the container's directory when it is created, so that removing or replacing a secret does not
 * reach it.  From there they go to two places, both when it starts, and neither is ever written into its writable layer:
 *   a file: config.json has a mount of the type "secret" (runtime/mount_secret.h)
 *   a variable: process.secretEnv, an extension: {"NAME": "secrets/ID"}; the value is put into the environment of what
 *   is executed and is in no record
 */
#ifndef RL_RUNTIME_SECRETS_H
#define RL_RUNTIME_SECRETS_H

#include "runtime/base/json.h"
#include "storage/secret.h"

/** secrets_write() - copy the values of all that @record lists into the directory of a new container */
int secrets_write(const struct store *s, const json_t *record, int dirfd, struct err *err);

/**
 * secrets_env() - add the variables of @process's secretEnv to @env
 * @dirfd: the container's directory; borrowed
 */
int secrets_env(const json_t *process, int dirfd, struct strv *env, struct err *err);

#endif
