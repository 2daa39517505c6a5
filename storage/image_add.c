#include "storage/image_add.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/image_names.h"
#include "storage/ref.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
		image_names_keep(s, to, from);
		if (renameat2(s->fd, from, s->fd, to, RENAME_EXCHANGE) == 0)
			return 0;
	}
	return err_set(err, errno, "add image %.12s", id);
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
		r = image_names_set(s, names, id, err);
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
