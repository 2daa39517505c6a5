#include "runtime/mount_secret.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "storage/secret.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME    "value"
#define MODE_DEFAULT 0444

int mount_secret_open(struct mount_op *op, const char *path, struct err *err)
{
	op->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return op->fd < 0 ? err_set(err, errno, "open the secret for %s", op->target) : 0;
}

static int write_value(const struct mount_op *op, int dir, struct err *err)
{
	_cleanup_buf_ struct buf value = {.cap = SECRET_MAX};
	_cleanup_close_ int fd =
		openat(dir, FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const char *uid = strv_find_key(&op->data, "uid"), *gid = strv_find_key(&op->data, "gid"),
		   *mode = strv_find_key(&op->data, "mode");
	uint64_t u = 0, g = 0;
	unsigned m = MODE_DEFAULT;
	int r;

	if ((uid && parse_u64_max(uid, UINT32_MAX - 1, &u) < 0) ||
		(gid && parse_u64_max(gid, UINT32_MAX - 1, &g) < 0) ||
		(mode && parse_octal(mode, &m) < 0))
		return err_say(err, EINVAL, "bad owner or mode of the secret");
	r = fd < 0 ? -errno : fd_read_all(op->fd, &value);
	if (r == 0)
		r = fd_write_full(fd, value.data, value.len);
	if (value.data)
		explicit_bzero(value.data, value.len);
	if (r < 0)
		return err_set(err, -r, "copy the secret");
	if ((u || g) && fchown(fd, (uid_t)u, (gid_t)g) < 0) {
		err_set(err, errno, "give the secret to %ju:%ju", (uintmax_t)u, (uintmax_t)g);
		return errno == EINVAL
			       ? err_hint(err, "the container's user namespace maps fewer ids")
			       : -err->code;
	}
	return fchmod(fd, m & 0777) < 0 ? err_set(err, errno, "set the mode of the secret") : 0;
}

/* A mount that is not attached cannot be cloned from by older kernels, so it is attached for this moment. */
static int clone_file(int fs, int root, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	int r = mounts_attach(fs, root, "the root", err), fd;

	if (r < 0)
		return r;
	fd = open_tree(fs, FILE_NAME, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = fd < 0 ? err_set(err, errno, "clone the secret's mount") : 0;
	if (umount2(path_of_fd(fs, self), MNT_DETACH) < 0) {
		fd_close(fd);
		return err_set(err, errno, "take the secret's file system off the root");
	}
	return r < 0 ? r : fd;
}

int mount_secret_make(const struct mount_op *op, int root, struct err *err)
{
	static char mode[] = "mode=700", size[] = "size=1m";
	char *options[] = {mode, size, NULL};
	const struct strv data = {.v = options, .n = 2};
	_cleanup_close_ int fs = mounts_new_fs("tmpfs", "secret", &data, 0, err);
	int r = fs;

	if (r >= 0)
		r = write_value(op, fs, err);
	if (r >= 0)
		r = clone_file(fs, root, err);
	return r < 0 ? err_wrap(err, "secret %s", op->target) : r;
}
