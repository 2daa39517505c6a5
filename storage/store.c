#include "storage/store.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/path.h"
#include "userns/account.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* a file is written and renamed within milliseconds */
#define TEMPORARY_AGE_S 10

const char *const store_parts[] = {
	"refs",
	"images",
	"layers",
	"containers",
	"names",
	"tmp",
	"trash",
	/* from here on: made when they are needed */
	"artifacts",
	"artifact-names",
	"events",
	"events.1",
	"meta",
	"secrets",
	"seccomp",
	"skel",
	"volumes",
	"driver",
	"lock",
	"ids",
	"version",
	NULL,
};

int store_default_path(const char *override, char **ret, struct err *err)
{
	const char *dir = getenv("XDG_DATA_HOME");
	_cleanup_free_ char *cwd = NULL, *home = NULL;

	if (!str_empty(override)) {
		if (path_is_abs(override)) {
			*ret = xstrdup(override);
			return 0;
		}
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return err_set(err, errno, "find the working directory");
		*ret = path_join(cwd, override);
		return 0;
	}
	if (geteuid() == 0) {
		*ret = xstrdup("/var/lib/rl");
		return 0;
	}
	if (path_is_abs(dir)) {
		*ret = path_join(dir, "rl");
		return 0;
	}
	home = account_home();
	if (!home || str_eq(home, "/")) {
		err_say(err, ENOENT, "there is no home directory to keep images and containers in");
		return err_hint(err, "set HOME, or choose a directory with --root or RL_ROOT");
	}
	*ret = path_join(home, ".local/share/rl");
	return 0;
}

static int check_version(int fd, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = 64};
	uint64_t version;
	int r = fs_read_at(fd, "version", &b, err);

	if (r < 0)
		return r;
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	if (str_after(buf_str(&b), "shared ")) {
		err_say(err, EINVAL, "%s is a shared store, which holds images only", path);
		return err_hint(err, "name it as additionalimagestores in rl.conf");
	}
	if (parse_u64(buf_str(&b), &version) < 0 || version == 0)
		return err_say(err, EBADMSG, "%s/version is damaged: not a number", path);
	if (version > STORE_VERSION) {
		err_say(err, EPROTO,
			"the store %s has format %llu; this program knows formats up to %d", path,
			(unsigned long long)version, STORE_VERSION);
		return err_hint(err, "use a newer rl, or another store with --root");
	}
	return 0;
}

/* The version is written last: a store without one was not finished and is made again. */
static int make_dirs(int fd, const char *path, struct err *err)
{
	char text[16];
	int r;

	for (size_t i = 0; i < STORE_DIRS; i++)
		if (mkdirat(fd, store_parts[i], 0700) < 0 && errno != EEXIST)
			return err_set(err, errno, "create directory %s/%s", path, store_parts[i]);
	snprintf(text, sizeof(text), "%d\n", STORE_VERSION);
	r = fs_write_at(fd, "version", text, strlen(text), 0600, FS_SYNC, err);
	return r < 0 ? err_wrap(err, "make the store %s", path) : 0;
}

static int check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (st.st_uid != geteuid()) {
		err_say(err, EPERM, "the store %s belongs to another user", path);
		return err_hint(err, "choose a directory of your own with --root or RL_ROOT");
	}
	if (st.st_mode & 022) {
		err_say(err, EPERM, "the store %s can be written by other users", path);
		return err_hint(err, "chmod 0700 '%s'", path);
	}
	return 0;
}

int store_open(struct store *s, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT) {
		r = fs_mkdirs_at(AT_FDCWD, path, 0700, err);
		if (r < 0) {
			err_wrap(err, "make the store");
			return err_hint(err, "choose another directory with --root or RL_ROOT");
		}
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0) {
		err_set(err, errno, "open the store %s", path);
		return err_hint(err, "choose another directory with --root or RL_ROOT");
	}
	r = check_owner(fd, path, err);
	if (r < 0)
		return r;
	r = check_version(fd, path, err);
	if (r == -ENOENT)
		r = make_dirs(fd, path, err);
	if (r < 0)
		return r;
	*s = (struct store){.fd = take_fd(fd), .path = xstrdup(path)};
	return 0;
}

int store_open_any(struct store *s, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	size_t dirs = 0;

	if (fd < 0)
		return err_set(err, errno, "open the store %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (st.st_uid != geteuid())
		return err_say(err, EPERM, "the store %s belongs to another user", path);
	/* somebody's own directory may have a "tmp", too */
	for (size_t i = 0; i < STORE_DIRS; i++)
		dirs += fstatat(fd, store_parts[i], &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (dirs < STORE_DIRS / 2 + 1)
		return err_say(err, ENOTDIR, "%s is not a store", path);
	*s = (struct store){.fd = take_fd(fd), .path = xstrdup(path)};
	return 0;
}

void store_done(struct store *s)
{
	if (s->path)
		fd_close(s->fd);
	s->fd = -EBADF;
	free(take_ptr(s->path));
	strv_done(&s->shared);
}

int store_read(const struct store *s, const char *path, struct buf *ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char self[PATH_OF_FD_MAX];

	if (!s->is_shared)
		return fs_read_at(s->fd, path, ret, err);
	/* not opened for reading before it is known to be a file: a device or a FIFO could do anything */
	fd = path_open_in_root(s->fd, path, O_PATH, 0, err);
	return fd < 0 ? fd : fs_read_at(AT_FDCWD, path_of_fd(fd, self), ret, err);
}

/* @fd becomes the same directory as seen from the present mount namespace */
static int reopen_dir(int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX], path[PATH_MAX];
	_cleanup_close_ int new = -EBADF;
	ssize_t n = readlink(path_of_fd(fd, self), path, sizeof(path) - 1);

	if (n < 0)
		return err_set(err, errno, "find the path of a directory");
	path[n] = '\0';
	new = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new < 0)
		return err_set(err, errno, "open %s again", path);
	if (!fd_same_file(fd, new))
		return err_say(err, ESTALE, "%s has been replaced meanwhile", path);
	return dup3(new, fd, O_CLOEXEC) < 0 ? err_set(err, errno, "open %s again", path) : 0;
}

int store_reopen(struct store *s, const int *dirfds, size_t n, struct err *err)
{
	int r = reopen_dir(s->fd, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = reopen_dir(dirfds[i], err);
	return r;
}

int store_lock(const struct store *s, enum lock_mode mode, struct err *err)
{
	return lock_open(s->fd, "lock", mode, LOCK_FOREVER, err);
}

int store_tmp(const struct store *s, char ret_name[64], struct err *err)
{
	/* shared, so that a sweep never sees the entry without its lock */
	_cleanup_close_ int lock = store_lock(s, LOCK_SHARED, err), held = -EBADF;
	char name[64] = "tmp/", file[72];

	if (lock < 0)
		return lock;
	fs_random_hex(name + strlen(name), 24);
	if (mkdirat(s->fd, name, 0700) < 0)
		return err_set(err, errno, "create %s/%s", s->path, name);
	snprintf(file, sizeof(file), "%.63s/lock", name);
	held = lock_open(s->fd, file, LOCK_EXCLUSIVE, LOCK_FOREVER, err);
	if (held < 0) {
		int r = held;

		unlinkat(s->fd, file, 0);
		unlinkat(s->fd, name, AT_REMOVEDIR);
		return r;
	}
	memcpy(ret_name, name, 64);
	return take_fd(held);
}

int store_discard(const struct store *s, const char *dir, const char *name, struct err *err)
{
	char to[64];

	return store_discard_as(s, dir, name, to, err);
}

/* The records go first: killed on the way, what is left of the trees is not taken for whole. */
static int remove_in_place(const struct store *s, const char *path, struct err *err)
{
	static const char *const records[] = {
		"layer.json", "image.json", "container.json", "volume.json"};

	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		_cleanup_free_ char *record = xasprintf("%s/%s", path, records[i]);

		unlinkat(s->fd, record, 0);
	}
	return fs_remove_tree_at(s->fd, path, err);
}

int store_discard_as(const struct store *s, const char *dir, const char *name, char ret_trash[64],
	struct err *err)
{
	_cleanup_free_ char *from = xasprintf("%s/%s", dir, name);
	char to[64] = "trash/";

	*ret_trash = '\0';
	fs_random_hex(to + strlen(to), 24);
	if (renameat(s->fd, from, s->fd, to) == 0) {
		memcpy(ret_trash, to, sizeof(to));
		return 0;
	}
	if (errno == ENOENT)
		return 0;
	/* a full disk may have no room for one more name in trash/; deleting in place makes some */
	if (errno == ENOSPC || errno == EDQUOT)
		return remove_in_place(s, from, err);
	return err_set(err, errno, "remove %s/%s", s->path, from);
}

static void list_temporary(const struct store *s, const char *dir, bool deep, struct strv *ret)
{
	int fd = openat(s->fd, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, e->d_name);
		struct stat st;

		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && deep && e->d_name[0] != '.')
			list_temporary(s, path, deep, ret);
		else if (S_ISREG(st.st_mode) && str_after(e->d_name, ".tmp-") &&
			 st.st_mtime < time(NULL) - TEMPORARY_AGE_S)
			strv_add(ret, path);
	}
	if (d)
		closedir(d);
	else
		fd_close(fd);
}

void store_list_temporary(const struct store *s, struct strv *ret)
{
	list_temporary(s, ".", false, ret);
	list_temporary(s, "seccomp", false, ret);
	list_temporary(s, "secrets", false, ret);
	list_temporary(s, "refs", true, ret);
	list_temporary(s, "artifact-names", true, ret);
}

void store_discard_stale(const struct store *s)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, NULL);
	_cleanup_strv_ struct strv tmp = {0};

	if (lock < 0)
		return;
	fs_list_at(s->fd, "tmp", &tmp, NULL);
	strv_foreach (i, name, &tmp) {
		_cleanup_free_ char *file = xasprintf("tmp/%s/lock", name);

		if (!lock_is_held(s->fd, file))
			store_discard(s, "tmp", name, NULL);
	}
}

void store_sweep(const struct store *s)
{
	_cleanup_strv_ struct strv trash = {0};

	store_discard_stale(s);
	fs_list_at(s->fd, "trash", &trash, NULL);
	strv_foreach (i, name, &trash) {
		_cleanup_free_ char *path = xasprintf("trash/%s", name);

		fs_remove_tree_at(s->fd, path, NULL);
	}
}
