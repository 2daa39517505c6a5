#include "storage/shown.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const prefixes[] = {[SHOWN_IMAGE] = "", [SHOWN_CONTAINER] = "c-"};

char *shown_path(const char *runpath, enum shown_kind kind, const char *id)
{
	return xasprintf("%s/mounts/%s%.64s", runpath, prefixes[kind], id);
}

/* The list has paths with blanks and the like as \ooo: only what is behind the last slash is looked at, and that is an id. */
static int list_of(
	const char *mountinfo, const char *runpath, enum shown_kind kind, struct strv *ret)
{
	_cleanup_strv_ struct strv lines = {0};
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = open(mountinfo, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, &text);

	if (r < 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		_cleanup_strv_ struct strv field = {0};
		_cleanup_free_ char *path = NULL;
		const char *slash, *id;

		strv_split(&field, line, " ");
		slash = field.n > 4 ? strrchr(field.v[4], '/') : NULL;
		id = slash ? str_after(slash + 1, prefixes[kind]) : NULL;
		if (!id || !str_is_hex(id, 64) || strv_has(ret, id))
			continue;
		path = shown_path(runpath, kind, id);
		if (strchr(field.v[4], '\\') || str_eq(path, field.v[4]))
			strv_add(ret, id);
	}
	return 0;
}

int shown_list(const char *runpath, enum shown_kind kind, struct strv *ret, struct err *err)
{
	int r = list_of("/proc/self/mountinfo", runpath, kind, ret);

	return r < 0 ? err_set(err, -r, "read the list of mounts") : 0;
}

/* Return: whether it was not there yet */
static bool is_new(ino_t **seen, size_t *n, ino_t ino)
{
	for (size_t i = 0; i < *n; i++)
		if ((*seen)[i] == ino)
			return false;
	*seen = xreallocarray(*seen, *n + 1, sizeof(**seen));
	(*seen)[(*n)++] = ino;
	return true;
}

pid_t shown_where(const char *runpath, const char *id)
{
	_cleanup_free_ ino_t *seen = NULL;
	DIR *dir = opendir("/proc");
	struct dirent *de;
	pid_t found = 0;
	size_t n = 0;

	while (dir && !found && (de = readdir(dir))) {
		_cleanup_strv_ struct strv ids = {0};
		char path[64];
		struct stat st;
		uint64_t pid;

		if (parse_u64_max(de->d_name, INT32_MAX, &pid) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
		if (stat(path, &st) < 0 || !is_new(&seen, &n, st.st_ino))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
		if (list_of(path, runpath, SHOWN_CONTAINER, &ids) == 0 && strv_has(&ids, id))
			found = (pid_t)pid;
	}
	if (dir)
		closedir(dir);
	return found;
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
	_cleanup_free_ char *path = shown_path(runpath, SHOWN_IMAGE, img->id);
	_cleanup_strv_ struct strv mounted = {0};
	int r = shown_list(runpath, SHOWN_IMAGE, &mounted, err);

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

int shown_attach(const char *runpath, const char *id, int fd, char **ret, struct err *err)
{
	_cleanup_free_ char *path = shown_path(runpath, SHOWN_CONTAINER, id);
	int r = fs_mkdirs_at(AT_FDCWD, path, 0700, err);

	if (r < 0)
		return r;
	if (move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		r = err_set(err, errno, "mount at %s", path);
		rmdir(path);
		return r;
	}
	*ret = take_ptr(path);
	return 0;
}

static int remove_mounts(
	const char *runpath, enum shown_kind kind, const char *id, int flags, struct err *err)
{
	_cleanup_free_ char *path = shown_path(runpath, kind, id);
	int n = 0;

	/* vfs has two of them, one on the other */
	while (umount2(path, UMOUNT_NOFOLLOW | flags) == 0)
		n++;
	if (!n)
		return err_set(err, errno, "unmount %s %.12s",
			kind == SHOWN_IMAGE ? "image" : "container", id);
	rmdir(path);
	return 0;
}

int shown_remove(
	const char *runpath, enum shown_kind kind, const char *id, bool force, struct err *err)
{
	return remove_mounts(runpath, kind, id, force ? MNT_DETACH : 0, err);
}

void shown_clear(const char *runpath)
{
	for (enum shown_kind kind = SHOWN_IMAGE; kind <= SHOWN_CONTAINER; kind++) {
		_cleanup_strv_ struct strv ids = {0};

		if (shown_list(runpath, kind, &ids, NULL) < 0)
			continue;
		strv_foreach (i, id, &ids)
			remove_mounts(runpath, kind, id, MNT_DETACH, NULL);
	}
}
