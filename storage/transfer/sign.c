#include "storage/transfer/sign.h"

#include "storage/transfer/ingest.h"
#include "storage/transfer/push_manifest.h"
#include "storage/transfer/sign_key.h"
#include "storage/transfer/sigstore.h"
#include "storage/transfer/upload.h"

#include <time.h>

int signer_open(const json_t *request, struct signer *ret, struct err *err)
{
	const json_t *sign = json_object_get(request, "sign");
	int r;

	if (!sign)
		return 0;
	r = sign_key_read(json_get_str(sign, "key", ""), json_get_str(sign, "passphrase", NULL),
		json_get_str(sign, "file", ""), &ret->key, err);
	if (r < 0)
		return r;
	ret->public = sign_key_public(ret->key);
	ret->fresh = json_get_bool(request, "removeSignatures", false);
	return 0;
}

void signer_done(struct signer *s)
{
	EVP_PKEY_free(s->key);
	free(s->public);
	*s = (struct signer){0};
}

static char *make_payload(const char *name, const char *digest)
{
	_cleanup_json_ json_t *j = json_pack("{s:{s:{s:s},s:{s:s},s:s},s:{s:s,s:I}}", "critical",
		"identity", "docker-reference", name, "image", "docker-manifest-digest", digest,
		"type", SIGSTORE_PAYLOAD_KIND, "optional", "creator", "rl " RL_VERSION, "timestamp",
		(json_int_t)time(NULL));

	return json_text(j);
}

/* the signatures that are there already, as layers; @ret: 1 if one of them is ours for just this */
static int read_old(const struct signer *s, struct registry *r, const char *name,
	const char *digest, json_t *layers, struct err *err)
{
	_cleanup_json_ json_t *old = NULL, *exact = json_pack("{s:{s:s}}", "signedIdentity", "type",
						   "matchExact");
	_cleanup_strv_ struct strv keys = {0};
	struct err why = {0};
	int e = sigstore_list(r, digest, &old, &why);

	if (e == -ERR_NO_OBJECT || s->fresh)
		return 0;
	if (e < 0) {
		if (err)
			*err = why;
		return err_wrap(err, "look for the signatures of %s", name);
	}
	strv_add(&keys, s->public);
	e = sigstore_find(r, old, exact, &keys, name, digest, err);
	if (e != 0)
		return e;
	json_array_extend(layers, json_object_get(old, "layers"));
	if (json_array_size(layers) < SIGSTORE_SIGNATURES_MAX)
		return 0;
	err_say(err, E2BIG, "%s has %d signatures already", name, SIGSTORE_SIGNATURES_MAX);
	return err_hint(err, "begin anew with --remove-signatures");
}

/* an image without files, whose layers are the signatures */
static int send_list(struct registry *r, json_t *layers, const char *digest, struct err *err)
{
	_cleanup_json_ json_t *config = json_pack("{s:s,s:s,s:{},s:{s:s,s:[]}}", "architecture", "",
				      "os", "", "config", "rootfs", "type", "layers", "diff_ids"),
			      *m = NULL;
	json_t *ids = (json_t *)(uintptr_t)json_path(config, "rootfs", "diff_ids", NULL), *layer;
	_cleanup_free_ char *config_text = NULL, *text = NULL, *tag = sigstore_tag(digest);
	_cleanup_buf_ struct buf bytes = {0};
	char config_digest[72], list_digest[72];
	size_t i;
	int e;

	json_array_foreach (layers, i, layer)
		json_array_append(ids, json_object_get(layer, "digest"));
	config_text = json_text(config);
	ingest_digest(config_text, strlen(config_text), config_digest);
	e = upload_bytes(r, config_digest, config_text, strlen(config_text), err);
	if (e < 0)
		return e;
	m = json_pack("{s:i,s:s,s:{s:s,s:s,s:I},s:O}", "schemaVersion", 2, "mediaType",
		push_manifest_type(false), "config", "mediaType", push_manifest_config_type(false),
		"digest", config_digest, "size", (json_int_t)strlen(config_text), "layers", layers);
	text = json_text(m);
	buf_adds(&bytes, text);
	ingest_digest(bytes.data, bytes.len, list_digest);
	return upload_manifest(r, tag, push_manifest_type(false), &bytes, list_digest, err);
}

static int add_signature(const struct signer *s, struct registry *r, const char *name,
	const char *digest, json_t *layers, struct err *err)
{
	_cleanup_free_ char *payload = make_payload(name, digest), *signature = NULL;
	char payload_digest[72];
	int e = sign_key_sign(s->key, payload, strlen(payload), &signature, err);

	ingest_digest(payload, strlen(payload), payload_digest);
	if (e == 0)
		e = upload_bytes(r, payload_digest, payload, strlen(payload), err);
	if (e < 0)
		return e;
	json_array_append_new(
		layers, json_pack("{s:s,s:s,s:I,s:{s:s}}", "mediaType", SIGSTORE_PAYLOAD_TYPE,
				"digest", payload_digest, "size", (json_int_t)strlen(payload),
				"annotations", SIGSTORE_ANNOTATION, signature));
	return send_list(r, layers, digest, err);
}

int signer_sign(const struct signer *s, struct registry *r, const char *name, const char *digest,
	struct err *err)
{
	_cleanup_json_ json_t *layers = json_array();
	int e;

	if (!s->key)
		return 0;
	e = read_old(s, r, name, digest, layers, err);
	if (e == 0)
		e = add_signature(s, r, name, digest, layers, err);
	return e < 0 ? err_wrap(err, "sign %s", name) : 0;
}
