#include "storage/transfer/sign_key.h"

#include "runtime/base/json.h"
#include "storage/base64.h"
#include "storage/transfer/sigstore.h"

#include <openssl/pem.h>
#include <sodium/crypto_secretbox.h>
#include <string.h>

/* what scrypt may take: cosign's strongest is 64 MiB */
#define SCRYPT_MEMORY ((uint64_t)80 << 20)
#define SCRYPT_N_MAX  ((int64_t)1 << 20)

static int malformed(const char *what, struct err *err)
{
	err_say(err, EBADMSG, "%s: the private key cannot be read", what);
	return err_hint(err,
		"make one with 'cosign generate-key-pair' or 'openssl ecparam -genkey -name "
		"prime256v1'");
}

static int wrong_passphrase(const char *what, struct err *err)
{
	return err_say(err, EACCES, "%s: the passphrase is wrong", what);
}

/* the members of an encrypted key, decoded */
struct box {
	int64_t n, r, p;
	unsigned char *salt, *nonce, *text;
	int salt_len, nonce_len, text_len;
};

static void box_done(struct box *b)
{
	free(b->salt);
	free(b->nonce);
	free(b->text);
}

static bool parse_box(const json_t *j, struct box *b)
{
	const json_t *kdf = json_object_get(j, "kdf"), *cipher = json_object_get(j, "cipher"),
		     *params = json_object_get(kdf, "params");

	b->n = json_get_int(params, "N", 0);
	b->r = json_get_int(params, "r", 0);
	b->p = json_get_int(params, "p", 0);
	b->salt_len = sigstore_from_base64(json_get_str(kdf, "salt", ""), &b->salt);
	b->nonce_len = sigstore_from_base64(json_get_str(cipher, "nonce", ""), &b->nonce);
	b->text_len = sigstore_from_base64(json_get_str(j, "ciphertext", ""), &b->text);
	return str_eq(json_get_str(kdf, "name", ""), "scrypt") &&
	       str_eq(json_get_str(cipher, "name", ""), "nacl/secretbox") && b->n > 1 &&
	       b->n <= SCRYPT_N_MAX && b->r > 0 && b->r <= 64 && b->p > 0 && b->p <= 16 &&
	       b->salt_len > 0 && b->nonce_len == (int)crypto_secretbox_NONCEBYTES &&
	       b->text_len > (int)crypto_secretbox_MACBYTES;
}

static int open_box(const struct box *b, const char *passphrase, const char *what, EVP_PKEY **ret,
	struct err *err)
{
	unsigned char key[crypto_secretbox_KEYBYTES];
	size_t len = (size_t)b->text_len - crypto_secretbox_MACBYTES;
	_cleanup_free_ unsigned char *der = xmalloc(len);
	const unsigned char *at = der;
	bool ok;

	if (EVP_PBE_scrypt(passphrase, strlen(passphrase), b->salt, (size_t)b->salt_len,
		    (uint64_t)b->n, (uint64_t)b->r, (uint64_t)b->p, SCRYPT_MEMORY, key,
		    sizeof(key)) != 1)
		return malformed(what, err);
	ok = crypto_secretbox_open_easy(
		     der, b->text, (unsigned long long)b->text_len, b->nonce, key) == 0;
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return wrong_passphrase(what, err);
	*ret = d2i_AutoPrivateKey(NULL, &at, (long)len);
	OPENSSL_cleanse(der, len);
	return *ret ? 0 : malformed(what, err);
}

static int read_cosign(const unsigned char *text, size_t len, const char *passphrase,
	const char *what, EVP_PKEY **ret, struct err *err)
{
	_cleanup_(box_done) struct box box = {0};
	_cleanup_json_ json_t *j = NULL;

	if (json_parse((const char *)text, len, what, &j, NULL) < 0 || !parse_box(j, &box))
		return malformed(what, err);
	return open_box(&box, passphrase ? passphrase : "", what, ret, err);
}

/* a key that is encrypted must not make OpenSSL ask on the terminal */
static int give_passphrase(char *buf, int size, int writing, void *arg)
{
	const char *text = arg ? arg : "";
	int len = (int)strlen(text);

	(void)writing;
	if (len > size)
		return -1;
	memcpy(buf, text, (size_t)len);
	return len;
}

static int read_pem(
	const char *pem, const char *passphrase, const char *what, EVP_PKEY **ret, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);

	if (!bio)
		abort();
	*ret = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, (void *)(uintptr_t)passphrase);
	BIO_free(bio);
	if (*ret)
		return 0;
	return strstr(pem, "ENCRYPTED") ? wrong_passphrase(what, err) : malformed(what, err);
}

int sign_key_read(
	const char *pem, const char *passphrase, const char *what, EVP_PKEY **ret, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	int r;

	if (!bio)
		abort();
	if (PEM_read_bio(bio, &name, &header, &data, &len) == 1 &&
		(str_eq(name, "ENCRYPTED COSIGN PRIVATE KEY") ||
			str_eq(name, "ENCRYPTED SIGSTORE PRIVATE KEY")))
		r = read_cosign(data, (size_t)len, passphrase, what, ret, err);
	else
		r = read_pem(pem, passphrase, what, ret, err);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	return r;
}

char *sign_key_public(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *ret;
	long len;

	if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1)
		abort();
	len = BIO_get_mem_data(bio, &text);
	ret = xstrndup(text, (size_t)len);
	BIO_free(bio);
	return ret;
}

int sign_key_sign(EVP_PKEY *key, const void *data, size_t len, char **ret, struct err *err)
{
	/* Ed25519 hashes by itself */
	const EVP_MD *md = EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	_cleanup_free_ unsigned char *signature = NULL;
	size_t size = 0;
	bool ok;

	if (!ctx)
		abort();
	ok = EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
	     EVP_DigestSign(ctx, NULL, &size, data, len) == 1;
	signature = xmalloc(size + 1);
	ok = ok && EVP_DigestSign(ctx, signature, &size, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return err_say(err, EINVAL, "a key of this kind cannot sign");
	*ret = base64_encode((const char *)signature, size);
	return 0;
}
