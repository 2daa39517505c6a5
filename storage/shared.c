#include "storage/shared.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION "shared 1\n"

static const char *const subdirs[] = {"refs", "images", "layers", "objects"};

bool shared_object_ok(const char *name)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return strlen(name) == SHARED_OBJECT_DIGITS && strspn(name, digits) == SHARED_OBJECT_DIGITS;
}

/* Return: 0, -ENOENT if it is no store yet, or another negative errno */
static int check_version(const struct store *s, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = 64};
	int r = store_read(s, "version", &b, err);

	if (r < 0)
		return r;
	if (str_eq(buf_str(&b), VERSION))
		return 0;
	if (str_after(buf_str(&b), "shared "))
		return err_say(
			err, EPROTO, "the shared store %s has a format of a newer rl", s->path);
	return err_say(err, EINVAL, "%s is not a shared store", s->path);
}

int shared_open(const char *path, struct store *ret, struct err *err)
{
	struct store s = {.fd = -EBADF, .is_shared = true};
	struct stat st;
	int r;

	s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.fd < 0)
		return err_set(err, errno, "open the shared store %s", path);
	s.path = xstrdup(path);
	r = fstat(s.fd, &st) < 0 ? err_set(err, errno, "stat %s", path) : 0;
	if (r == 0 && (st.st_mode & S_IWOTH)) {
		r = err_say(err, EPERM, "every user can write the shared store %s", path);
		err_hint(err, "its owner mends that with: chmod o-w '%s'", path);
	}
	if (r == 0)
		r = check_version(&s, err);
	if (r == -ENOENT)
		r = err_say(err, ENOENT, "there is no shared store in %s", path);
	if (r < 0) {
		store_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

/* whatever the umask */
static int make_dir(int fd, const char *name, mode_t mode, struct err *err)
{
	if (mkdirat(fd, name, 0700) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create the directory %s", name);
		return 0;
	}
	return fchmodat(fd, name, mode, 0) < 0 ? err_set(err, errno, "change the mode of %s", name)
					       : 0;
}

static int check_mine(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (st.st_uid == geteuid())
		return 0;
	err_say(err, EPERM, "the directory %s belongs to another user", path);
	return err_hint(err,
		"whoever may: install -d -o \"$USER\" '%s'; or choose another one with --store",
		path);
}

static int set_group(int fd, const char *path, gid_t group, struct err *err)
{
	if (group == (gid_t)-1)
		return 0;
	if (fchown(fd, (uid_t)-1, group) < 0) {
		err_set(err, errno, "give %s to the group %u", path, (unsigned)group);
		return err_hint(err, "you must be a member of the group");
	}
	return fchmod(fd, 0750) < 0 ? err_set(err, errno, "change the mode of %s", path) : 0;
}

/* the version comes last: without it the store is not finished */
static int fill(const struct store *s, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(s->fd, ".", &names, err);

	if (r < 0)
		return r;
	strv_foreach (i, name, &names) {
		bool known = str_eq(name, "tmp");

		for (size_t k = 0; k < ARRAY_SIZE(subdirs); k++)
			known = known || str_eq(name, subdirs[k]);
		if (known)
			continue;
		err_say(err, EEXIST, "%s is neither empty nor a shared store", s->path);
		return err_hint(err, "choose a directory that does not exist yet");
	}
	for (size_t i = 0; i < ARRAY_SIZE(subdirs); i++) {
		r = make_dir(s->fd, subdirs[i], 0755, err);
		if (r < 0)
			return r;
	}
	r = make_dir(s->fd, "tmp", 0700, err);
	if (r == 0)
		r = fs_write_at(s->fd, "version", VERSION, strlen(VERSION), 0444, FS_SYNC, err);
	/* fs_write_at() heeds the umask */
	if (r == 0 && fchmodat(s->fd, "version", 0444, 0) < 0)
		r = err_set(err, errno, "change the mode of %s/version", s->path);
	return r < 0 ? err_wrap(err, "make the shared store %s", s->path) : 0;
}

int shared_make(const char *path, gid_t group, struct store *ret, struct err *err)
{
	struct store s = {.fd = -EBADF, .is_shared = true};
	bool made = mkdir(path, 0700) == 0;
	int r = 0;

	if (!made && errno != EEXIST) {
		err_set(err, errno, "make the shared store %s", path);
		return err_hint(err, "choose another directory with --store");
	}
	s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.fd < 0)
		return err_set(err, errno, "open the shared store %s", path);
	s.path = xstrdup(path);
	r = check_mine(s.fd, path, err);
	if (r == 0 && made && fchmod(s.fd, 0755) < 0)
		r = err_set(err, errno, "change the mode of %s", path);
	if (r == 0)
		r = set_group(s.fd, path, group, err);
	if (r == 0) {
		r = check_version(&s, err);
		if (r == -ENOENT)
			r = fill(&s, err);
	}
	if (r < 0) {
		store_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

bool shared_may_write(const char *path)
{
	_cleanup_free_ char *parent = xstrdup(path);
	struct stat st;

	if (stat(path, &st) == 0)
		return st.st_uid == geteuid();
	if (errno != ENOENT)
		return false;
	for (size_t n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
		parent[n - 1] = '\0';
	*(strrchr(parent, '/') + 1) = '\0';
	return access(parent, W_OK) == 0;
}

static int gone(const char *path, const char *id, struct err *err)
{
	err_say(err, ERR_NO_OBJECT, "image %.12s is no longer in the shared store %s", id, path);
	return err_hint(err, "make the container again from an image that is there: 'rl images'");
}

int shared_hold(const char *path, const char *id, struct err *err)
{
	_cleanup_(store_done) struct store s = {.fd = -EBADF};
	_cleanup_free_ char *file = xasprintf("images/%.64s/image.json", id);
	_cleanup_close_ int fd = -EBADF;
	int r = shared_open(path, &s, err);

	if (r < 0) {
		err_wrap(err, "the image of the container is away");
		return err->hint[0] ? r : err_hint(err, "mount %s again, or ask its owner", path);
	}
	fd = path_open_in_root(s.fd, file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0, NULL);
	if (fd < 0)
		return gone(path, id, err);
	/* A file system without locks, such as one that is mounted read-only from elsewhere, has none that removes. */
	if (lock_set(fd, LOCK_SHARED, LOCK_NOW) == -EWOULDBLOCK || !fd_is_named(fd, s.fd, file))
		return gone(path, id, err);
	return take_fd(fd);
}

int shared_take(const struct store *s, const char *id, struct err *err)
{
	_cleanup_free_ char *file = xasprintf("images/%.64s/image.json", id);
	_cleanup_close_ int fd = openat(s->fd, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_set(err, errno, "open %s/%s", s->path, file);
	r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_NOW);
	if (r == -EWOULDBLOCK) {
		err_say(err, EBUSY, "image %.12s is in use by a running container", id);
		return err_hint(
			err, "wait for it, or take the image away nevertheless with --force");
	}
	return r < 0 ? err_set(err, -r, "lock %s/%s", s->path, file) : take_fd(fd);
}
