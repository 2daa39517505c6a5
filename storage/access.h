/*
 * access - how the user wants to speak to a registry: certificates, credentials, patience
 *
 * What the transfer worker's requests have in common.  Credentials and certificate directories are found here, as
 * the user, and handed to the worker.
 */
#ifndef RL_STORAGE_ACCESS_H
#define RL_STORAGE_ACCESS_H

#include "storage/registries.h"

/**
 * struct access - what was said on the command line; everything is borrowed, NULL for the usual
 * @authfile, @cert_dir, @creds: --authfile, --cert-dir, --creds
 * @tls_verify: 1 or 0 as given, -1 for what registries.conf says
 * @retry:    further attempts after a failure that may pass; -1 for 3
 * @retry_delay_ms: pause before the first of them, doubled each time; -1 for 1000
 */
struct access {
	const char *authfile, *cert_dir, *creds;
	int tls_verify;
	int64_t retry, retry_delay_ms;
};

/**
 * access_endpoint() - one place to ask, with credentials, as a request describes it
 * @ret: {"host", "path", "insecure", "certs": [directories], "user", "password", "identityToken"}; a new reference
 */
int access_endpoint(
	const struct access *a, const struct endpoint *e, json_t **ret, struct err *err);

/** access_set() - add "tlsVerify", "retry" and "retryDelay" to a request, where they were given */
void access_set(const struct access *a, json_t *request);

#endif
