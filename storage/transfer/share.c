/*
 * share: copy images of the user's store into a shared one, or take them out again
 *
 * One of these at a time works in a shared store.  What it writes is collected in its tmp/ and synced before any of it
 * appears: contents first, then layers, then images, then names; taking away goes the other way round.
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/copy.h"
#include "storage/image.h"
#include "storage/image_find.h"
#include "storage/ref.h"
#include "storage/refstore.h"
#include "storage/shared.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/tree.h"
#include "storage/transfer/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_MODE  0755
#define FILE_MODE 0644

/* one run: the shared store, and its directory of what is not yet visible */
struct share {
	struct worker *w;
	struct store to;
	int lock, objects, fresh;
	struct objects o;
	bool force;
	uint64_t layers;
};

static void share_done(struct share *sh)
{
	if (sh->to.path && sh->lock >= 0) {
		fs_remove_tree_at(sh->to.fd, "tmp/new", NULL);
		fs_remove_tree_at(sh->to.fd, "tmp/old", NULL);
	}
	fd_close(sh->fresh);
	fd_close(sh->objects);
	fd_close(sh->lock);
	store_done(&sh->to);
}

static int make_dir(int dirfd, const char *path, struct err *err)
{
	return mkdirat(dirfd, path, DIR_MODE) < 0 ? err_set(err, errno, "create %s", path) : 0;
}

static int share_open(struct share *sh, const char *path, struct err *err)
{
	struct stat st;
	int r = shared_open(path, &sh->to, err);

	if (r < 0)
		return r;
	if (fstat(sh->to.fd, &st) < 0 || st.st_uid != geteuid())
		return err_say(err, EPERM, "the shared store %s belongs to another user", path);
	sh->lock = store_lock(&sh->to, LOCK_EXCLUSIVE, err);
	if (sh->lock < 0)
		return sh->lock;
	/* with the lock held nobody else is at it: what is there was left by somebody who was killed */
	r = fs_remove_tree_at(sh->to.fd, "tmp/new", err);
	if (r == 0)
		r = fs_remove_tree_at(sh->to.fd, "tmp/old", err);
	if (r == 0)
		r = make_dir(sh->to.fd, "tmp/new", err);
	if (r == 0)
		r = make_dir(sh->to.fd, "tmp/old", err);
	if (r == 0)
		r = make_dir(sh->to.fd, "tmp/new/objects", err);
	if (r < 0)
		return r;
	sh->objects = fs_opendir_at(sh->to.fd, "objects", err);
	sh->fresh =
		sh->objects < 0 ? sh->objects : fs_opendir_at(sh->to.fd, "tmp/new/objects", err);
	sh->o = (struct objects){.dir = sh->objects, .fresh = sh->fresh};
	return sh->fresh < 0 ? sh->fresh : 0;
}

/* ---- adding ---- */

static int copy_file(
	const struct store *from, const char *path, int dir, const char *name, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};
	int r = store_read(from, path, &b, err);

	return r < 0 ? r : fs_write_at(dir, name, b.data, b.len, FILE_MODE, FS_FRESH, err);
}

static int write_tree(struct share *sh, const char *hex, int dir, struct err *err)
{
	_cleanup_free_ char *from = xasprintf("layers/%s/diff", hex);
	_cleanup_free_ char *mark = xasprintf("layers/%s/opaque", hex);
	_cleanup_close_ int root = fs_opendir_at(sh->w->store.fd, from, err), fd = -EBADF;

	if (root < 0)
		return root;
	fd = openat(dir, "tree", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return err_set(err, errno, "create the tree of a layer");
	return tree_write(root, faccessat(sh->w->store.fd, mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0,
		&sh->o, fd, err);
}

/* contents that the layer itself replaces, which its record names by inode: {"INODE": "OBJECT:SIZE"} */
static int write_lost(struct share *sh, const char *hex, int dir, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/lost", hex);
	_cleanup_close_ int lost = fs_opendir_at(sh->w->store.fd, path, NULL);
	_cleanup_json_ json_t *j = json_object();
	_cleanup_strv_ struct strv names = {0};
	int r = lost < 0 ? 0 : fs_list_at(lost, ".", &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_close_ int fd =
			openat(lost, names.v[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		char object[OBJECT_NAME_MAX], text[OBJECT_NAME_MAX + 24];
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0)
			return err_set(err, errno, "open %s/%s", path, names.v[i]);
		if (!S_ISREG(st.st_mode) || st.st_size == 0)
			continue;
		r = object_add(&sh->o, fd, (uint64_t)st.st_size, object, err);
		snprintf(text, sizeof(text), "%s:%llu", object, (unsigned long long)st.st_size);
		json_set_str(j, names.v[i], text);
	}
	if (r < 0 || json_object_size(j) == 0)
		return r;
	r = json_write_at(dir, "lost", j, FS_FRESH, err);
	return r == 0 && fchmodat(dir, "lost", FILE_MODE, 0) < 0
		       ? err_set(err, errno, "change the mode of a file")
		       : r;
}

/* What the layer's archive can be made again from.  The compressed bytes are the same file where both stores are on one file
   system: they are never written to. */
static int give_source(
	struct share *sh, const char *hex, int dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/%s", hex, name);
	_cleanup_close_ int from = openat(sh->w->store.fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
			    to = -EBADF;
	int r;

	if (from < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "open %s", path);
	if (linkat(sh->w->store.fd, path, dir, name, 0) == 0)
		return fchmod(from, FILE_MODE) < 0
			       ? err_set(err, errno, "change the mode of %s", path)
			       : 0;
	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (to < 0)
		return err_set(err, errno, "create %s", name);
	r = copy_bytes(from, to);
	return r < 0 ? err_set(err, -r, "copy %s", path) : 0;
}

/* into tmp/new/HEX; nothing if the shared store has it */
static int stage_layer(struct share *sh, const char *diff_id, struct strv *staged, struct err *err)
{
	const char *hex = diff_id + strlen("sha256:");
	_cleanup_free_ char *there = xasprintf("layers/%s/layer.json", hex);
	_cleanup_free_ char *path = xasprintf("tmp/new/%s", hex);
	_cleanup_close_ int dir = -EBADF;
	int r;

	if (strv_has(staged, hex))
		return 0;
	if (faccessat(sh->to.fd, there, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		worker_progress(sh->w, diff_id, "exists", 0, 0);
		return 0;
	}
	r = ingest_need_layer(&sh->w->store, diff_id, err);
	if (r < 0)
		return r;
	worker_progress(sh->w, diff_id, "unpacking", 0, 0);
	r = make_dir(sh->to.fd, path, err);
	if (r < 0)
		return r;
	dir = fs_opendir_at(sh->to.fd, path, err);
	if (dir < 0)
		return dir;
	r = copy_file(&sh->w->store, there, dir, "layer.json", err);
	if (r == 0)
		r = write_tree(sh, hex, dir, err);
	if (r == 0)
		r = write_lost(sh, hex, dir, err);
	if (r == 0)
		r = give_source(sh, hex, dir, "record", err);
	if (r == 0)
		r = give_source(sh, hex, dir, "blob", err);
	if (r < 0)
		return err_wrap(err, "layer %.19s", diff_id);
	strv_add(staged, hex);
	sh->layers++;
	worker_progress(sh->w, diff_id, "done", 0, 0);
	return 0;
}

static int stage_image(struct share *sh, const struct image *img, struct err *err)
{
	static const char *const names[] = {"config.json", "manifest.json", "image.json"};
	_cleanup_close_ int dir = -EBADF;
	int r = make_dir(sh->to.fd, "tmp/new/image", err);

	if (r < 0)
		return r;
	dir = fs_opendir_at(sh->to.fd, "tmp/new/image", err);
	if (dir < 0)
		return dir;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = xasprintf("images/%s/%s", img->id, names[i]);

		r = copy_file(&sh->w->store, path, dir, names[i], err);
	}
	return r;
}

/* everything that was staged becomes visible */
static int publish(
	struct share *sh, const struct image *img, const struct strv *staged, struct err *err)
{
	_cleanup_free_ char *image = xasprintf("images/%s", img->id);
	int r;

	if (syncfs(sh->to.fd) < 0)
		return err_set(err, errno, "write the image to disk");
	r = object_publish(&sh->o, err);
	if (r < 0)
		return r;
	strv_foreach (i, hex, staged) {
		_cleanup_free_ char *from = xasprintf("tmp/new/%s", hex);
		_cleanup_free_ char *to = xasprintf("layers/%s", hex);

		if (renameat(sh->to.fd, from, sh->to.fd, to) < 0)
			return err_set(err, errno, "add the layer %.12s", hex);
	}
	/* the objects and layers must not be less lasting than the image that needs them */
	if (syncfs(sh->to.fd) < 0)
		return err_set(err, errno, "write the image to disk");
	if (renameat2(sh->to.fd, "tmp/new/image", sh->to.fd, image, RENAME_NOREPLACE) == 0)
		return 0;
	/* it is there: kept, for somebody may hold it */
	return errno == EEXIST ? fs_remove_tree_at(sh->to.fd, "tmp/new/image", err)
			       : err_set(err, errno, "add image %.12s", img->id);
}

/* the name that was given; all of them where the image was named by its id */
static void choose_names(const struct image *img, const char *text, struct strv *ret)
{
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *canonical = NULL, *local = NULL;
	const char *path;

	if (ref_parse(text, &ref, NULL) == 0) {
		canonical = ref_format(&ref);
		path = str_after(ref.path, "library/");
		local = xasprintf(
			"localhost/%s:%s", path ? path : ref.path, ref.tag ? ref.tag : "");
		if (strv_has(&img->names, canonical))
			strv_add(ret, canonical);
		else if (ref.short_name && strv_has(&img->names, local))
			strv_add(ret, local);
	}
	if (!ret->n)
		strv_addv(ret, &img->names);
}

static int add_image(struct share *sh, const char *name, json_t *out, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_strv_ struct strv names = {0}, staged = {0};
	struct store own = sh->w->store;
	int r;

	/* what is in a shared store already is not looked at */
	own.shared = (struct strv){0};
	r = image_find(&own, name, &img, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < img.diff_ids.n; i++)
		r = stage_layer(sh, img.diff_ids.v[i], &staged, err);
	if (r == 0)
		r = stage_image(sh, &img, err);
	if (r == 0)
		r = publish(sh, &img, &staged, err);
	if (r < 0)
		return r;
	choose_names(&img, name, &names);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = refstore_set(&sh->to, names.v[i], img.id, err);
	json_array_append_new(out, json_str(img.id));
	return r;
}

/* ---- taking away ---- */

static int discard(struct share *sh, const char *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *from = xasprintf("%s/%s", dir, name);
	_cleanup_free_ char *to = xasprintf("tmp/old/%s-%s", dir, name);

	return renameat(sh->to.fd, from, sh->to.fd, to) < 0 && errno != ENOENT
		       ? err_set(err, errno, "remove %s", from)
		       : 0;
}

static int remove_image(struct share *sh, const char *name, json_t *out, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_close_ int taken = -EBADF;
	_cleanup_strv_ struct strv names = {0};
	int r = image_find(&sh->to, name, &img, err);

	if (r < 0)
		return r == -ERR_NO_OBJECT
			       ? err_hint(err, "it is not in the shared store %s", sh->to.path)
			       : r;
	choose_names(&img, name, &names);
	if (names.n == img.names.n) {
		taken = shared_take(&sh->to, img.id, err);
		if (taken < 0 && !(sh->force && taken == -EBUSY))
			return taken;
	}
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = refstore_del(&sh->to, names.v[i], err);
	if (r == 0 && names.n == img.names.n)
		r = discard(sh, "images", img.id, err);
	json_array_append_new(out, json_str(img.id));
	return r;
}

/* DiffIDs' digits of all images; one that cannot be read makes everything needed */
static int needed_layers(const struct share *sh, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = {0};
	int r = fs_list_at(sh->to.fd, "images", &ids, err);

	if (r < 0)
		return r;
	strv_foreach (i, id, &ids) {
		_cleanup_strv_ struct strv diff_ids = {0};
		_cleanup_json_ json_t *config = NULL;
		_cleanup_buf_ struct buf b = {.cap = JSON_RECORD_CAP};

		r = image_bytes(&sh->to, id, "config.json", &b, err);
		if (r == 0)
			r = json_parse(b.data, b.len, "image configuration", &config, err);
		if (r < 0)
			return err_wrap(err, "image %.12s is damaged", id);
		json_get_strv(json_object_get(config, "rootfs"), "diff_ids", &diff_ids);
		strv_foreach (k, diff_id, &diff_ids)
			if (ref_digest_ok(diff_id))
				strv_add(ret, diff_id + strlen("sha256:"));
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_sorted(const struct strv *v, const char *s)
{
	return v->n && bsearch(&s, v->v, v->n, sizeof(*v->v), compare);
}

/* also what its record needs; a file that is not understood is nobody's but ours, and damaged */
static int lost_objects(const struct share *sh, const char *hex, struct strv *ret, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("layers/%s/lost", hex);
	_cleanup_json_ json_t *j = NULL;
	const char *inode;
	json_t *value;
	int r = json_read_at(sh->to.fd, path, &j, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	json_object_foreach (j, inode, value) {
		const char *text = json_string_value(value);
		char name[OBJECT_NAME_MAX];
		uint64_t size;

		if (!text || !object_parse(text, strlen(text), name, &size))
			return err_say(err, EBADMSG, "%s is damaged", path);
		strv_add(ret, name);
	}
	return 0;
}

static int collect_layers(struct share *sh, struct strv *needed_objects, struct err *err)
{
	_cleanup_strv_ struct strv needed = {0}, layers = {0};
	int r = needed_layers(sh, &needed, err);

	if (r == 0)
		r = fs_list_at(sh->to.fd, "layers", &layers, err);
	if (r < 0)
		return r;
	strv_sort(&needed);
	strv_foreach (i, hex, &layers) {
		_cleanup_free_ char *path = xasprintf("layers/%s/tree", hex);
		_cleanup_close_ int fd = -EBADF;

		if (!has_sorted(&needed, hex)) {
			r = discard(sh, "layers", hex, err);
		} else {
			fd = openat(sh->to.fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			r = fd < 0 ? err_set(err, errno, "open %s", path)
				   : tree_objects(fd, needed_objects, err);
			if (r == 0)
				r = lost_objects(sh, hex, needed_objects, NULL);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* what no image needs any more, also what a killed run has left */
static int collect(struct share *sh, struct err *err)
{
	_cleanup_strv_ struct strv needed = {0}, objects = {0};
	int r = collect_layers(sh, &needed, err);

	if (r == 0)
		r = fs_list_at(sh->objects, ".", &objects, err);
	if (r < 0)
		return r;
	strv_sort(&needed);
	strv_foreach (i, name, &objects)
		if (!has_sorted(&needed, name) && unlinkat(sh->objects, name, 0) < 0 &&
			errno != ENOENT)
			return err_set(err, errno, "remove the object %s", name);
	return 0;
}

int share_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(share_done) struct share sh = {.w = w,
		.to.fd = -EBADF,
		.lock = -EBADF,
		.objects = -EBADF,
		.fresh = -EBADF,
		.force = json_get_bool(request, "force", false)};
	bool remove = json_get_bool(request, "remove", false);
	_cleanup_strv_ struct strv names = {0};
	_cleanup_json_ json_t *out = json_array();
	int r = share_open(&sh, json_get_str(request, "store", ""), err);

	if (r < 0)
		return r;
	confine_writes_in(w->store.fd, sh.to.fd);
	json_get_strv(request, "names", &names);
	strv_foreach (i, name, &names) {
		r = remove ? remove_image(&sh, name, out, err) : add_image(&sh, name, out, err);
		if (r < 0)
			break;
	}
	/* also behind one that could not be removed, for those before it are gone */
	if (remove) {
		int q = collect(&sh, r < 0 ? NULL : err);

		r = r < 0 ? r : q;
	}
	if (r < 0)
		return r;
	*ret = json_pack("{s:O,s:I,s:I,s:I}", "ids", out, "layers", (json_int_t)sh.layers,
		"objects", (json_int_t)sh.o.new, "bytes", (json_int_t)sh.o.bytes);
	return 0;
}
