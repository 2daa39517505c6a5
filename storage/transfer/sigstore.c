#include "storage/transfer/sigstore.h"

#include "storage/policy.h"
#include "storage/transfer/manifest.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#define PAYLOAD_CAP   ((uint64_t)1 << 20)
#define SIGNATURE_CAP 8192

int sigstore_from_base64(const char *text, unsigned char **ret)
{
	size_t len = strcspn(text, "\r\n"), pad = 0;
	unsigned char *out;
	int n;

	if (len == 0 || len % 4 || len > SIGNATURE_CAP * 8)
		return -1;
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	out = xmalloc(len / 4 * 3 + 1);
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	if (n < (int)pad) {
		free(out);
		return -1;
	}
	*ret = out;
	return n - (int)pad;
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

bool sigstore_verify(const char *key, const void *payload, size_t len, const char *signature)
{
	_cleanup_free_ unsigned char *sig = NULL;
	int n = sigstore_from_base64(signature, &sig);
	EVP_PKEY *pkey = read_key(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (n > 0 && pkey && ctx) {
		/* Ed25519 hashes by itself */
		const EVP_MD *md = EVP_PKEY_base_id(pkey) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

		ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
		     EVP_DigestVerify(ctx, sig, (size_t)n, payload, len) == 1;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

/* Return: whether both are of the same repository, and with @exact also of the same tag or digest */
static bool same_image(const char *a, const char *b, bool exact)
{
	_cleanup_(ref_done) struct ref ra = {0}, rb = {0};
	_cleanup_free_ char *na = NULL, *nb = NULL;

	if (ref_parse(a, &ra, NULL) < 0 || ref_parse(b, &rb, NULL) < 0)
		return false;
	na = exact ? ref_format(&ra) : ref_name(&ra);
	nb = exact ? ref_format(&rb) : ref_name(&rb);
	return str_eq(na, nb);
}

/* "remapIdentity": what is pulled from a mirror below @prefix was signed as something below @signed_prefix */
static bool remapped(const json_t *identity, const char *name, const char *claimed)
{
	const char *prefix = json_get_str(identity, "prefix", ""),
		   *to = json_get_str(identity, "signedPrefix", "");
	const char *rest = *prefix ? str_after(name, prefix) : NULL;
	_cleanup_free_ char *as = NULL;

	if (!rest || !*to || (*rest && !strchr("/:@", *rest)))
		return same_image(claimed, name, true);
	as = xasprintf("%s%s", to, rest);
	return same_image(claimed, as, true);
}

static bool identity_fits(const json_t *identity, const char *name, const char *claimed)
{
	const char *type = json_get_str(identity, "type", "matchRepoDigestOrExact");
	_cleanup_(ref_done) struct ref ref = {0};

	if (str_eq(type, "matchExact"))
		return same_image(claimed, name, true);
	if (str_eq(type, "matchRepository"))
		return same_image(claimed, name, false);
	if (str_eq(type, "exactReference"))
		return same_image(claimed, json_get_str(identity, "dockerReference", ""), true);
	if (str_eq(type, "exactRepository"))
		return same_image(claimed, json_get_str(identity, "dockerRepository", ""), false);
	if (str_eq(type, "remapIdentity"))
		return remapped(identity, name, claimed);
	if (!str_eq(type, "matchRepoDigestOrExact") || ref_parse(name, &ref, NULL) < 0)
		return false;
	return same_image(claimed, name, !ref.digest);
}

bool sigstore_payload_fits(
	const json_t *payload, const json_t *identity, const char *name, const char *digest)
{
	const json_t *critical = json_object_get(payload, "critical");
	const char *claimed =
		json_get_str(json_object_get(critical, "identity"), "docker-reference", "");

	return str_eq(json_get_str(critical, "type", ""), SIGSTORE_PAYLOAD_KIND) &&
	       str_eq(json_get_str(
			      json_object_get(critical, "image"), "docker-manifest-digest", ""),
		       digest) &&
	       identity_fits(identity, name, claimed);
}

/* the public keys of a requirement, as PEM */
static void keys_of(const json_t *requirement, struct strv *ret)
{
	_cleanup_strv_ struct strv encoded = {0};

	json_get_strv(requirement, "keys", ret);
	json_get_strv(requirement, "keysBase64", &encoded);
	strv_foreach (i, one, &encoded) {
		_cleanup_free_ unsigned char *text = NULL;
		int n = sigstore_from_base64(one, &text);

		if (n > 0)
			strv_addf(ret, "%.*s", n, (const char *)text);
	}
}

static bool is_signed_by(const struct strv *keys, const struct buf *payload, const char *signature)
{
	strv_foreach (i, key, keys)
		if (sigstore_verify(key, payload->data, payload->len, signature))
			return true;
	return false;
}

/* one layer of the signature image; Return: 1 if it is a good signature of the image, 0 if not, or a negative errno */
static int try_signature(struct registry *r, const json_t *layer, const json_t *requirement,
	const struct strv *keys, const char *name, const char *digest, struct err *err)
{
	const char *signature = json_get_str(
			   json_object_get(layer, "annotations"), SIGSTORE_ANNOTATION, NULL),
		   *blob = json_get_str(layer, "digest", "");
	_cleanup_buf_ struct buf payload = {.cap = PAYLOAD_CAP};
	int64_t size = json_get_int(layer, "size", 0);
	_cleanup_json_ json_t *j = NULL;
	int e;

	if (!signature || !str_eq(json_get_str(layer, "mediaType", ""), SIGSTORE_PAYLOAD_TYPE) ||
		!ref_digest_ok(blob) || size <= 0 || size > (int64_t)PAYLOAD_CAP)
		return 0;
	e = registry_blob(r, blob, (uint64_t)size, &payload, err);
	if (e < 0)
		return e;
	if (!is_signed_by(keys, &payload, signature) ||
		json_parse(buf_str(&payload), payload.len, "payload", &j, NULL) < 0)
		return 0;
	return sigstore_payload_fits(
		j, json_object_get(requirement, "signedIdentity"), name, digest);
}

char *sigstore_tag(const char *digest)
{
	return xasprintf("sha256-%s.sig", digest + strlen("sha256:"));
}

int sigstore_list(struct registry *r, const char *digest, json_t **ret, struct err *err)
{
	_cleanup_free_ char *tag = sigstore_tag(digest), *type = NULL;
	_cleanup_buf_ struct buf body = {.cap = REGISTRY_MANIFEST_CAP};
	char got[72];
	int e = registry_manifest(r, tag, &body, &type, got, err);

	return e < 0 ? e : json_parse(buf_str(&body), body.len, "list of signatures", ret, err);
}

int sigstore_find(struct registry *r, const json_t *list, const json_t *requirement,
	const struct strv *keys, const char *name, const char *digest, struct err *err)
{
	json_t *layer;
	size_t i;

	json_array_foreach (json_object_get(list, "layers"), i, layer) {
		int e = 0;

		if (i < SIGSTORE_SIGNATURES_MAX)
			e = try_signature(r, layer, requirement, keys, name, digest, err);
		if (e != 0)
			return e;
	}
	return 0;
}

static int refuse(const char *name, const char *why, struct err *err)
{
	err_say(err, EACCES, "%s is not accepted: %s", name, why);
	return err_hint(
		err, "policy.json in ~/.config/containers or /etc/containers asks for a signature");
}

static int check_signed(struct registry *r, const json_t *requirement, const char *name,
	const char *digest, struct err *err)
{
	_cleanup_json_ json_t *signatures = NULL;
	_cleanup_strv_ struct strv keys = {0};
	int e;

	if (json_object_get(requirement, "fulcio") ||
		json_object_get(requirement, "rekorPublicKeyPath") ||
		json_object_get(requirement, "rekorPublicKeyData") ||
		json_object_get(requirement, "pki"))
		return refuse(name,
			"the policy asks for certificates or a transparency log, which rl does not "
			"verify",
			err);
	keys_of(requirement, &keys);
	if (keys.n == 0)
		return refuse(name, "the policy names no public key", err);
	e = sigstore_list(r, digest, &signatures, err);
	if (e == -ERR_NO_OBJECT)
		return refuse(name, "there is no signature of it in its repository", err);
	if (e < 0)
		return err_wrap(err, "look for the signatures of %s", name);
	e = sigstore_find(r, signatures, requirement, &keys, name, digest, err);
	if (e != 0)
		return e < 0 ? e : 0;
	refuse(name, "none of its signatures is by a key of the policy, for this name and digest",
		err);
	return err_hint(err,
		"cosign signs a repository without a tag: add \"signedIdentity\": {\"type\": "
		"\"matchRepository\"} to the requirement if that is enough");
}

int sigstore_check(struct registry *r, const json_t *requirements, const char *name,
	const char *digest, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach (requirements, i, one) {
		const char *type = json_get_str(one, "type", "");
		int e = 0;

		if (str_eq(type, "sigstoreSigned")) {
			e = check_signed(r, one, name, digest, err);
		} else if (str_eq(type, "signedBy")) {
			e = refuse(name,
				"the policy asks for GPG signatures (signedBy), which rl does not "
				"verify",
				err);
			err_hint(err,
				"use sigstoreSigned with a public key of cosign in policy.json");
		} else if (!str_eq(type, "insecureAcceptAnything")) {
			err_say(err, EACCES, "%s is rejected by the signature policy", name);
			e = err_hint(err,
				"policy.json in ~/.config/containers or /etc/containers says so");
		}
		if (e < 0)
			return e;
	}
	return 0;
}
