#include "storage/image.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/image_names.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/shared.h"

#include <unistd.h>

#define INDEXES_MAX 32

void image_done(struct image *img)
{
	free(take_ptr(img->digest));
	free(take_ptr(img->shared));
	json_decref(img->config);
	json_decref(img->manifest);
	img->config = img->manifest = NULL;
	strv_done(&img->diff_ids);
	strv_done(&img->names);
	strv_done(&img->history);
	strv_done(&img->indexes);
}

void image_list_done(struct image_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		image_done(&l->v[i]);
	free(take_ptr(l->v));
	l->n = 0;
}

static int64_t unix_time(const char *text)
{
	struct timespec now = {0}, ts;

	return text && parse_time(text, &now, &ts) == 0 ? (int64_t)ts.tv_sec : 0;
}

int image_bytes(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s/%s", id, name);

	return store_read(s, path, ret, err);
}

int image_document(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err)
{
	struct err why = {0};
	int r = image_bytes(s, id, name, ret, &why);

	for (size_t i = 0; r == -ENOENT && i < s->shared.n; i++) {
		_cleanup_(store_done) struct store other = {.fd = -EBADF};

		if (shared_open(s->shared.v[i], &other, NULL) == 0)
			r = image_bytes(&other, id, name, ret, NULL);
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

static int read_part(
	const struct store *s, const char *id, const char *name, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	int r = image_bytes(s, id, name, &b, err);

	return r < 0 ? r : json_parse(buf_str(&b), b.len, name, ret, err);
}

int image_read(const struct store *s, const char *id, struct image *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *own = NULL;
	const json_t *layers;
	int r = read_part(s, id, "image.json", &own, err);

	if (r == 0)
		r = read_part(s, id, "config.json", &img.config, err);
	if (r == 0)
		r = read_part(s, id, "manifest.json", &img.manifest, err);
	if (err_is_lack(r))
		return err_wrap(err, "image %.12s", id);
	if (r < 0)
		return err_wrap(err, "image %.12s is damaged", id);
	layers = json_path(img.config, "rootfs", "diff_ids", NULL);
	json_get_strv(json_object_get(img.config, "rootfs"), "diff_ids", &img.diff_ids);
	strv_foreach (i, diff_id, &img.diff_ids)
		if (!ref_digest_ok(diff_id))
			return err_say(err, EBADMSG, "image %.12s is damaged: bad DiffID", id);
	if (img.diff_ids.n != json_array_size(layers))
		return err_say(err, EBADMSG, "image %.12s is damaged: bad DiffID", id);
	image_names_history(s, id, &img.history);
	memcpy(img.id, id, 64);
	img.digest = xstrdup(json_get_str(own, "digest", ""));
	json_get_strv(own, "indexes", &img.indexes);
	img.is_list = json_is_array(json_object_get(img.manifest, "manifests"));
	img.size = (uint64_t)json_get_int(own, "size", 0);
	img.created = unix_time(json_get_str(img.config, "created", NULL));
	if (!img.created)
		img.created = unix_time(json_get_str(own, "created", NULL));
	if (s->is_shared)
		img.shared = xstrdup(s->path);
	*ret = img;
	img = (struct image){0};
	return 0;
}

bool image_exists(const struct store *s, const char *id)
{
	_cleanup_free_ char *path = xasprintf("images/%s", id);

	return faccessat(s->fd, path, F_OK, 0) == 0;
}

int image_check_own(const struct image *img, const char *what, struct err *err)
{
	if (!img->shared)
		return 0;
	err_say(err, EROFS, "image %.12s is in the shared store %s: it can only be %s by its owner",
		img->id, img->shared, what);
	return err_hint(err,
		"its owner uses 'rl image share', also with --rm; to make it one of yours: "
		"rl save IMAGE | rl load");
}

static int newest_first(const void *pa, const void *pb)
{
	const struct image *a = pa, *b = pb;

	if (a->created != b->created)
		return a->created < b->created ? 1 : -1;
	return strcmp(a->id, b->id);
}

/* Whether an image of a store that is looked at later shows: under a name that the earlier ones do not have, or
   under its id alone. */
static bool drop_taken_names(const struct image_list *l, struct image *img)
{
	struct strv left = {0};
	bool taken = false;

	for (size_t i = 0; i < l->n; i++)
		taken = taken || str_eq(l->v[i].id, img->id);
	strv_foreach (i, name, &img->names) {
		bool free_name = true;

		for (size_t k = 0; k < l->n; k++)
			free_name = free_name && !strv_has(&l->v[k].names, name);
		if (free_name)
			strv_add(&left, name);
	}
	taken = (taken || img->names.n) && !left.n;
	strv_done(&img->names);
	img->names = left;
	return !taken;
}

/* appends the images of one store */
static int list_in(
	const struct store *s, struct image_list *l, struct strv *damaged, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list refs = {0};
	_cleanup_strv_ struct strv ids = {0};
	struct image_list before = *l;
	struct err why = {0};
	int r = fs_list_at(s->fd, "images", &ids, err);

	if (r == 0)
		r = refstore_list(s, &refs, err);
	if (r < 0)
		return r;
	before.v = l->v = xreallocarray(l->v, l->n + ids.n + 1, sizeof(*l->v));
	strv_foreach (i, id, &ids) {
		struct image img = {0};

		if (!str_is_hex(id, 64))
			continue;
		r = image_read(s, id, &img, &why);
		if (err_is_lack(r) && err)
			*err = why;
		if (err_is_lack(r))
			return r;
		if (r < 0) {
			if (damaged && image_exists(s, id))
				strv_add(damaged, id);
			continue;
		}
		image_names_add(&img, &refs);
		if (!s->is_shared || drop_taken_names(&before, &img))
			l->v[l->n++] = img;
		else
			image_done(&img);
	}
	return 0;
}

int image_list(const struct store *s, struct image_list *ret, struct strv *damaged, struct err *err)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	int r = list_in(s, &l, damaged, err);

	if (r < 0)
		return r;
	strv_foreach (i, path, &s->shared) {
		struct store other = {.fd = -EBADF};

		if (shared_open(path, &other, NULL) < 0)
			continue;
		list_in(&other, &l, NULL, NULL);
		store_done(&other);
	}
	if (l.n > 1)
		qsort(l.v, l.n, sizeof(*l.v), newest_first);
	*ret = l;
	l = (struct image_list){0};
	return 0;
}

void image_note_indexes(const struct store *s, const char *id, const struct strv *digests)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s", id);
	_cleanup_close_ int dir = fs_opendir_at(s->fd, path, NULL);
	_cleanup_strv_ struct strv known = {0};
	_cleanup_json_ json_t *own = NULL;
	size_t before;

	if (dir < 0 || json_read_at(dir, "image.json", &own, NULL) < 0)
		return;
	json_get_strv(own, "indexes", &known);
	before = known.n;
	strv_foreach (i, digest, digests)
		if (!strv_has(&known, digest) && known.n < INDEXES_MAX)
			strv_add(&known, digest);
	if (known.n == before)
		return;
	json_set_strv(own, "indexes", &known);
	json_write_at(dir, "image.json", own, 0, NULL);
}
