#include "storage/image.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/list.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/shared.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_PREFIX_MIN 3
#define NAMES_CAP     ((size_t)64 << 10)
#define INDEXES_MAX   32

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

/* the references that an image ever had, the last one first */
static void read_names(const struct store *s, const char *id, struct strv *ret)
{
	_cleanup_buf_ struct buf b = {.cap = NAMES_CAP};
	_cleanup_strv_ struct strv lines = {0};

	if (image_bytes(s, id, "names", &b, NULL) < 0)
		return;
	strv_split(&lines, buf_str(&b), "\n");
	for (size_t i = lines.n; i > 0; i--)
		if (*lines.v[i - 1] && !strv_has(ret, lines.v[i - 1]))
			strv_add(ret, lines.v[i - 1]);
}

/* Append to the list of names.  It is only history: an image that cannot note it down is named all the same. */
static void note_name(const struct store *s, const char *id, const char *name)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s", id), *line = xasprintf("%s\n", name);
	_cleanup_close_ int dir = fs_opendir_at(s->fd, path, NULL), fd = -EBADF;
	_cleanup_strv_ struct strv known = {0};
	struct stat st;

	if (dir < 0)
		return;
	read_names(s, id, &known);
	if (strv_has(&known, name))
		return;
	fd = openat(dir, "names", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size + strlen(line) < NAMES_CAP)
		(void)!write(fd, line, strlen(line));
}

static int read_part(
	const struct store *s, const char *id, const char *name, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	int r = image_bytes(s, id, name, &b, err);

	return r < 0 ? r : json_parse(buf_str(&b), b.len, name, ret, err);
}

/* an image without its names */
static int read_image(const struct store *s, const char *id, struct image *ret, struct err *err)
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
	read_names(s, id, &img.history);
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

static void add_names(struct image *img, const struct refstore_list *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		if (str_eq(refs->v[i].id, img->id))
			strv_add(&img->names, refs->v[i].ref);
}

static bool image_exists(const struct store *s, const char *id)
{
	_cleanup_free_ char *path = xasprintf("images/%s", id);

	return faccessat(s->fd, path, F_OK, 0) == 0;
}

/* by an exact name; a short one also as the name of something made here */
static int find_by_ref(const struct store *s, const struct ref *ref, char ret_id[65])
{
	_cleanup_free_ char *canonical = ref_format(ref), *local = NULL;
	const char *path;

	if (refstore_get(s, canonical, ret_id, NULL) == 0)
		return 0;
	if (!ref->short_name)
		return -ENOENT;
	path = str_after(ref->path, "library/");
	local = xasprintf("localhost/%s%s%s%s%s", path ? path : ref->path, ref->tag ? ":" : "",
		ref->tag ? ref->tag : "", ref->digest ? "@" : "", ref->digest ? ref->digest : "");
	return refstore_get(s, local, ret_id, NULL);
}

/* "name@sha256:…" where the image was stored under a tag: its manifest's digest, or that of an index, and one of
 * its names must fit */
static int find_by_digest(const struct store *s, const struct ref *ref,
	const struct refstore_list *refs, char ret_id[65])
{
	_cleanup_free_ char *name = ref_name(ref);
	size_t len = strlen(name);

	for (size_t i = 0; i < refs->n; i++) {
		const struct refstore_entry *e = &refs->v[i];
		_cleanup_(image_done) struct image img = {0};

		if (strncmp(e->ref, name, len) != 0 || !strchr(":@", e->ref[len]))
			continue;
		if (read_image(s, e->id, &img, NULL) == 0 &&
			(str_eq(img.digest, ref->digest) || strv_has(&img.indexes, ref->digest))) {
			memcpy(ret_id, e->id, 65);
			return 0;
		}
	}
	return -ENOENT;
}

static int find_by_prefix(const struct store *s, const char *text, char ret_id[65], struct err *err)
{
	const char *prefix = str_after(text, "sha256:") ? text + strlen("sha256:") : text;
	_cleanup_strv_ struct strv ids = {0};
	size_t len = strlen(prefix);
	const char *found = NULL;
	int r;

	if (len < ID_PREFIX_MIN || len > 64 || !str_is_hex(prefix, len))
		return -ENOENT;
	r = fs_list_at(s->fd, "images", &ids, err);
	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		if (!str_is_hex(id, 64) || !str_after(id, prefix))
			continue;
		if (found)
			return err_say(err, EEXIST,
				"the id %s is ambiguous: it begins %.12s and %.12s", prefix, found,
				id);
		found = id;
	}
	if (!found)
		return -ENOENT;
	memcpy(ret_id, found, 65);
	return 0;
}

/* in this store alone */
static int find_in(const struct store *s, const char *name, struct image *ret, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list refs = {0};
	_cleanup_(ref_done) struct ref ref = {0};
	struct err bad_ref = {0};
	char id[65] = "";
	int parsed = ref_parse(name, &ref, &bad_ref), r = parsed;

	if (refstore_list(s, &refs, err) < 0)
		return err ? -err->code : -EIO;
	if (r == 0)
		r = find_by_ref(s, &ref, id);
	if (r < 0 && parsed == 0 && ref.digest)
		r = find_by_digest(s, &ref, &refs, id);
	if (r < 0 || !image_exists(s, id)) {
		r = find_by_prefix(s, name, id, err);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	if (r < 0 && parsed < 0) {
		const char *hex = str_after(name, "sha256:");

		if (!str_is_hex(hex ? hex : name, strlen(hex ? hex : name))) {
			if (err)
				*err = bad_ref;
			return parsed;
		}
	}
	if (r == 0) {
		r = read_image(s, id, ret, err);
		if (r == 0)
			add_names(ret, &refs);
		/* removed in this moment: as if it had never been there */
		if (r != -ENOENT)
			return r;
	}
	err_say(err, ERR_NO_OBJECT, "no such image: %.300s", name);
	err_hint(err, "get it with 'rl pull %.180s'", name);
	return -ERR_NO_OBJECT; /* also for a caller without an error object */
}

const char *image_typed_name(const struct image *img, const char *arg)
{
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *canonical = NULL, *local = NULL;
	const char *path;

	if (ref_parse(arg, &ref, NULL) < 0)
		return NULL;
	canonical = ref_format(&ref);
	path = str_after(ref.path, "library/");
	local = xasprintf("localhost/%s:%s", path ? path : ref.path, ref.tag ? ref.tag : "");
	strv_foreach (i, name, &img->names)
		if (str_eq(name, canonical))
			return name;
	strv_foreach (i, name, &img->names)
		if (ref.short_name && str_eq(name, local))
			return name;
	return NULL;
}

static int find_in_shared(
	const struct store *s, const char *name, struct image *ret, struct err *err)
{
	struct err away = {0};
	const char *which = NULL;

	strv_foreach (i, path, &s->shared) {
		struct store other = {.fd = -EBADF};
		struct err why = {0};
		int r = shared_open(path, &other, &why);

		if (r < 0) {
			if (!which)
				away = why;
			which = which ? which : path;
			continue;
		}
		r = find_in(&other, name, ret, &why);
		store_done(&other);
		if (r != -ERR_NO_OBJECT) {
			if (r < 0 && err)
				*err = why;
			return r;
		}
	}
	if (!which)
		return -ERR_NO_OBJECT;
	err_say(err, ESTALE, "no such image: %.120s, and a shared store is away: %s", name,
		away.msg);
	err_hint(err, "mount it, take it out of rl.conf, or get the image with 'rl pull'");
	return -ESTALE;
}

int image_find_any(const struct store *s, const char *name, struct image *ret, struct err *err)
{
	struct err why = {0};
	int r = find_in(s, name, ret, &why), q;

	if (r == -ERR_NO_OBJECT && s->shared.n) {
		q = find_in_shared(s, name, ret, err);
		if (q != -ERR_NO_OBJECT)
			return q;
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

int image_find(const struct store *s, const char *name, struct image *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = image_find_any(s, name, &img, err);

	if (r < 0)
		return r;
	if (img.is_list)
		return list_choose(s, &img, name, ret, err);
	*ret = img;
	img = (struct image){0};
	return 0;
}

int image_check_own(const struct image *img, const char *what, struct err *err)
{
	if (!img->shared)
		return 0;
	err_say(err, EROFS, "image %.12s is in the shared store %s: it can only be %s by its owner",
		img->id, img->shared, what);
	return err_hint(err, "its owner uses 'rl image share', also with --rm");
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
		r = read_image(s, id, &img, &why);
		if (err_is_lack(r) && err)
			*err = why;
		if (err_is_lack(r))
			return r;
		if (r < 0) {
			if (damaged && image_exists(s, id))
				strv_add(damaged, id);
			continue;
		}
		add_names(&img, &refs);
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

static int have_layers(
	const struct store *s, const struct strv *diff_ids, uint64_t *ret_size, struct err *err)
{
	uint64_t sum = 0;

	strv_foreach (i, diff_id, diff_ids) {
		_cleanup_free_ char *path = NULL;
		_cleanup_json_ json_t *j = NULL;

		if (!ref_digest_ok(diff_id))
			return err_say(err, EBADMSG, "bad DiffID %.100s", diff_id);
		path = xasprintf("layers/%s/layer.json", diff_id + strlen("sha256:"));
		if (json_read_at(s->fd, path, &j, NULL) < 0) {
			err_say(err, EAGAIN, "layer %.19s is missing from the store", diff_id);
			return err_hint(err, "it was removed meanwhile; try again");
		}
		sum += (uint64_t)json_get_int(j, "size", 0);
	}
	*ret_size = sum;
	return 0;
}

static int write_files(int dir, const char *digest, const struct buf *config,
	const struct buf *manifest, const json_t *list, uint64_t size, struct err *err)
{
	_cleanup_json_ json_t *own = json_object();
	char when[CLOCK_TEXT_MAX];
	int r;

	json_object_set_new(own, "version", json_integer(1));
	json_set_str(own, "digest", digest);
	json_object_set_new(own, "size", json_integer((json_int_t)size));
	json_set_str(own, "created", clock_text_now(when));
	r = fs_write_at(dir, "config.json", config->data, config->len, 0600, 0, err);
	if (r == 0)
		r = fs_write_at(dir, "manifest.json", manifest->data, manifest->len, 0600, 0, err);
	if (r == 0)
		r = json_write_at(dir, "image.json", own, 0, err);
	if (r == 0 && list)
		r = json_write_at(dir, "list.json", list, 0, err);
	if (r == 0 && syncfs(dir) < 0)
		r = err_set(err, errno, "write the image to disk");
	return r;
}

/* the list of names goes on in the directory that takes an image's place */
static void keep_names(const struct store *s, const char *from, const char *to)
{
	_cleanup_free_ char *old = xasprintf("%s/names", from), *new = xasprintf("%s/names", to);
	_cleanup_buf_ struct buf b = {.cap = NAMES_CAP};

	if (fs_read_at(s->fd, old, &b, NULL) == 0)
		fs_write_at(s->fd, new, b.data, b.len, 0600, FS_FRESH, NULL);
}

/* moves the complete directory tmp/X/image to images/ID */
static int publish(const struct store *s, const char *tmp, const char *id, struct err *err)
{
	_cleanup_free_ char *from = xasprintf("%s/image", tmp), *to = xasprintf("images/%s", id);

	if (renameat2(s->fd, from, s->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* The same configuration came with another manifest (other compression), or the image was
	   damaged: the new one takes its place in one step, the old one is swept with the rest of
	   tmp/X. */
	if (errno == EEXIST) {
		keep_names(s, to, from);
		if (renameat2(s->fd, from, s->fd, to, RENAME_EXCHANGE) == 0)
			return 0;
	}
	return err_set(err, errno, "add image %.12s", id);
}

static int set_names(
	const struct store *s, const struct strv *names, const char *id, struct err *err)
{
	strv_foreach (i, name, names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *canonical = NULL;
		int r = ref_parse(name, &ref, err);

		if (r < 0)
			return r;
		canonical = ref_format(&ref);
		r = refstore_set(s, canonical, id, err);
		if (r < 0)
			return r;
		note_name(s, id, canonical);
	}
	return 0;
}

static int add(const struct store *s, const char *id, const char *digest, const struct buf *config,
	const struct buf *manifest, const json_t *list, bool must_exist, const struct strv *names,
	struct err *err)
{
	_cleanup_close_ int held = -EBADF, lock = -EBADF, dir = -EBADF;
	_cleanup_strv_ struct strv diff_ids = {0};
	_cleanup_json_ json_t *parsed = NULL;
	_cleanup_free_ char *path = NULL;
	char tmp[64];
	uint64_t size;
	int r;

	if (!str_is_hex(id, 64) || !ref_digest_ok(digest))
		return err_say(err, EBADMSG, "bad image id or digest");
	r = json_parse(config->data, config->len, "image configuration", &parsed, err);
	if (r < 0)
		return r;
	json_get_strv(json_object_get(parsed, "rootfs"), "diff_ids", &diff_ids);
	held = store_tmp(s, tmp, err);
	if (held < 0)
		return held;
	path = xasprintf("%s/image", tmp);
	r = mkdirat(s->fd, path, 0700) < 0 ? err_set(err, errno, "create %s", path) : 0;
	if (r == 0) {
		dir = fs_opendir_at(s->fd, path, err);
		r = dir < 0 ? dir : 0;
	}
	if (r == 0)
		r = have_layers(s, &diff_ids, &size, err);
	if (r == 0)
		r = write_files(
			dir, digest, config, manifest, list, list ? manifest->len : size, err);
	if (r == 0) {
		lock = store_lock(s, LOCK_SHARED, err);
		r = lock < 0 ? lock : 0;
	}
	if (r == 0 && must_exist && !image_exists(s, id))
		r = err_say(err, ERR_NO_OBJECT, "%.12s was removed meanwhile", id);
	/* again, now that nobody can take one away */
	if (r == 0)
		r = have_layers(s, &diff_ids, &size, err);
	if (r == 0)
		r = publish(s, tmp, id, err);
	if (r == 0)
		r = set_names(s, names, id, err);
	store_discard(s, "tmp", tmp + strlen("tmp/"), NULL);
	return r;
}

int image_add(const struct store *s, const char *id, const char *digest, const struct buf *config,
	const struct buf *manifest, const struct strv *names, struct err *err)
{
	return add(s, id, digest, config, manifest, NULL, false, names, err);
}

int image_add_list(const struct store *s, const char *id, const char *digest,
	const struct buf *config, const struct buf *index, const json_t *list, bool must_exist,
	const struct strv *names, struct err *err)
{
	return add(s, id, digest, config, index, list, must_exist, names, err);
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

int image_tag(const struct store *s, const char *id, const char *ref, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err);
	struct strv one = {.v = (char *[]){(char *)(uintptr_t)ref, NULL}, .n = 1};

	if (lock < 0)
		return lock;
	if (!str_is_hex(id, 64) || !image_exists(s, id))
		return err_say(err, ERR_NO_OBJECT, "no such image: %.100s", id);
	return set_names(s, &one, id, err);
}

void image_digest_refs(const struct image *img, struct strv *ret)
{
	strv_foreach (i, name, &img->names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *repo = NULL;

		if (ref_parse(name, &ref, NULL) < 0)
			continue;
		repo = ref_name(&ref);
		for (size_t k = 0; k <= img->indexes.n; k++) {
			const char *digest = k ? img->indexes.v[k - 1] : img->digest;
			_cleanup_free_ char *text = xasprintf("%s@%s", repo, digest);

			if (*digest && !strv_has(ret, text))
				strv_add(ret, text);
		}
	}
	strv_sort(ret);
}

int image_untag(const struct store *s, const char *name, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *canonical = NULL;
	int r = ref_parse(name, &ref, err);

	if (r < 0)
		return r;
	canonical = ref_format(&ref);
	r = refstore_del(s, canonical, err);
	if (r == -ENOENT)
		return err_say(err, ERR_NO_OBJECT, "no such image: %s", canonical);
	return r;
}
