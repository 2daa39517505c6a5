#include "storage/shown.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

char *shown_path(const char *runpath, const char *id)
{
	return xasprintf("%s/mounts/%.64s", runpath, id);
}

/* The list has paths with blanks and the like as \ooo: only what is behind the last slash is looked at, and that is an id. */
int shown_list(const char *runpath, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv lines = {0};
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, &text);

	if (r < 0)
		return err_set(err, -r, "read the list of mounts");
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_strv_ struct strv field = {0};
		_cleanup_free_ char *path = NULL;
		const char *slash;

		strv_split(&field, line, " ");
		slash = field.n > 4 ? strrchr(field.v[4], '/') : NULL;
		if (!slash || !str_is_hex(slash + 1, 64) || strv_has(ret, slash + 1))
			continue;
		path = shown_path(runpath, slash + 1);
		if (strchr(field.v[4], '\\') || str_eq(path, field.v[4]))
			strv_add(ret, slash + 1);
	}
	return 0;
}

/* an image of a shared store: one tree, whose contents may be there */
static int mount_shared(
	const struct store *s, const struct image *img, const char *path, struct err *err)
{
	_cleanup_free_ char *data = xasprintf("%s/objects", img->shared);
	_cleanup_close_ int fd = -EBADF;
	char tree[META_PATH_MAX];
	enum meta_kind kind = meta_find(s, img->id, img->shared, tree);

	if (kind == META_NONE)
		return err_say(err, ERR_NO_OBJECT, "its tree is missing from the store");
	fd = kind == META_PLAIN ? fs_opendir_at(s->fd, tree, err) : meta_mount(s, tree, data, err);
	if (fd < 0)
		return fd;
	if (kind == META_PLAIN)
		return driver_show_tree(fd, path, err);
	return move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0
		       ? err_set(err, errno, "mount overlay at %s", path)
		       : 0;
}

static int mount_image(struct store *s, const struct image *img, const char *path, struct err *err)
{
	struct rootfs root = {.store = s, .dirfd = -EBADF, .diff_ids = img->diff_ids};
	_cleanup_close_ int only = -EBADF;

	if (!img->diff_ids.n)
		return err_say(err, EINVAL, "image %.12s has no layers", img->id);
	if (img->shared)
		return mount_shared(s, img, path, err);
	if (driver_bottom(&root) + 1 < img->diff_ids.n)
		return s->driver->show(&root, path, err);
	only = driver_open_layer(&root, img->diff_ids.n - 1, err);
	return only < 0 ? only : driver_show_tree(only, path, err);
}

int shown_add(
	struct store *s, const char *runpath, const struct image *img, char **ret, struct err *err)
{
	_cleanup_free_ char *path = shown_path(runpath, img->id);
	_cleanup_strv_ struct strv mounted = {0};
	int r = shown_list(runpath, &mounted, err);

	if (r == 0 && !strv_has(&mounted, img->id)) {
		r = store_driver(s, true, err);
		if (r == 0)
			r = fs_mkdirs_at(AT_FDCWD, path, 0700, err);
		if (r == 0)
			r = mount_image(s, img, path, err);
		if (r < 0)
			rmdir(path);
	}
	if (r < 0)
		return r;
	*ret = take_ptr(path);
	return 0;
}

static int remove_mounts(const char *runpath, const char *id, int flags, struct err *err)
{
	_cleanup_free_ char *path = shown_path(runpath, id);
	int n = 0;

	/* vfs has two of them, one on the other */
	while (umount2(path, UMOUNT_NOFOLLOW | flags) == 0)
		n++;
	if (!n)
		return err_set(err, errno, "unmount image %.12s", id);
	rmdir(path);
	return 0;
}

int shown_remove(const char *runpath, const char *id, bool force, struct err *err)
{
	return remove_mounts(runpath, id, force ? MNT_DETACH : 0, err);
}

void shown_clear(const char *runpath)
{
	_cleanup_strv_ struct strv ids = {0};

	if (shown_list(runpath, &ids, NULL) == 0)
		strv_foreach (i, id, &ids)
			remove_mounts(runpath, id, MNT_DETACH, NULL);
}
