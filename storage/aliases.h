/*
 * aliases - what the user once chose for names without a registry: ~/.cache/containers/short-name-aliases.conf
 *
 * The file is podman's as well: a TOML table [aliases].  It has precedence over those of registries.conf.
 */
#ifndef RL_STORAGE_ALIASES_H
#define RL_STORAGE_ALIASES_H

#include "runtime/base/json.h"

/** aliases_load() - add the user's aliases to an object, short name → reference without tag; a missing file is fine */
int aliases_load(json_t *aliases, struct err *err);

/** aliases_set() - remember that @name means @reference */
int aliases_set(const char *name, const char *reference, struct err *err);

#endif
