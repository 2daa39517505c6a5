#include "storage/secret.h"

#include "runtime/base/clock.h"
#include "runtime/base/fs.h"

#include <sys/stat.h>
#include <unistd.h>

#define DIR	    "secrets"
#define HEAD_CAP    ((size_t)1 << 20) /* labels are the only part without a natural bound */
#define VERSION	    1
#define DRIVER_FILE "file"

void secret_done(struct secret *secret)
{
	json_decref(secret->record);
	*secret = (struct secret){0};
}

void secret_list_done(struct secret_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		secret_done(&l->v[i]);
	free(take_ptr(l->v));
	l->n = 0;
}

static int no_such(const char *name, struct err *err)
{
	err_say(err, ERR_NO_OBJECT, "no such secret: \"%.200s\"", name);
	return err_hint(err, "'rl secret ls' lists them");
}

/* @ret takes over the reference */
static int take_record(json_t *record, const char *name, struct secret *ret, struct err *err)
{
	const char *id = json_get_str(record, "id", "");

	if (json_get_int(record, "version", 0) != VERSION || !str_is_hex(id, SECRET_ID_DIGITS) ||
		!str_eq(json_get_str(record, "name", NULL), name)) {
		json_decref(record);
		err_say(err, EBADMSG, "the secret %s is damaged", name);
		return err_hint(err, "make it again with 'rl secret create --replace %s'", name);
	}
	*ret = (struct secret){
		.id = id, .name = json_get_str(record, "name", ""), .record = record};
	return 0;
}

/* @value: NULL, or the value is appended to it */
static int read_file(const struct store *s, const char *name, struct secret *ret, struct buf *value,
	struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = HEAD_CAP + SECRET_MAX};
	_cleanup_free_ char *path = xasprintf(DIR "/%s", name);
	json_t *record = NULL;
	const char *end;
	int r = fs_read_at(s->fd, path, &b, err);

	if (r < 0)
		return r;
	end = memchr(buf_str(&b), '\n', b.len);
	r = end ? json_parse(b.data, (size_t)(end - b.data), path, &record, NULL) : -EBADMSG;
	if (r == 0 && value && buf_add(value, end + 1, b.len - (size_t)(end + 1 - b.data)) < 0) {
		json_decref(record);
		return err_say(err, EFBIG, "the value of secret %s is too large", name);
	}
	explicit_bzero(b.data, b.len);
	return take_record(r == 0 ? record : NULL, name, ret, err);
}

static int check(const char *name, const struct buf *value, struct err *err)
{
	if (!str_is_name(name)) {
		err_say(err, ERR_USAGE, "'%.80s' is not a name for a secret", name);
		return err_hint(err,
			"letters, digits, '_', '.' and '-', beginning with a letter or a digit");
	}
	if (value->full || value->len > SECRET_MAX) {
		err_say(err, ERR_USAGE, "the value of secret %s is larger than %d bytes", name,
			SECRET_MAX);
		return err_hint(err, "mount a file of that size with -v");
	}
	if (value->len == 0) {
		err_say(err, ERR_USAGE, "the value of secret %s is empty", name);
		return err_hint(err, "look at what was to be its value");
	}
	return 0;
}

static json_t *make_record(const char *name, json_t *labels)
{
	json_t *j = json_object();
	char id[SECRET_ID_DIGITS + 2], now[CLOCK_TEXT_MAX];

	fs_random_hex(id, SECRET_ID_DIGITS + 1);
	id[SECRET_ID_DIGITS] = '\0';
	json_object_set_new(j, "version", json_integer(VERSION));
	json_set_str(j, "id", id);
	json_set_str(j, "name", name);
	json_set_str(j, "created", clock_text_now(now));
	json_set_str(j, "updated", now);
	json_set_str(j, "driver", DRIVER_FILE);
	if (json_object_size(labels))
		json_object_set(j, "labels", labels);
	return j;
}

static int name_taken(const char *name, struct err *err)
{
	err_say(err, EEXIST, "the secret name %s is in use", name);
	return err_hint(err,
		"choose another name, remove it with 'rl secret rm %s', or use --replace", name);
}

static int write_file(const struct store *s, const json_t *record, const struct buf *value,
	bool replace, struct err *err)
{
	_cleanup_free_ char *path = xasprintf(DIR "/%s", json_get_str(record, "name", "")),
			    *head = json_text(record);
	_cleanup_buf_ struct buf b = {.cap = HEAD_CAP + SECRET_MAX};
	int r;

	if (buf_adds(&b, head) < 0 || buf_addc(&b, '\n') < 0 ||
		buf_add(&b, value->data, value->len) < 0)
		return err_say(err, E2BIG, "the labels of the secret are too large");
	if (mkdirat(s->fd, DIR, 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create %s/" DIR, s->path);
	r = fs_write_at(s->fd, path, b.data, b.len, 0600, FS_SYNC | (replace ? 0 : FS_EXCL), err);
	explicit_bzero(b.data, b.len);
	return r;
}

int secret_create(const struct store *s, const char *name, const struct buf *value, json_t *labels,
	bool replace, struct secret *ret, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	struct secret old = {0};
	int r = check(name, value, err);

	if (r < 0)
		return r;
	record = make_record(name, labels);
	if (replace && read_file(s, name, &old, NULL, NULL) == 0) {
		json_set_str(record, "id", old.id);
		json_set_str(record, "created", json_get_str(old.record, "created", ""));
	}
	secret_done(&old);
	r = write_file(s, record, value, replace, err);
	if (r < 0)
		return r == -EEXIST ? name_taken(name, err) : r;
	return take_record(take_ptr(record), name, ret, err);
}

int secret_list(const struct store *s, struct secret_list *ret, struct err *err)
{
	_cleanup_(secret_list_done) struct secret_list list = {0};
	_cleanup_strv_ struct strv names = {0};
	struct err e = {0};
	int r = fs_list_at(s->fd, DIR, &names, &e);

	if (r < 0 && r != -ENOENT) {
		if (err)
			*err = e;
		return r;
	}
	list.v = xreallocarray(NULL, names.n + 1, sizeof(*list.v));
	strv_foreach (i, name, &names) {
		if (!str_is_name(name))
			continue;
		r = read_file(s, name, &list.v[list.n], NULL, &e);
		/* removed meanwhile, or damaged: whoever asks for that one by name is told */
		if (r == -ENOENT || r == -EBADMSG)
			continue;
		if (r < 0) {
			if (err)
				*err = e;
			return r;
		}
		list.n++;
	}
	*ret = list;
	list = (struct secret_list){0};
	return 0;
}

static int find_by_id(
	const struct store *s, const char *prefix, struct secret *ret, struct err *err)
{
	_cleanup_(secret_list_done) struct secret_list all = {0};
	size_t found = 0, n = 0;
	int r;

	if (!*prefix || prefix[strspn(prefix, "0123456789abcdef")])
		return no_such(prefix, err);
	r = secret_list(s, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		if (!str_after(all.v[i].id, prefix))
			continue;
		found = i;
		n++;
	}
	if (n == 0)
		return no_such(prefix, err);
	if (n > 1) {
		err_say(err, EEXIST, "%s is the beginning of %zu ids of secrets", prefix, n);
		return err_hint(err, "give more digits, or the name");
	}
	return take_record(json_incref(all.v[found].record), all.v[found].name, ret, err);
}

int secret_find(const struct store *s, const char *name, struct secret *ret, struct err *err)
{
	struct err e = {0};
	int r = str_is_name(name) ? read_file(s, name, ret, NULL, &e) : -ENOENT;

	if (r == -ENOENT)
		return find_by_id(s, name, ret, err);
	if (r < 0 && err)
		*err = e;
	return r;
}

int secret_read(
	const struct store *s, const struct secret *secret, struct buf *ret, struct err *err)
{
	struct secret again = {0};
	int r = read_file(s, secret->name, &again, ret, err);

	secret_done(&again);
	return r == -ENOENT ? no_such(secret->name, err) : r;
}

int secret_remove(const struct store *s, const struct secret *secret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf(DIR "/%s", secret->name);

	if (unlinkat(s->fd, path, 0) < 0 && errno != ENOENT)
		return err_set(err, errno, "remove the secret %s", secret->name);
	return 0;
}
