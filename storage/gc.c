/*
 * gc - removing images and the layers that nothing needs any more
 *
 * A layer is needed by an image (rootfs.diff_ids), by a container (its "diffIds") or by an ingest
 * under way: a locked entry of tmp/ whose file "pins" lists DiffIDs, one a line.  An ingest pins a
 * layer under the shared lock before it looks whether the layer is there, and until its image is
 * visible; deciding takes the exclusive lock.  So a layer between layers/ and its image is always
 * seen to be needed.  The same holds for what is in meta/, which images of shared stores need as well, and for artifacts,
 * which a name, a manifest list, a container or a pin names by the digest of their manifest.
 */
#include "storage/image.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "storage/meta.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/shared.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PINS_CAP ((size_t)1 << 20)

/* DiffIDs of every image; one that cannot be read makes everything needed */
static int mark_images(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(s->fd, "images", &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *path = xasprintf("images/%s/config.json", id);
		_cleanup_json_ json_t *config = NULL;

		r = json_read_at(s->fd, path, &config, err);
		if (r < 0)
			return err_wrap(err, "image %.12s is damaged", id);
		json_get_strv(json_object_get(config, "rootfs"), "diff_ids", ret);
	}
	return 0;
}

/* artifacts with a name; while a file cannot be read as a name, any may have it */
static int mark_named(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list names = {0};
	_cleanup_strv_ struct strv damaged = {0}, all = {0};
	int r = refstore_list_in(s, REFSTORE_ARTIFACTS, &names, err);

	refstore_damaged_in(s, REFSTORE_ARTIFACTS, &damaged);
	if (r == 0 && damaged.n)
		r = fs_list_at(s->fd, "artifacts", &all, err);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		strv_addf(ret, "sha256:%s", names.v[i].id);
	strv_foreach (i, hex, &all)
		strv_addf(ret, "sha256:%s", hex);
	return r == -ENOENT ? 0 : r;
}

/* digests of the artifacts that manifest lists name */
static int mark_artifacts(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(s->fd, "images", &ids, err);

	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		_cleanup_free_ char *path = xasprintf("images/%s/list.json", ids.v[i]);
		_cleanup_json_ json_t *list = NULL;
		json_t *source;
		const char *digest;

		r = json_read_at(s->fd, path, &list, err);
		/* no list */
		if (r == -ENOENT || r == -ENOTDIR)
			r = 0;
		json_object_foreach (json_object_get(list, "sources"), digest, source)
			if (json_object_get(source, "artifact"))
				strv_add(ret, digest);
	}
	return r;
}

static int mark_containers(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(s->fd, "containers", &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_json_ json_t *record = NULL;
		json_t *image;
		size_t k;

		r = json_read_at(s->fd, path, &record, err);
		/* being removed */
		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r < 0)
			return err_wrap(err, "container %.12s is damaged", id);
		json_get_strv(record, "diffIds", ret);
		json_array_foreach (json_object_get(record, "mountedImages"), k, image)
			json_get_strv(image, "diffIds", ret);
		json_get_strv(record, "mountedArtifacts", ret);
		/* what is in meta/ has an image's id */
		strv_addf(ret, "sha256:%s", json_get_str(record, "imageId", ""));
	}
	return 0;
}

bool image_layer_in_use(const struct store *s, const char *diff_id)
{
	_cleanup_strv_ struct strv needed = {0};

	return mark_containers(s, &needed, NULL) < 0 || strv_has(&needed, diff_id);
}

static int mark_ingests(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(s->fd, "tmp", &names, err);

	if (r < 0)
		return r;
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *lock = xasprintf("tmp/%s/lock", name);
		_cleanup_free_ char *pins = xasprintf("tmp/%s/pins", name);
		_cleanup_buf_ struct buf b = {.cap = PINS_CAP};

		if (!lock_is_held(s->fd, lock))
			continue;
		r = fs_read_at(s->fd, pins, &b, err);
		if (r == 0)
			strv_split(ret, buf_str(&b), "\n");
		else if (r != -ENOENT)
			return r;
	}
	return 0;
}

/*
 * The DiffIDs that any image, any container or any running ingest needs; under the exclusive lock.
 * Return: 0, or a negative errno when a record cannot be read: then nothing may be taken for unneeded
 */
static int mark(const struct store *s, struct strv *ret, struct err *err)
{
	int r = mark_images(s, ret, err);

	if (r == 0)
		r = mark_containers(s, ret, err);
	if (r == 0)
		r = mark_artifacts(s, ret, err);
	if (r == 0)
		r = mark_named(s, ret, err);
	if (r == 0)
		r = mark_ingests(s, ret, err);
	if (r == 0)
		strv_sort(ret);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* as "sha256:ID": the images that something in meta/ may be made of */
static int mark_ids(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(s->fd, "images", &ids, err);

	strv_foreach (i, id, &ids)
		strv_addf(ret, "sha256:%s", id);
	return r;
}

/* @needed: as mark() left it.  A tree of a shared store that is away is made again when it is back. */
static int unneeded_meta(
	const struct store *s, struct strv *needed, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r;

	if (faccessat(s->fd, "meta", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = mark_ids(s, needed, err);
	strv_foreach (i, path, &s->shared) {
		struct store other = {.fd = -EBADF};

		if (shared_open(path, &other, NULL) == 0)
			mark_ids(&other, needed, NULL);
		store_done(&other);
	}
	strv_sort(needed);
	if (r == 0)
		r = fs_list_at(s->fd, "meta", &names, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_free_ char *id = xasprintf("sha256:%.64s", names.v[i]);

		if (!needed->n || !bsearch(&id, needed->v, needed->n, sizeof(*needed->v), compare))
			strv_add(ret, names.v[i]);
	}
	return r;
}

/* what is in @dir under the digest of something that is not needed */
static int collect_dir(const struct store *s, const char *dir, const struct strv *needed,
	struct strv *report, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(s->fd, dir, &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_free_ char *digest = xasprintf("sha256:%s", names.v[i]);

		if (needed->n &&
			bsearch(&digest, needed->v, needed->n, sizeof(*needed->v), compare))
			continue;
		r = store_discard(s, dir, names.v[i], err);
		if (r == 0 && report)
			strv_addf(report, "Deleted: %s", digest);
	}
	return r;
}

int meta_unneeded(const struct store *s, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv needed = {0};
	int r = mark(s, &needed, err);

	return r < 0 ? r : unneeded_meta(s, &needed, ret, err);
}

/* with the exclusive lock held */
static int collect(const struct store *s, struct strv *report, struct err *err)
{
	_cleanup_strv_ struct strv needed = {0}, trees = {0};
	int r = mark(s, &needed, err);

	if (r == 0)
		r = collect_dir(s, "layers", &needed, report, err);
	if (r == 0 && faccessat(s->fd, "artifacts", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = collect_dir(s, "artifacts", &needed, report, err);
	if (r == 0)
		r = unneeded_meta(s, &needed, &trees, err);
	for (size_t i = 0; r == 0 && i < trees.n; i++)
		r = store_discard(s, "meta", trees.v[i], err);
	return r;
}

int image_collect(const struct store *s, struct strv *report, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, err);

	return lock < 0 ? lock : collect(s, report, err);
}

static bool mounts_image(const json_t *container, const char *id)
{
	json_t *image;
	size_t i;

	json_array_foreach (json_object_get(container, "mountedImages"), i, image)
		if (str_eq(json_get_str(image, "id", ""), id))
			return true;
	return false;
}

/* -EBUSY when a container uses image @id; one whose record cannot be read uses nothing that is
 * known */
static int check_unused(const struct store *s, const char *id, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(s->fd, "containers", &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, ctr, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", ctr);
		_cleanup_json_ json_t *record = NULL;

		if (json_read_at(s->fd, path, &record, NULL) < 0 ||
			(!str_eq(json_get_str(record, "imageId", ""), id) &&
				!mounts_image(record, id)))
			continue;
		err_say(err, EBUSY, "image %.12s is in use by container %s (%.12s)", id,
			json_get_str(record, "name", ctr), ctr);
		return err_hint(err, "remove the container first, or use 'rl rmi -f'");
	}
	return 0;
}

/* the names of image @id; -EBUSY if there are more than @max */
static int names_of(
	const struct store *s, const char *id, size_t max, struct strv *ret, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list refs = {0};
	_cleanup_free_ char *text = NULL;
	int r = refstore_list(s, &refs, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < refs.n; i++)
		if (str_eq(refs.v[i].id, id))
			strv_add(ret, refs.v[i].ref);
	if (ret->n <= max)
		return 0;
	text = strv_join(ret, ", ");
	err_say(err, EBUSY, "image %.12s has %s: %.300s", id, max ? "more than one name" : "a name",
		text);
	return err_hint(err, "remove it by name, or all of it with 'rl rmi -f %.12s'", id);
}

static int untag(const struct store *s, const char *name, struct strv *report, struct err *err)
{
	int r = refstore_del(s, name, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (report)
		strv_addf(report, "Untagged: %s", name);
	return 0;
}

int image_drop(const struct store *s, const char *id, const char *name, size_t max_names,
	struct strv *report, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("images/%s", id);
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, err);
	_cleanup_strv_ struct strv names = {0};
	int r;

	if (lock < 0)
		return lock;
	if (!str_is_hex(id, 64) || faccessat(s->fd, path, F_OK, 0) < 0)
		return err_say(err, ERR_NO_OBJECT, "no such image: %.100s", id);
	r = names_of(s, id, name ? SIZE_MAX : max_names, &names, err);
	if (r < 0)
		return r;
	if (name && !strv_has(&names, name))
		return err_say(err, ERR_NO_OBJECT, "no such image: %.300s", name);
	if (name && names.n > 1)
		return untag(s, name, report, err);
	r = check_unused(s, id, err);
	if (r < 0)
		return r;
	strv_foreach (i, one, &names) {
		r = untag(s, one, report, err);
		if (r < 0)
			return r;
	}
	r = store_discard(s, "images", id, err);
	if (r < 0)
		return r;
	if (report)
		strv_addf(report, "Deleted: %s", id);
	/* The image is gone; layers that stay because another record is damaged are found by a
	 * later collection. */
	collect(s, NULL, NULL);
	return 0;
}

int image_remove(const struct store *s, const char *id, struct strv *report, struct err *err)
{
	return image_drop(s, id, NULL, SIZE_MAX, report, err);
}
