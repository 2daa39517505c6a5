#include "storage/meta.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
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
	char dir[META_PATH_MAX];

	meta_path(id, shared, dir);
	return meta_find_at(s, dir, ret);
}

enum meta_kind meta_find_at(const struct store *s, const char *dir, char ret[META_PATH_MAX])
{
	char path[META_PATH_MAX + 8];

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

static int set_option(int fs, const char *key, const char *value, struct err *err)
{
	return fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0) < 0
		       ? err_set(err, errno, "mount overlay: %s", key)
		       : 0;
}

int meta_mount(const struct store *s, const char *tree, const char *data, struct err *err)
{
	_cleanup_free_ char *names = path_join(s->path, tree);
	_cleanup_close_ int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	int r = fs < 0 ? err_set(err, errno, "open the overlay file system") : 0, fd;

	if (r == 0)
		r = set_option(fs, "userxattr", NULL, err);
	if (r == 0)
		r = set_option(fs, "lowerdir+", names, err);
	if (r == 0)
		r = set_option(fs, "datadir+", data, err);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_set(err, errno, "mount overlay");
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
	return fd < 0 ? err_set(err, errno, "mount overlay") : fd;
}
