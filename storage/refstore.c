#include "storage/refstore.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	   200 /* with the suffix and fs_write_at()'s temporary names well below NAME_MAX */
#define CHUNK_MARK "%d"
#define DEPTH_MAX  8
#define RECORD_CAP 4096

/* path of @canonical's file relative to the store; the caller owns it */
static char *refstore_path(const char *dir, const char *canonical)
{
	_cleanup_buf_ struct buf enc = {0}, path = {0};

	for (const char *p = canonical; p && *p; p++) {
		if (*p == '/')
			buf_adds(&enc, "%2F");
		else
			buf_addc(&enc, *p);
	}
	buf_addf(&path, "%s/", dir);
	for (size_t i = 0; i < enc.len; i += CHUNK) {
		if (enc.len - i > CHUNK) {
			buf_add(&path, enc.data + i, CHUNK);
			buf_adds(&path, CHUNK_MARK "/");
		} else {
			buf_add(&path, enc.data + i, enc.len - i);
		}
	}
	return buf_take(&path);
}

/* Return: 0 with the record's two members, or a negative errno */
static int read_record(
	const struct store *s, const char *path, char **ret_ref, char ret_id[65], struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = RECORD_CAP};
	_cleanup_json_ json_t *j = NULL;
	const char *id, *ref;
	int r = store_read(s, path, &b, err);

	if (r < 0)
		return r;
	r = json_parse(buf_str(&b), b.len, path, &j, err);
	if (r < 0)
		return r;
	id = json_get_str(j, "image", "");
	ref = json_get_str(j, "ref", "");
	if (!str_is_hex(id, 64) || !*ref)
		return err_say(err, EBADMSG, "%s/%s is damaged", s->path, path);
	memcpy(ret_id, id, 65);
	if (ret_ref)
		*ret_ref = xstrdup(ref);
	return 0;
}

int refstore_get_in(const struct store *s, const char *dir, const char *canonical, char ret_id[65],
	struct err *err)
{
	_cleanup_free_ char *path = refstore_path(dir, canonical);

	return read_record(s, path, NULL, ret_id, err);
}

int refstore_set_in(const struct store *s, const char *dir, const char *canonical, const char *id,
	struct err *err)
{
	_cleanup_free_ char *path = refstore_path(dir, canonical);
	_cleanup_close_ int fd = -EBADF;
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL;
	char *slash = strrchr(path, '/');
	int r;

	*slash = '\0';
	r = fs_mkdirs_at(s->fd, path, s->is_shared ? 0755 : 0700, err);
	if (r < 0)
		return r;
	fd = fs_opendir_at(s->fd, path, err);
	if (fd < 0)
		return fd;
	json_object_set_new(j, "version", json_integer(1));
	json_set_str(j, "ref", canonical);
	json_set_str(j, "image", id);
	text = json_text(j);
	r = fs_write_at(
		fd, slash + 1, text, strlen(text), s->is_shared ? 0644 : 0600, FS_SYNC, err);
	return r < 0 ? err_wrap(err, "give the name %s", canonical) : 0;
}

int refstore_del_in(const struct store *s, const char *dir, const char *canonical, struct err *err)
{
	_cleanup_free_ char *path = refstore_path(dir, canonical);
	char *slash;

	if (unlinkat(s->fd, path, 0) < 0)
		return err_set(err, errno, "remove the name %s", canonical);
	/* directories of a long name; one that is in use stays */
	while ((slash = strrchr(path, '/')) && strchr(path, '/') != slash) {
		*slash = '\0';
		if (unlinkat(s->fd, path, AT_REMOVEDIR) < 0)
			break;
	}
	return 0;
}

static bool is_at(const char *canonical, const char *path)
{
	_cleanup_free_ char *dir = xstrndup(path, strcspn(path, "/")),
			    *right = refstore_path(dir, canonical);

	return str_eq(right, path);
}

static int list_below(const struct store *s, const char *dir, unsigned depth,
	struct refstore_list *l, struct strv *damaged, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(s->fd, dir, &names, err);

	/* removed meanwhile, like any name, or never made */
	if (r == -ENOENT && (depth || !str_eq(dir, REFSTORE_IMAGES)))
		return 0;
	if (r < 0)
		return r;
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
		struct refstore_entry e = {0};

		if (str_ends(name, CHUNK_MARK)) {
			if (depth < DEPTH_MAX)
				list_below(s, path, depth + 1, l, damaged, NULL);
			continue;
		}
		r = read_record(s, path, &e.ref, e.id, NULL);
		/* under another name it can neither be found nor removed */
		if (r == 0 && !is_at(e.ref, path)) {
			free(e.ref);
			r = -EBADMSG;
		}
		if (r < 0 && r != -ENOENT && damaged)
			strv_add(damaged, path);
		if (r < 0)
			continue;
		l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
		l->v[l->n++] = e;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(
		((const struct refstore_entry *)a)->ref, ((const struct refstore_entry *)b)->ref);
}

int refstore_list_in(
	const struct store *s, const char *dir, struct refstore_list *ret, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list l = {0};
	int r = list_below(s, dir, 0, &l, NULL, err);

	if (r < 0)
		return r;
	if (l.n > 1)
		qsort(l.v, l.n, sizeof(*l.v), compare);
	*ret = l;
	l = (struct refstore_list){0};
	return 0;
}

void refstore_damaged_in(const struct store *s, const char *dir, struct strv *ret)
{
	_cleanup_(refstore_list_done) struct refstore_list l = {0};

	list_below(s, dir, 0, &l, ret, NULL);
}

void refstore_list_done(struct refstore_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].ref);
	free(take_ptr(l->v));
	l->n = 0;
}
