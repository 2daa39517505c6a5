/*
 * sign_key - private keys for signatures: cosign's and sigstore's own format, and whatever OpenSSL reads as PEM
 *
 * cosign keeps a PKCS #8 key as JSON in PEM: scrypt makes a key of the passphrase, which NaCl's secretbox is opened with.
 */
#ifndef RL_STORAGE_TRANSFER_SIGN_KEY_H
#define RL_STORAGE_TRANSFER_SIGN_KEY_H

#include "runtime/base/err.h"

#include <openssl/evp.h>

/**
 * sign_key_read() - read a key
 * @pem:  its file's text
 * @passphrase: NULL for none
 * @what: the file, for errors
 * @ret:  EC, RSA or Ed25519; owned by the caller
 * Return: 0, -EACCES where the passphrase is wrong, or another negative errno
 */
int sign_key_read(
	const char *pem, const char *passphrase, const char *what, EVP_PKEY **ret, struct err *err);

/** sign_key_public() - its public key as PEM; the caller owns it */
char *sign_key_public(EVP_PKEY *key);

/** sign_key_sign() - the signature over bytes, in base64: as sigstore_verify() wants it */
int sign_key_sign(EVP_PKEY *key, const void *data, size_t len, char **ret, struct err *err);

#endif
