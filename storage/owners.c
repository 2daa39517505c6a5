#include "storage/owners.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "storage/copy.h"
#include "storage/driver.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define IMAGE "image" /* in tmp/…: the tree, before it has its name */

struct job {
	const struct store *s;
	const struct owners_image *img;
	const struct idmaps *maps;
	char tree[META_PATH_MAX]; /* of a shared image */
	bool copied;		  /* there are no data-only layers, or nothing is in them */
	int links;		  /* meta/ID-data, or -EBADF where paths are as good */
};

static void job_done(struct job *j)
{
	fd_close(j->links);
}

static void key_path(
	const struct owners_image *img, const struct idmaps *maps, char ret[META_PATH_MAX])
{
	_cleanup_free_ char *uids = idmap_format(&maps->uid), *gids = idmap_format(&maps->gid);
	_cleanup_free_ char *source =
		xasprintf("uid %s gid %s %s", uids, gids, img->shared ? img->shared : "");

	meta_path(img->id, source, ret);
}

static void links_path(const char *id, char ret[META_PATH_MAX])
{
	snprintf(ret, META_PATH_MAX, "meta/%.64s-data", id);
}

static bool exists(const struct store *s, const char *path)
{
	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void data_path(const struct store *s, const struct owners_image *img, char ret[PATH_MAX])
{
	char links[META_PATH_MAX];

	links_path(img->id, links);
	if (img->shared)
		snprintf(ret, PATH_MAX, "%s/objects", img->shared);
	else
		snprintf(ret, PATH_MAX, "%s", exists(s, links) ? links : "layers");
}

bool owners_find(const struct store *s, const struct owners_image *img, const struct idmaps *maps,
	struct owners *ret)
{
	struct owners o = {0};
	char path[META_PATH_MAX];
	enum meta_kind kind;

	key_path(img, maps, path);
	kind = meta_find_at(s, path, o.tree);
	/* names alone are of no use to a driver that can only stack whole trees */
	if (kind == META_NONE || (kind == META_ONLY && meta_data_only(s, false) != 1))
		return false;
	if (kind == META_ONLY)
		data_path(s, img, o.data);
	*ret = o;
	return true;
}

/* in inodes of this file system a long reference does not fit */
static bool wants_links(int dir)
{
	struct statfs st;

	return fstatfs(dir, &st) == 0 && st.f_type == EXT4_SUPER_MAGIC;
}

static int open_links(struct job *j, struct err *err)
{
	char path[META_PATH_MAX];

	if (j->img->shared || !wants_links(j->s->fd))
		return 0;
	links_path(j->img->id, path);
	if ((mkdirat(j->s->fd, "meta", 0700) < 0 && errno != EEXIST) ||
		(mkdirat(j->s->fd, path, 0700) < 0 && errno != EEXIST))
		return err_set(err, errno, "create %s/%s", j->s->path, path);
	j->links = fs_opendir_at(j->s->fd, path, err);
	return j->links < 0 ? j->links : 0;
}

static int add_layer(const struct job *j, const char *diff_id, int root, struct err *err)
{
	const char *hex = str_after(diff_id, "sha256:");
	_cleanup_free_ char *from = xasprintf("layers/%s/diff", hex ? hex : "");
	_cleanup_free_ char *data = xasprintf("/%s/diff", hex ? hex : "");
	const struct copy_opts o = {.owners = j->maps,
		.data = data,
		.links = j->links,
		.content = j->copied	   ? COPY_WHOLE
			   : j->links >= 0 ? COPY_LINKS
					   : COPY_PATHS};
	_cleanup_close_ int in = fs_opendir_at(j->s->fd, from, err);

	return in < 0 ? in : copy_tree(in, root, &o, err);
}

static int add_layers(const struct job *j, int root, struct err *err)
{
	const struct rootfs all = {.store = j->s, .dirfd = -EBADF, .diff_ids = *j->img->diff_ids};
	int r = 0;

	for (size_t i = driver_bottom(&all); r == 0 && i < all.diff_ids.n; i++)
		r = add_layer(j, all.diff_ids.v[i], root, err);
	return r == 0 && !j->copied ? driver_skeleton(root, err) : r;
}

/* there is one tree for all layers already, with or without contents */
static int add_shared(const struct job *j, const char *tree, int root, struct err *err)
{
	const struct copy_opts o = {
		.owners = j->maps, .content = j->copied ? COPY_WHOLE : COPY_REFERENCES};
	_cleanup_close_ int in = fs_opendir_at(j->s->fd, tree, err);

	return in < 0 ? in : copy_tree(in, root, &o, err);
}

static int write_record(const struct job *j, int dir, struct err *err)
{
	_cleanup_json_ json_t *record = json_pack("{s:i}", "version", 1);
	char data[PATH_MAX];

	if (!j->copied) {
		data_path(j->s, j->img, data);
		json_set_str(record, "data", data);
	}
	return json_write_at(dir, "layer.json", record, FS_FRESH, err);
}

/* below @dir, which nobody sees yet */
static int make_tree(struct job *j, int dir, struct err *err)
{
	const char *name = j->copied ? "diff" : META_NAMES;
	_cleanup_close_ int root = -EBADF;
	int r = j->copied ? 0 : open_links(j, err);

	if (r < 0)
		return r;
	if (mkdirat(dir, name, 0700) < 0)
		return err_set(err, errno, "create a directory");
	root = fs_opendir_at(dir, name, err);
	r = root < 0 ? root : 0;
	if (r == 0)
		r = j->img->shared ? add_shared(j, j->tree, root, err) : add_layers(j, root, err);
	if (r == 0)
		r = write_record(j, dir, err);
	if (r == 0 && syncfs(dir) < 0)
		r = err_set(err, errno, "write the image to disk");
	return r;
}

/* Until it is done, image and layers are not collected: "pins" of a held entry of tmp/, which gc.c reads. */
static int pin(const struct job *j, const char *tmp, struct err *err)
{
	_cleanup_close_ int lock = store_lock(j->s, LOCK_SHARED, err);
	_cleanup_free_ char *path = xasprintf("%s/pins", tmp);
	_cleanup_buf_ struct buf b = {0};
	int r;

	if (lock < 0)
		return lock;
	buf_addf(&b, "sha256:%.64s\n", j->img->id);
	strv_foreach (i, diff_id, j->img->diff_ids)
		buf_addf(&b, "%s\n", diff_id);
	r = fs_write_at(j->s->fd, path, b.data, b.len, 0600, FS_FRESH, err);
	for (size_t i = 0; r == 0 && !j->img->shared && i < j->img->diff_ids->n; i++) {
		const char *hex = str_after(j->img->diff_ids->v[i], "sha256:");
		_cleanup_free_ char *layer = xasprintf("layers/%s/layer.json", hex ? hex : "");

		if (exists(j->s, layer))
			continue;
		r = err_say(err, ERR_NO_OBJECT, "layer %.19s is missing from the store",
			j->img->diff_ids->v[i]);
		err_hint(err, "pull or load the image again");
	}
	return r;
}

static int make(struct job *j, const char *tmp, const char *to, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("%s/" IMAGE, tmp);
	_cleanup_close_ int dir = -EBADF;
	int r = pin(j, tmp, err);

	if (r < 0)
		return r;
	if (mkdirat(j->s->fd, path, 0700) < 0)
		return err_set(err, errno, "create %s", path);
	dir = fs_opendir_at(j->s->fd, path, err);
	r = dir < 0 ? dir : make_tree(j, dir, err);
	return r < 0 ? r : meta_publish(j->s, path, to, err);
}

/* what there is to make it of, and which kind it will be */
static int look(struct job *j, struct err *err)
{
	enum meta_kind kind = META_NONE;
	int only = meta_data_only(j->s, true);

	if (j->img->shared) {
		kind = meta_find(j->s, j->img->id, j->img->shared, j->tree);
		if (kind == META_NONE || (kind == META_ONLY && only != 1)) {
			err_say(err, ERR_NO_OBJECT, "its tree is missing from the store");
			return err_hint(err, "make the container again of its image");
		}
	}
	j->copied = only != 1 || kind == META_PLAIN;
	return 0;
}

int owners_tree(const struct store *s, const struct owners_image *img, const struct idmaps *maps,
	struct owners *ret, struct err *err)
{
	_cleanup_(job_done) struct job j = {.s = s, .img = img, .maps = maps, .links = -EBADF};
	_cleanup_close_ int held = -EBADF;
	char tmp[64], trash[64], path[META_PATH_MAX];
	int r;

	if (owners_find(s, img, maps, ret))
		return 0;
	r = look(&j, err);
	if (r == 0)
		r = held = store_tmp(s, tmp, err);
	if (r >= 0) {
		key_path(img, maps, path);
		r = make(&j, tmp, path, err);
		if (store_discard_as(s, "tmp", tmp + strlen("tmp/"), trash, NULL) == 0 && trash[0])
			fs_remove_tree_at(s->fd, trash, NULL);
	}
	if (r == 0 && !owners_find(s, img, maps, ret))
		r = err_say(err, ERR_NO_OBJECT, "it was removed meanwhile");
	return r < 0 ? err_wrap(err, "give image %.12s other owners", img->id) : 0;
}
