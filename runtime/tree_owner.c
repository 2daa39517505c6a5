#include "runtime/tree_owner.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 400

/**
 * struct owner - what the files become
 * @label: instead of an owner
 * @dev:   the file system that is walked
 */
struct owner {
	uid_t uid;
	gid_t gid;
	const char *label;
	dev_t dev;
	unsigned depth;
};

static int set_label(const struct owner *o, int dir, const char *name, struct err *err)
{
	char base[PATH_OF_FD_MAX];
	_cleanup_free_ char *path = xasprintf("%s/%s", path_of_fd(dir, base), name);

	if (lsetxattr(path, "security.selinux", o->label, strlen(o->label) + 1, 0) == 0 ||
		errno == ENOTSUP || errno == ENOENT)
		return 0;
	err_set(err, errno, "label %s", name);
	return err_hint(err, "leave z and Z out, and label it with chcon");
}

/* @name: "" for what @dir itself is */
static int set(
	const struct owner *o, int dir, const char *name, const struct stat *st, struct err *err)
{
	if (o->label)
		return set_label(o, dir, *name ? name : ".", err);
	if (st->st_uid == o->uid && st->st_gid == o->gid)
		return 0;
	if (fchownat(dir, name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 ||
		errno == ENOENT)
		return 0;
	err_set(err, errno, "give %s to %u:%u", *name ? name : "it", o->uid, o->gid);
	if (errno == EPERM || errno == EINVAL)
		return err_hint(err, "it belongs to somebody whom the container does not know, or "
				     "the id is not one of the container's");
	return -errno;
}

static int walk(struct owner *o, int dir, struct err *err);

static int one(struct owner *o, int dir, const char *name, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "stat %s", name);
	if (st.st_dev != o->dev)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* something else has taken its place: that is its maker's */
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return err_set(err, errno, "open %s", name);
		r = fd < 0 ? 0 : walk(o, fd, err);
		if (r < 0)
			return r;
	}
	return set(o, dir, name, &st, err);
}

static int walk(struct owner *o, int dir, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		r = err_set(err, errno, "read directory");
		fd_close(fd);
		return r;
	}
	if (++o->depth > DEPTH_MAX)
		r = err_say(err, ELOOP, "directories are nested more than %d deep", DEPTH_MAX);
	while (r == 0 && (e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			r = one(o, dirfd(d), e->d_name, err);
	o->depth--;
	closedir(d);
	return r;
}

static int all(struct owner *o, int fd, struct err *err)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat what is to be given");
	o->dev = st.st_dev;
	r = S_ISDIR(st.st_mode) ? walk(o, fd, err) : 0;
	if (r == 0 && o->label && !S_ISDIR(st.st_mode)) {
		char path[PATH_OF_FD_MAX];

		return setxattr(path_of_fd(fd, path), "security.selinux", o->label,
			       strlen(o->label) + 1, 0) < 0 &&
				       errno != ENOTSUP
			       ? err_set(err, errno, "label it")
			       : 0;
	}
	return r < 0 ? r : set(o, fd, "", &st, err);
}

int tree_give(int fd, uid_t uid, gid_t gid, struct err *err)
{
	struct owner o = {.uid = uid, .gid = gid};

	return all(&o, fd, err);
}

int tree_label(int fd, const char *label, struct err *err)
{
	struct owner o = {.label = label};

	return all(&o, fd, err);
}
