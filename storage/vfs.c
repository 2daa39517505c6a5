/*
 * vfs keeps a complete copy of the layers for each container: slow and large, but it works wherever a user
 * namespace does.  The copy is made as tree.tmp/ and renamed when it is complete; layers are applied from the lowest up.
 */
#include "storage/driver.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int driver_prepare(const struct rootfs *r, struct err *err)
{
	static const struct copy_opts plain = {0};
	_cleanup_close_ int tree = -EBADF;
	int q;

	if (faccessat(r->dirfd, "tree", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	q = fs_remove_tree_at(r->dirfd, "tree.tmp", err);
	if (q < 0)
		return q;
	if (mkdirat(r->dirfd, "tree.tmp", 0755) < 0)
		return err_set(err, errno, "create the container's tree");
	tree = fs_opendir_at(r->dirfd, "tree.tmp", err);
	if (tree < 0)
		return tree;
	for (size_t i = driver_bottom(r); q == 0 && i < r->diff_ids.n; i++) {
		_cleanup_close_ int layer = driver_open_layer(r, i, err), in = -EBADF;

		if (layer < 0)
			return layer;
		in = fs_opendir_at(layer, ".", err);
		/* one call each: inode numbers are of one layer, the same file may be replaced by a later one */
		q = in < 0 ? in : copy_tree(in, tree, &plain, err);
	}
	if (q == 0 && syncfs(tree) < 0)
		q = err_set(err, errno, "write the container's tree to disk");
	if (q == 0 && renameat(r->dirfd, "tree.tmp", r->dirfd, "tree") < 0)
		q = err_set(err, errno, "put the container's tree in place");
	if (q < 0) {
		fs_remove_tree_at(r->dirfd, "tree.tmp", NULL);
		return err_wrap(err, "copy the image for the container");
	}
	return 0;
}

static int driver_mount(const struct rootfs *r, struct err *err)
{
	return driver_clone_tree(r, "tree", err);
}

/* There is nothing but a copy, and nobody who would remove it: it is in memory, and ends with the mount. */
static int driver_show(const struct rootfs *r, const char *path, struct err *err)
{
	struct rootfs copy = *r;
	_cleanup_close_ int dir = -EBADF, tree = -EBADF;
	int q;

	if (mount("tmpfs", path, "tmpfs", MS_NODEV, "mode=0700") < 0)
		return err_set(err, errno, "mount a tmpfs at %s", path);
	dir = fs_opendir_at(AT_FDCWD, path, err);
	if (dir < 0)
		return dir;
	copy.dirfd = dir;
	q = driver_prepare(&copy, err);
	if (q == 0) {
		tree = fs_opendir_at(dir, "tree", err);
		q = tree < 0 ? tree : driver_show_tree(tree, path, err);
	}
	if (q < 0)
		umount2(path, MNT_DETACH);
	return q;
}

/* works wherever files can be made; the last resort is not refused for a whim */
static int driver_probe(const struct store *s, struct err *err)
{
	char tmp[64];
	_cleanup_close_ int held = store_tmp(s, tmp, err);

	if (held < 0)
		return held;
	return store_discard(s, "tmp", tmp + strlen("tmp/"), err);
}

const struct driver driver_vfs = {
	.name = "vfs",
	.whole = true,
	.probe = driver_probe,
	.prepare = driver_prepare,
	.mount = driver_mount,
	.show = driver_show,
};
