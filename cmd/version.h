/*
 * version - which rl this is
 */
#ifndef RL_CMD_VERSION_H
#define RL_CMD_VERSION_H

#include "runtime/base/json.h"

/** version_arch() - the machine's architecture as images name it: "amd64", "arm64"; static */
const char *version_arch(void);
/** version_client() - .Client of `rl version`; a new reference */
json_t *version_client(void);
/** version_absent() - add what templates may name besides (cmd/absent.h): podman's names, and docker's */
void version_absent(json_t *v);

#endif
