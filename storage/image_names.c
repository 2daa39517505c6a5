#include "storage/image_names.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/refstore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_CAP ((size_t)64 << 10)

void image_names_history(const struct store *s, const char *id, struct strv *ret)
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

static void note_name(const struct store *s, const char *id, const char *name)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s", id), *line = xasprintf("%s\n", name);
	_cleanup_close_ int dir = fs_opendir_at(s->fd, path, NULL), fd = -EBADF;
	_cleanup_strv_ struct strv known = {0};
	struct stat st;

	if (dir < 0)
		return;
	image_names_history(s, id, &known);
	if (strv_has(&known, name))
		return;
	fd = openat(dir, "names", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size + strlen(line) < NAMES_CAP)
		(void)!write(fd, line, strlen(line));
}

void image_names_keep(const struct store *s, const char *from, const char *to)
{
	_cleanup_free_ char *old = xasprintf("%s/names", from), *new = xasprintf("%s/names", to);
	_cleanup_buf_ struct buf b = {.cap = NAMES_CAP};

	if (fs_read_at(s->fd, old, &b, NULL) == 0)
		fs_write_at(s->fd, new, b.data, b.len, 0600, FS_FRESH, NULL);
}

/* @ret: owned by the caller */
static int canonical_form(const char *name, char **ret, struct err *err)
{
	_cleanup_(ref_done) struct ref ref = {0};
	int r = ref_parse(name, &ref, err);

	if (r == 0)
		*ret = ref_format(&ref);
	return r;
}

int image_names_set(
	const struct store *s, const struct strv *names, const char *id, struct err *err)
{
	strv_foreach (i, name, names) {
		_cleanup_free_ char *canonical = NULL;
		int r = canonical_form(name, &canonical, err);

		if (r == 0)
			r = refstore_set(s, canonical, id, err);
		if (r < 0)
			return r;
		note_name(s, id, canonical);
	}
	return 0;
}

void image_names_add(struct image *img, const struct refstore_list *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		if (str_eq(refs->v[i].id, img->id))
			strv_add(&img->names, refs->v[i].ref);
}

int image_tag(const struct store *s, const char *id, const char *ref, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err);
	struct strv one = {.v = (char *[]){(char *)(uintptr_t)ref, NULL}, .n = 1};

	if (lock < 0)
		return lock;
	if (!str_is_hex(id, 64) || !image_exists(s, id))
		return err_say(err, ERR_NO_OBJECT, "no such image: %.100s", id);
	return image_names_set(s, &one, id, err);
}

int image_untag(const struct store *s, const char *name, struct err *err)
{
	_cleanup_free_ char *canonical = NULL;
	int r = canonical_form(name, &canonical, err);

	if (r == 0)
		r = refstore_del(s, canonical, err);
	if (r == -ENOENT && canonical)
		return err_say(err, ERR_NO_OBJECT, "no such image: %s", canonical);
	return r;
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
