#include "runtime/secrets.h"

#include "runtime/base/fs.h"

#include <sys/stat.h>

#define DIR "secrets"

static int copy_one(const struct store *s, const json_t *entry, int dirfd, struct err *err)
{
	const char *name = json_get_str(entry, "Name", ""), *id = json_get_str(entry, "ID", "");
	_cleanup_(secret_done) struct secret secret = {0};
	_cleanup_buf_ struct buf value = {.cap = SECRET_MAX};
	_cleanup_free_ char *path = xasprintf(DIR "/%s", id);
	int r = secret_find(s, name, &secret, err);

	if (r == 0 && !str_eq(secret.id, id))
		r = err_say(err, ERR_NO_OBJECT, "secret %s was replaced meanwhile", name);
	if (r == 0)
		r = secret_read(s, &secret, &value, err);
	if (r == 0)
		r = fs_write_at(dirfd, path, value.data, value.len, 0600, FS_FRESH, err);
	if (value.data)
		explicit_bzero(value.data, value.len);
	return r;
}

int secrets_write(const struct store *s, const json_t *record, int dirfd, struct err *err)
{
	json_t *list = json_object_get(record, "secrets"), *entry;
	size_t i;

	if (!list)
		return 0;
	if (mkdirat(dirfd, DIR, 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create the container's " DIR);
	json_array_foreach (list, i, entry) {
		int r = copy_one(s, entry, dirfd, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int secrets_env(const json_t *process, int dirfd, struct strv *env, struct err *err)
{
	json_t *list = json_object_get(process, "secretEnv"), *file;
	const char *name;

	json_object_foreach (list, name, file) {
		_cleanup_buf_ struct buf value = {.cap = SECRET_MAX};
		const char *path = json_string_value(file);
		int r = fs_read_at(dirfd, path ? path : DIR, &value, err);

		if (r == 0 && memchr(buf_str(&value), '\0', value.len)) {
			err_say(err, ERR_USAGE, "the secret for the variable %s is not text", name);
			r = err_hint(err, "give it as a file, with type=mount");
		}
		if (r == 0)
			strv_set_key(env, name, buf_str(&value));
		if (value.data)
			explicit_bzero(value.data, value.len);
		if (r < 0)
			return r;
	}
	return 0;
}
