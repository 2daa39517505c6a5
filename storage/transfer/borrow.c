/*
 * borrow: make the tree of a shared image in the user's own store
 *
 * The shared store is somebody else's.  Its layers are applied like any archive, one after the other into one tree; contents
 * are left where they are (storage/meta.h), or copied where the kernel or the driver can only use whole trees.
 */
#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/driver.h"
#include "storage/ref.h"
#include "storage/shared.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/tree.h"
#include "storage/transfer/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct borrow {
	struct worker *w;
	struct store from;
	struct strv diff_ids;
	int objects; /* to copy contents from; -EBADF to leave them there */
	struct layer_facts facts;
};

static void borrow_done(struct borrow *b)
{
	fd_close(b->objects);
	store_done(&b->from);
	strv_done(&b->diff_ids);
}

static int apply_layer(struct borrow *b, const char *diff_id, int root, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *path = NULL;
	struct layer_facts facts = {0};
	struct stat st;
	int r;

	if (!ref_digest_ok(diff_id))
		return err_say(err, EBADMSG, "bad DiffID %.100s", diff_id);
	path = xasprintf("layers/%s/tree", diff_id + strlen("sha256:"));
	fd = path_open_in_root(
		b->from.fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_say(err, EBADMSG, "%s is not a file", path);
	r = tree_apply(fd, root, b->objects, ingest_is_single_id(), &facts, err);
	b->facts.size += facts.size;
	b->facts.entries += facts.entries;
	if (r == 0 && b->facts.entries > LAYER_ENTRIES_MAX)
		r = err_say(err, EBADMSG, "the image has too many files");
	return r < 0 ? err_wrap(err, "layer %.19s", diff_id) : 0;
}

/* below @dir, which nobody sees yet */
static int make_tree(struct borrow *b, int dir, struct err *err)
{
	const char *name = b->objects < 0 ? META_NAMES : "diff";
	_cleanup_close_ int root = -EBADF;
	_cleanup_json_ json_t *j = NULL;
	int r;

	if (mkdirat(dir, name, 0755) < 0 || fchmodat(dir, name, 0755, 0) < 0)
		return err_set(err, errno, "create the directory of a tree");
	root = fs_opendir_at(dir, name, err);
	r = root < 0 ? root : 0;
	for (size_t i = 0; r == 0 && i < b->diff_ids.n; i++)
		r = apply_layer(b, b->diff_ids.v[i], root, err);
	if (r == 0 && b->objects < 0)
		r = driver_skeleton(root, err);
	if (r < 0)
		return r;
	j = json_pack("{s:i,s:s,s:I,s:I}", "version", 1, "store", b->from.path, "size",
		(json_int_t)b->facts.size, "entries", (json_int_t)b->facts.entries);
	if (b->objects < 0) {
		_cleanup_free_ char *data = xasprintf("%s/objects", b->from.path);

		json_set_str(j, "data", data);
	}
	r = json_write_at(dir, "layer.json", j, FS_FRESH, err);
	if (r == 0 && syncfs(dir) < 0)
		r = err_set(err, errno, "write the image to disk");
	return r;
}

static int make_image(struct borrow *b, const char *id, struct err *err)
{
	_cleanup_free_ char *path = NULL, *pin = xasprintf("sha256:%.64s", id);
	_cleanup_close_ int lock = store_lock(&b->w->store, LOCK_SHARED, err), dir = -EBADF;
	char to[META_PATH_MAX];
	const char *tmp = NULL;
	int r = lock < 0 ? lock : pin_layer(&b->w->store, pin, err);

	lock = fd_close(lock);
	if (r == 0)
		r = pin_dir(&b->w->store, &tmp, err);
	if (r < 0)
		return r;
	path = xasprintf("%s/image", tmp);
	if (mkdirat(b->w->store.fd, path, 0700) < 0)
		return err_set(err, errno, "create %s", path);
	dir = fs_opendir_at(b->w->store.fd, path, err);
	r = dir < 0 ? dir : make_tree(b, dir, err);
	meta_path(id, b->from.path, to);
	return r < 0 ? r : meta_publish(&b->w->store, path, to, err);
}

int borrow_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(borrow_done) struct borrow b = {.w = w, .from.fd = -EBADF, .objects = -EBADF};
	const char *id = json_get_str(request, "id", "");
	_cleanup_close_ int held = -EBADF;
	int r = shared_open(json_get_str(request, "store", ""), &b.from, err);

	if (r < 0)
		return r;
	if (!str_is_hex(id, 64))
		return err_say(err, EINVAL, "bad image id");
	json_get_strv(request, "diffIds", &b.diff_ids);
	/* its owner does not remove it meanwhile, or not without our noticing */
	held = shared_hold(b.from.path, id, err);
	if (held < 0)
		return held;
	/* mounts something, which is over once writes are confined */
	if (meta_data_only(&w->store, true) <= 0) {
		b.objects = path_open_in_root(b.from.fd, "objects", O_RDONLY | O_DIRECTORY, 0, err);
		if (b.objects < 0)
			return b.objects;
	}
	confine_writes(w->store.fd);
	r = make_image(&b, id, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:b}", "copied", b.objects >= 0);
	return 0;
}
