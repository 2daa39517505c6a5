#include "cmd/push_flags.h"

#include "cmd/prompt.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/sign_params.h"

#include <fcntl.h>
#include <string.h>

#define KEY_CAP ((size_t)64 << 10)

static int parse_compression(
	const struct push_flags *f, const char *format, json_t *request, struct err *err)
{
	bool zstd = f->compression && str_after(f->compression, "zstd");
	uint64_t level, max = zstd ? 19 : 9;

	if (zstd && str_eq(format, "v2s2"))
		return err_say(
			err, ERR_USAGE, "--format v2s2 does not know layers compressed with zstd");
	json_set_str(request, "compression", f->compression);
	/* whoever names a format wants it */
	json_object_set_new(request, "force", json_boolean(f->force || f->compression));
	if (!f->level)
		return 0;
	if (parse_u64_max(f->level, max, &level) < 0 || level == 0)
		return err_say(err, ERR_USAGE,
			"--compression-level is a number from 1 to %u, not \"%s\"", (unsigned)max,
			f->level);
	json_object_set_new(request, "level", json_integer((json_int_t)level));
	return 0;
}

static int read_text(const char *path, const char *what, struct buf *ret, struct err *err)
{
	int r;

	ret->cap = KEY_CAP;
	r = fs_read_at(AT_FDCWD, path, ret, err);
	return r < 0 ? err_wrap(err, "read the %s", what) : 0;
}

/* @ret: NULL where the key needs none */
static int get_passphrase(
	const char *file, const char *key, const char *key_file, char **ret, struct err *err)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_free_ char *question = NULL;
	size_t len;

	if (file) {
		int r = read_text(file, "passphrase", &text, err);

		if (r < 0)
			return r;
		len = text.len;
		*ret = xstrndup(buf_str(&text), len && text.data[len - 1] == '\n' ? len - 1 : len);
		explicit_bzero(text.data, text.len);
		return 0;
	}
	if (!strstr(key, "ENCRYPTED"))
		return 0;
	if (!prompt_possible()) {
		err_say(err, ERR_USAGE, "the key %s is encrypted", key_file);
		return err_hint(err, "give its passphrase with --sign-passphrase-file FILE");
	}
	question = xasprintf("Passphrase of %s: ", key_file);
	return prompt_line(question, true, ret, err);
}

static int parse_signing(const struct push_flags *f, json_t *request, struct err *err)
{
	_cleanup_(sign_params_done) struct sign_params params = {0};
	const char *key_file = f->sign_key, *passphrase_file = f->passphrase_file;
	_cleanup_buf_ struct buf key = {0};
	_cleanup_free_ char *passphrase = NULL;
	json_t *sign;
	int r = 0;

	if (f->sign_params && f->sign_key)
		return err_say(err, ERR_USAGE,
			"--sign-by-sigstore and --sign-by-sigstore-private-key exclude each other");
	if (f->passphrase_file && !f->sign_key)
		return err_say(err, ERR_USAGE,
			"--sign-passphrase-file goes with --sign-by-sigstore-private-key");
	if (f->sign_params) {
		r = sign_params_read(f->sign_params, &params, err);
		key_file = params.key_file;
		passphrase_file = params.passphrase_file;
	}
	if (r < 0 || !key_file)
		return r;
	r = read_text(key_file, "private key", &key, err);
	if (r == 0)
		r = get_passphrase(passphrase_file, buf_str(&key), key_file, &passphrase, err);
	if (r < 0)
		return r;
	sign = json_object();
	json_set_str(sign, "key", buf_str(&key));
	json_set_str(sign, "file", key_file);
	json_set_str(sign, "passphrase", passphrase);
	json_object_set_new(request, "sign", sign);
	json_object_set_new(request, "removeSignatures", json_boolean(f->remove_signatures));
	if (passphrase)
		explicit_bzero(passphrase, strlen(passphrase));
	return 0;
}

int push_flags_parse(
	const struct push_flags *f, const char *format, json_t *request, struct err *err)
{
	int r = parse_compression(f, format, request, err);

	return r < 0 ? r : parse_signing(f, request, err);
}
