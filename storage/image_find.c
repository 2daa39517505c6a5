#include "storage/image_find.h"

#include "runtime/base/fs.h"
#include "storage/image_names.h"
#include "storage/list.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/shared.h"

#define ID_PREFIX_MIN 3

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
		if (image_read(s, e->id, &img, NULL) == 0 &&
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
		r = image_read(s, id, ret, err);
		if (r == 0)
			image_names_add(ret, &refs);
		/* removed in this moment: as if it had never been there */
		if (r != -ENOENT)
			return r;
	}
	err_say(err, ERR_NO_OBJECT, "no such image: %.300s", name);
	err_hint(err, "get it with 'rl pull %.180s'", name);
	return -ERR_NO_OBJECT; /* also for a caller without an error object */
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
