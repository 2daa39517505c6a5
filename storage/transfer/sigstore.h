/*
 * sigstore - signatures that cosign keeps beside an image, checked against public keys
 *
 * The signatures of the manifest sha256:HEX are the layers of the image that is tagged sha256-HEX.sig in the same
 * repository: each layer is a payload (containers "simple signing" JSON), its annotation
 * dev.cosignproject.cosign/signature the signature over the payload's bytes in base64.
 */
#ifndef RL_STORAGE_TRANSFER_SIGSTORE_H
#define RL_STORAGE_TRANSFER_SIGSTORE_H

#include "runtime/base/json.h"
#include "storage/transfer/registry.h"

#define SIGSTORE_SIGNATURES_MAX 64
#define SIGSTORE_PAYLOAD_TYPE	"application/vnd.dev.cosign.simplesigning.v1+json"
#define SIGSTORE_PAYLOAD_KIND	"cosign container image signature"
#define SIGSTORE_ANNOTATION	"dev.cosignproject.cosign/signature"

/**
 * sigstore_check() - whether an image meets all requirements of the signature policy
 * @r:      the repository it comes from, for signatures
 * @requirements: of policy_for_ref(), NULL for none
 * @name:   canonical reference as the user asked for it
 * @digest: of the manifest or index that @name leads to
 * Return: 0, -EACCES with the reason if it does not, or another negative errno
 */
int sigstore_check(struct registry *r, const json_t *requirements, const char *name,
	const char *digest, struct err *err);

/** sigstore_verify() - whether @signature (base64) is by @key (PEM) over @payload; ECDSA, RSA (PKCS #1) and Ed25519 */
bool sigstore_verify(const char *key, const void *payload, size_t len, const char *signature);

/**
 * sigstore_payload_fits() - whether a payload is about this image
 * @identity: "signedIdentity" of the requirement, NULL for matchRepoDigestOrExact
 */
bool sigstore_payload_fits(
	const json_t *payload, const json_t *identity, const char *name, const char *digest);

/** sigstore_tag() - the tag that the signatures of a manifest have; the caller owns it */
char *sigstore_tag(const char *digest);

/** sigstore_list() - the manifest whose layers are the signatures of @digest; -ERR_NO_OBJECT where there are none */
int sigstore_list(struct registry *r, const char *digest, json_t **ret, struct err *err);

/**
 * sigstore_find() - whether a good signature is among them
 * @requirement: "signedIdentity" as in policy.json
 * @keys: public keys as PEM
 * Return: 1, 0, or a negative errno
 */
int sigstore_find(struct registry *r, const json_t *list, const json_t *requirement,
	const struct strv *keys, const char *name, const char *digest, struct err *err);

/** sigstore_from_base64() - Return: bytes of @ret, which the caller frees, or -1 */
int sigstore_from_base64(const char *text, unsigned char **ret);

#endif
