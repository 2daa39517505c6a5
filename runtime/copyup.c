#include "runtime/copyup.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "storage/copy.h"
#include "storage/volume.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool copyup_wanted(int home)
{
	return faccessat(home, VOLUME_FRESH, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int is_empty(int dir, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool empty = true;

	if (!d) {
		int r = err_set(err, errno, "read the volume's directory");

		fd_close(fd);
		return r;
	}
	while (empty && (e = readdir(d)))
		empty = str_eq(e->d_name, ".") || str_eq(e->d_name, "..");
	closedir(d);
	return empty;
}

static int make_copy(const struct copyup *c, struct err *err)
{
	_cleanup_close_ int to = -EBADF;
	int r = fs_remove_tree_at(c->home, VOLUME_NEW, err);

	if (r < 0)
		return r;
	if (mkdirat(c->home, VOLUME_NEW, 0700) < 0)
		return err_set(err, errno, "create a directory beside the volume's");
	to = fs_opendir_at(c->home, VOLUME_NEW, err);
	r = to < 0 ? to : copy_tree(c->from, to, &(struct copy_opts){.strangers = true}, err);
	if (r == 0 && renameat(c->home, VOLUME_NEW, c->home, VOLUME_READY) < 0)
		r = err_set(err, errno, "finish the copy");
	if (r < 0)
		fs_remove_tree_at(c->home, VOLUME_NEW, NULL);
	return r;
}

/* What is there already stays: it was moved before, or somebody made it meanwhile. */
static int move_all(int ready, int data, struct err *err)
{
	int fd = openat(ready, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		r = err_set(err, errno, "read the copy");
		fd_close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (renameat2(ready, e->d_name, data, e->d_name, RENAME_NOREPLACE) < 0 &&
			errno != EEXIST)
			r = err_set(err, errno, "move %s into the volume", e->d_name);
	}
	closedir(d);
	return r;
}

static int move_copy(const struct copyup *c, struct stat *ret, struct err *err)
{
	/* by its name: what comes from another mount, such as @data, cannot be moved to */
	_cleanup_close_ int ready = fs_opendir_at(c->home, VOLUME_READY, err);
	_cleanup_close_ int data = ready < 0 ? ready : fs_opendir_at(c->home, VOLUME_DATA, err);

	if (data < 0)
		return data;
	if (fstat(ready, ret) < 0)
		return err_set(err, errno, "stat the copy");
	return move_all(ready, data, err);
}

/* a volume that was made with an owner keeps it */
static int describe(const struct copyup *c, const struct stat *st, struct err *err)
{
	_cleanup_close_ int data = fs_opendir_at(c->home, VOLUME_DATA, err);
	struct stat fresh;

	if (data < 0)
		return data;
	if (fstatat(c->home, VOLUME_FRESH, &fresh, AT_SYMLINK_NOFOLLOW) == 0 && fresh.st_size > 0)
		return 0;
	if (fchown(data, st->st_uid, st->st_gid) < 0)
		return err_set(err, errno, "set the volume's owner");
	return fchmod(data, st->st_mode & 07777) < 0 ? err_set(err, errno, "set the volume's mode")
						     : 0;
}

static int fill(const struct copyup *c, struct err *err)
{
	struct stat st = {.st_uid = c->uid, .st_gid = c->gid, .st_mode = 0755}, made;
	bool ready = fstatat(c->home, VOLUME_READY, &made, AT_SYMLINK_NOFOLLOW) == 0;
	int r = ready ? 1 : is_empty(c->data, err);

	/* somebody has used it without a copy */
	if (r <= 0)
		return r;
	r = 0;
	if (c->from >= 0 || ready) {
		r = ready ? 0 : make_copy(c, err);
		if (r == 0)
			r = move_copy(c, &st, err);
	}
	return r < 0 ? r : describe(c, &st, err);
}

int copyup(const struct copyup *c, struct err *err)
{
	int r = flock(c->home, LOCK_EX) < 0 ? err_set(err, errno, "lock the volume") : 0;

	if (r == 0 && copyup_wanted(c->home)) {
		r = fill(c, err);
		if (r == 0 && unlinkat(c->home, VOLUME_FRESH, 0) < 0)
			r = err_set(err, errno, "mark the volume as used");
		if (r == 0)
			fs_remove_tree_at(c->home, VOLUME_READY, NULL);
	}
	flock(c->home, LOCK_UN);
	return r;
}
