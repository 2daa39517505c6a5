/*
 * endpoint - a registry as a request to the worker describes it (storage/access.h)
 */
#ifndef RL_STORAGE_TRANSFER_ENDPOINT_H
#define RL_STORAGE_TRANSFER_ENDPOINT_H

#include "runtime/base/json.h"
#include "storage/transfer/registry.h"

/**
 * endpoint_open() - prepare to speak to one place; nothing is sent yet
 * @request:  "tlsVerify", "retry", "retryDelay"
 * @endpoint: "host", "path", "insecure", "certs", "user", "password", "identityToken"
 * @ret: registry_done() frees it, also after a failure
 */
int endpoint_open(
	const json_t *request, const json_t *endpoint, struct registry *ret, struct err *err);

#endif
