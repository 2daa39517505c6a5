/*
 * sign - signatures of what was pushed, put beside it as cosign does (sigstore.h has the format)
 */
#ifndef RL_STORAGE_TRANSFER_SIGN_H
#define RL_STORAGE_TRANSFER_SIGN_H

#include "storage/transfer/registry.h"

#include <openssl/evp.h>

/**
 * struct signer - who signs
 * @key: NULL: nobody
 * @fresh: signatures that the registry has are not kept
 */
struct signer {
	EVP_PKEY *key;
	char *public;
	bool fresh;
};

/** signer_open() - "sign": {"key", "file", "passphrase"} and "removeSignatures" of a request */
int signer_open(const json_t *request, struct signer *ret, struct err *err);

/**
 * signer_sign() - sign the manifest @digest as @name and put the signature into its repository
 * Does nothing without a key, or where there is such a signature by this key already.
 */
int signer_sign(const struct signer *s, struct registry *r, const char *name, const char *digest,
	struct err *err);

void signer_done(struct signer *s);

#endif
