#include "storage/meta.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/copy.h"
#include "storage/driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD "data-only"

/* FNV-1a: tells the few sources apart that a user has, none of which a stranger chooses */
static uint64_t key_of(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3ULL;
	return h;
}

void meta_path(const char *id, const char *source, char ret[META_PATH_MAX])
{
	snprintf(ret, META_PATH_MAX, "meta/%.64s-%016llx", id, (unsigned long long)key_of(source));
}

static bool exists(const struct store *s, const char *path)
{
	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum meta_kind meta_find(
	const struct store *s, const char *id, const char *shared, char ret[META_PATH_MAX])
{
	char dir[META_PATH_MAX], path[META_PATH_MAX + 8];

	meta_path(id, shared, dir);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%.110s/%s", dir, i ? META_NAMES : "diff");
		if (!exists(s, path))
			continue;
		memcpy(ret, path, META_PATH_MAX);
		return i ? META_ONLY : META_PLAIN;
	}
	return META_NONE;
}

int meta_data_only(const struct store *s, bool probe)
{
	_cleanup_buf_ struct buf b = {.cap = 64};
	struct err why = {0};
	bool yes;

	/* the driver may be another one by now */
	if (s->driver && !s->driver->probe_data)
		return 0;
	if (fs_read_at(s->fd, RECORD, &b, NULL) == 0)
		return str_after(buf_str(&b), "yes") != NULL;
	if (!s->driver || !probe)
		return -ENODATA;
	yes = s->driver->probe_data(s, &why) == 0;
	fs_write_at(s->fd, RECORD, yes ? "yes\n" : "no\n", yes ? 4 : 3, 0600, FS_SYNC, NULL);
	return yes;
}

static int make_shifted(const struct store *s, const struct strv *diff_ids,
	const struct idmaps *maps, int tmp, struct err *err)
{
	_cleanup_close_ int out = -EBADF;
	int r;

	if (mkdirat(tmp, META_NAMES, 0700) < 0)
		return err_set(err, errno, "create a directory");
	out = fs_opendir_at(tmp, META_NAMES, err);
	r = out < 0 ? out : 0;
	for (size_t i = 0; r == 0 && i < diff_ids->n; i++) {
		const char *hex = str_after(diff_ids->v[i], "sha256:");
		_cleanup_free_ char *from = xasprintf("layers/%s/diff", hex ? hex : "");
		_cleanup_free_ char *data = xasprintf("/%s/diff", hex ? hex : "");
		const struct copy_opts o = {.data = data, .owners = maps};
		_cleanup_close_ int in = fs_opendir_at(s->fd, from, err);

		r = in < 0 ? in : copy_tree(in, out, &o, err);
	}
	if (r == 0)
		r = driver_skeleton(out, err);
	if (r == 0)
		r = fs_write_at(tmp, "layer.json", "{\"version\":1}", 13, 0600, FS_FRESH, err);
	if (r == 0 && syncfs(tmp) < 0)
		r = err_set(err, errno, "write the image to disk");
	return r;
}

static bool is_only(const struct store *s, const char *dir)
{
	_cleanup_free_ char *path = xasprintf("%s/" META_NAMES, dir);

	return exists(s, path);
}

int meta_publish(const struct store *s, const char *from, const char *to, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err);

	if (lock < 0)
		return lock;
	if (mkdirat(s->fd, "meta", 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create %s/meta", s->path);
	if (renameat2(s->fd, from, s->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(err, errno, "add %s", to);
	/* somebody else was faster, and it may be in use by now */
	if (is_only(s, from) == is_only(s, to))
		return 0;
	/* one of the other kind, made for another driver, gives way */
	return renameat2(s->fd, from, s->fd, to, RENAME_EXCHANGE) < 0
		       ? err_set(err, errno, "replace %s", to)
		       : 0;
}

int meta_shift(const struct store *s, const char *id, const struct strv *diff_ids,
	const struct idmaps *maps, char ret[META_PATH_MAX], struct err *err)
{
	_cleanup_free_ char *uids = idmap_format(&maps->uid), *gids = idmap_format(&maps->gid);
	_cleanup_free_ char *source = xasprintf("uid %s gid %s", uids, gids), *dir = NULL;
	_cleanup_close_ int held = -EBADF, fd = -EBADF;
	char tmp[64], path[META_PATH_MAX];
	int r;

	meta_path(id, source, path);
	if (exists(s, path)) {
		memcpy(ret, path, META_PATH_MAX);
		return 0;
	}
	held = store_tmp(s, tmp, err);
	if (held < 0)
		return held;
	dir = xasprintf("%s/image", tmp);
	r = mkdirat(s->fd, dir, 0700) < 0 ? err_set(err, errno, "create %s", dir) : 0;
	if (r == 0) {
		fd = fs_opendir_at(s->fd, dir, err);
		r = fd < 0 ? fd : make_shifted(s, diff_ids, maps, fd, err);
	}
	if (r == 0)
		r = meta_publish(s, dir, path, err);
	store_discard(s, "tmp", tmp + strlen("tmp/"), NULL);
	if (r < 0)
		return err_wrap(err, "give image %.12s other owners", id);
	memcpy(ret, path, META_PATH_MAX);
	return 0;
}
