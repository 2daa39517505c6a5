#include "storage/transfer/publish.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "storage/image.h"
#include "storage/ref.h"
#include "storage/transfer/pin.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LAYER_PATH_MAX 96

static void layer_path(const char *diff_id, char ret[LAYER_PATH_MAX])
{
	snprintf(ret, LAYER_PATH_MAX, "layers/%.64s", diff_id + strlen("sha256:"));
}

static bool has(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* the tree of the layer in @dir, and a record that was written when the tree was complete */
static bool has_tree(int dir, json_t **ret_facts)
{
	return has(dir, "diff") && json_read_at(dir, "layer.json", ret_facts, NULL) == 0 &&
	       json_is_object(*ret_facts);
}

bool publish_is_whole(const struct store *s, const char *diff_id)
{
	_cleanup_json_ json_t *facts = NULL;
	_cleanup_close_ int dir = -EBADF;
	char path[LAYER_PATH_MAX];

	if (!ref_digest_ok(diff_id))
		return false;
	layer_path(diff_id, path);
	dir = fs_opendir_at(s->fd, path, NULL);
	return dir >= 0 && has_tree(dir, &facts) && json_get_int(facts, "tarSize", -1) >= 0 &&
	       (has(dir, "record") || has(dir, "blob"));
}

/*
 * All but the tree, from @from to @to.  The record names files by their paths, and what is in lost/ by its inode there: the two
 * belong together.  layer.json comes last, for without its tarSize the layer is incomplete still.
 */
static int complete(const struct store *s, const char *from, const char *to, struct err *err)
{
	static const char *const parts[] = {"lost", "record", "blob", "opaque", "layer.json"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_free_ char *a = xasprintf("%s/%s", from, parts[i]);
		_cleanup_free_ char *b = xasprintf("%s/%s", to, parts[i]);
		int r = i + 1 < ARRAY_SIZE(parts) ? store_discard(s, to, parts[i], err) : 0;

		if (r < 0)
			return r;
		if (renameat(s->fd, a, s->fd, b) < 0 && errno != ENOENT)
			return err_set(err, errno, "complete %s/%s", s->path, to);
	}
	return 0;
}

/* with the exclusive lock held: nobody else puts something there, or takes it away */
static int replace(const struct store *s, const char *dir, const char *diff_id, struct err *err)
{
	_cleanup_json_ json_t *facts = NULL;
	_cleanup_close_ int there = -EBADF;
	char to[LAYER_PATH_MAX];
	int r = 0;

	if (publish_is_whole(s, diff_id))
		return 0;
	layer_path(diff_id, to);
	there = fs_opendir_at(s->fd, to, NULL);
	/* what a container is made of is never removed, so its tree is complete whatever else is missing */
	if (there >= 0 && has(there, "diff") &&
		(has_tree(there, &facts) || image_layer_in_use(s, diff_id)))
		return complete(s, dir, to, err);
	r = store_discard(s, "layers", to + strlen("layers/"), err);
	if (r == 0 && renameat2(s->fd, dir, s->fd, to, RENAME_NOREPLACE) < 0)
		r = err_set(err, errno, "add the layer %.19s", diff_id);
	return r;
}

int publish_layer(const struct store *s, const char *dir, const char *diff_id, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err);
	char to[LAYER_PATH_MAX];
	int r;

	if (lock < 0)
		return lock;
	r = pin_layer(s, diff_id, err);
	if (r < 0)
		return r;
	layer_path(diff_id, to);
	if (renameat2(s->fd, dir, s->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return err_set(err, errno, "add the layer %.19s", diff_id);
	if (publish_is_whole(s, diff_id))
		return 0;
	fd_close(take_fd(lock));
	lock = store_lock(s, LOCK_EXCLUSIVE, err);
	return lock < 0 ? lock : replace(s, dir, diff_id, err);
}
