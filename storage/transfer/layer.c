/*
 * Theory of operation: an entry's path is cleaned as text; one that then still begins with ".." is refused.  Its
 * parent is opened with openat2(RESOLVE_IN_ROOT) (missing ones are made), and everything else is done on that
 * descriptor and the last component, without following links.  Consecutive entries mostly share their parent,
 * so the last one is kept open; whatever removes something forgets it.
 *
 * Times of directories are set at the end, for making files in them changes them.
 */
#include "storage/transfer/layer.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/transfer/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HOLE	      ((size_t)64 << 10) /* runs of zeros of this size are not written */
#define HOLE_MIN      ((size_t)4 << 10)	 /* and pieces of one, where blocks come unaligned */
#define DIRS_CAP      ((size_t)24 << 20) /* bytes of directory names kept for their times */
#define XATTR_MAX     ((size_t)64 << 10)
#define PROGRESS_STEP 256

/* one entry being applied */
struct entry {
	struct archive_entry *e;
	char *path; /* cleaned, relative, "." for the root */
	int parent; /* borrowed from the layer's cache */
	const char *base;
	mode_t type;
};

struct layer {
	int root;
	struct tar *t;
	const struct layer_opts *o;
	struct layer_facts facts;
	char *dir; /* path of @dirfd, NULL for none */
	int dirfd;
	char *real; /* path of @dirfd below the root without links, for the record; NULL: not asked yet */
	char *root_path; /* of @root in procfs; NULL: not asked yet */
	bool stale;	 /* something was removed: a link on the way to @dir may have changed */
	struct buf dir_times; /* records: struct timespec, path, NUL */
};

static void layer_done(struct layer *l)
{
	free(take_ptr(l->dir));
	free(take_ptr(l->real));
	free(take_ptr(l->root_path));
	fd_close(l->dirfd);
	buf_done(&l->dir_times);
}

static void forget_parent(struct layer *l)
{
	free(take_ptr(l->dir));
	free(take_ptr(l->real));
	l->dirfd = fd_close(l->dirfd);
	l->stale = false;
}

static int hostile(struct err *err, const char *path, const char *why)
{
	return err_say(err, EBADMSG, "the archive is refused: \"%.200s\": %s", path, why);
}

/* Return: 0 with the path below the root, without leading slash */
static int clean_path(const char *raw, char **ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	size_t depth = 1;

	if (!raw || !*raw)
		return hostile(err, "", "an entry has no name");
	if (strlen(raw) >= PATH_MAX)
		return hostile(err, raw, "the name is too long");
	while (*raw == '/')
		raw++;
	path = path_clean(raw);
	if (str_eq(path, "..") || str_after(path, "../"))
		return hostile(err, raw, "the name leads out of the image");
	for (const char *p = path; *p; p++)
		depth += *p == '/';
	if (depth > LAYER_DEPTH_MAX)
		return hostile(err, raw, "directories are nested too deeply");
	*ret = take_ptr(path);
	return 0;
}

/* Walks from the root and makes what is missing.  A whiteout on the way becomes an opaque directory: this
   layer deletes what was there and puts something new in its place. */
static int make_parents(struct layer *l, const char *dir, struct err *err)
{
	_cleanup_free_ char *path = xstrdup(dir);

	for (char *p = path, *slash; p; p = slash ? slash + 1 : NULL) {
		_cleanup_close_ int parent = -EBADF, fd = -EBADF;
		_cleanup_free_ char *base = NULL;
		struct stat st;
		int r;

		slash = strchr(p, '/');
		if (slash)
			*slash = '\0';
		parent = path_open_parent_in_root(l->root, path, false, &base, err);
		if (parent < 0)
			return parent;
		if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (!whiteout_is(&st)) {
				if (slash)
					*slash = '/';
				continue;
			}
			if (unlinkat(parent, base, 0) < 0)
				return err_set(err, errno, "replace %s", path);
		} else {
			st.st_mode = 0;
		}
		if (mkdirat(parent, base, 0755) < 0)
			return err_set(err, errno, "create directory %s", path);
		if (S_ISCHR(st.st_mode)) {
			fd = openat(parent, base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			r = fd < 0 ? err_set(err, errno, "open %s", path)
				   : whiteout_set_opaque(fd, err);
			if (r < 0)
				return r;
		}
		if (slash)
			*slash = '/';
	}
	return 0;
}

/* points @en->parent and ->base at where the entry goes */
static int enter_parent(struct layer *l, struct entry *en, struct err *err)
{
	_cleanup_free_ char *dir = NULL;
	char *slash = strrchr(en->path, '/');
	int fd;

	en->base = slash ? slash + 1 : en->path;
	dir = slash ? xstrndup(en->path, (size_t)(slash - en->path)) : xstrdup(".");
	if (!l->dir || l->stale || !str_eq(dir, l->dir)) {
		forget_parent(l);
		fd = path_open_in_root(l->root, dir, O_PATH | O_DIRECTORY, 0, err);
		if (fd == -ENOENT || fd == -ENOTDIR) {
			int r = make_parents(l, dir, err);

			if (r == 0)
				fd = path_open_in_root(l->root, dir, O_PATH | O_DIRECTORY, 0, err);
			else if (r != -ENOTDIR && r != -ENOENT && r != -ELOOP)
				return r;
		}
		if (fd == -ENOTDIR || fd == -ENOENT || fd == -ELOOP)
			return hostile(err, en->path, "what it lies in is not a directory");
		if (fd < 0)
			return fd;
		l->dirfd = fd;
		l->dir = take_ptr(dir);
	}
	en->parent = l->dirfd;
	return 0;
}

/* Makes room under the entry's name.  Return: 1 if there was a whiteout, else 0 */
static int make_room(struct layer *l, const struct entry *en, struct err *err)
{
	struct stat st;
	int parent, r;

	if (fstatat(en->parent, en->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "stat %s", en->path);
	l->stale = true;
	if (l->o->record) {
		r = record_keep(l->o->record, en->parent, en->base, &st, err);
		if (r < 0)
			return r;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(en->parent, en->base, 0) < 0 && errno != ENOENT)
			return err_set(err, errno, "replace %s", en->path);
		return whiteout_is(&st);
	}
	/* a removal reads directories, which O_PATH cannot */
	parent = openat(en->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_set(err, errno, "open the parent of %s", en->path);
	r = fs_remove_tree_at(parent, en->base, err);
	fd_close(parent);
	return r;
}

/* What is made belongs to root, but for the group of a set-group-id directory, which is inherited. */
static bool owned_by(int fd, int64_t uid, int64_t gid)
{
	struct stat st;

	return !uid && !gid && fstat(fd, &st) == 0 && st.st_uid == 0 && st.st_gid == 0;
}

static int set_owner_and_mode(struct layer *l, const struct entry *en, int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	int64_t uid = archive_entry_uid(en->e), gid = archive_entry_gid(en->e);
	int r = 0;

	if (!l->o->single_id && !owned_by(fd, uid, gid)) {
		if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
			return hostile(err, en->path, "its owner is not an id");
		if (fchownat(fd, "", (uid_t)uid, (gid_t)gid, AT_EMPTY_PATH) < 0) {
			if (errno != EINVAL)
				return err_set(err, errno, "set the owner of %s", en->path);
			err_say(err, EINVAL,
				"%s belongs to %lld:%lld, which is outside your subordinate ids",
				en->path, (long long)uid, (long long)gid);
			return err_hint(err,
				"give your user a larger range in /etc/subuid and /etc/subgid");
		}
	}
	/* files are open for writing; what is O_PATH goes the long way */
	if (en->type == AE_IFREG)
		r = fchmod(fd, archive_entry_perm(en->e) & 07777);
	else if (en->type != AE_IFLNK)
		r = chmod(path_of_fd(fd, self), archive_entry_perm(en->e) & 07777);
	if (r < 0)
		return err_set(err, errno, "set the mode of %s", en->path);
	return 0;
}

/* What cannot be stored here is an error only where it would change what the image does. */
static int set_xattrs(const struct entry *en, int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	const char *name;
	const void *value;
	size_t len;

	if (archive_entry_xattr_reset(en->e) == 0)
		return 0;
	while (archive_entry_xattr_next(en->e, &name, &value, &len) == ARCHIVE_OK) {
		if (!name || !whiteout_xattr_allowed(name))
			continue;
		if (len > XATTR_MAX)
			return hostile(err, en->path, "an extended attribute is too long");
		if (setxattr(path_of_fd(fd, self), name, value, len, 0) == 0)
			continue;
		if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
			return err_set(err, errno, "set %s of %s", name, en->path);
	}
	return 0;
}

static void get_times(const struct entry *en, struct timespec ret[2])
{
	long nsec = archive_entry_mtime_nsec(en->e);

	ret[1].tv_sec = archive_entry_mtime_is_set(en->e) ? archive_entry_mtime(en->e) : 0;
	ret[1].tv_nsec = nsec >= 0 && nsec < 1000000000L ? nsec : 0;
	ret[0] = ret[1];
}

/* owner, mode, attributes, time of what @fd (O_PATH or not) is */
static int set_attributes(struct layer *l, const struct entry *en, int fd, struct err *err)
{
	char self[PATH_OF_FD_MAX];
	struct timespec times[2];
	int r = set_owner_and_mode(l, en, fd, err);

	if (r == 0 && en->type != AE_IFLNK)
		r = set_xattrs(en, fd, err);
	if (r < 0)
		return r;
	get_times(en, times);
	if (en->type == AE_IFLNK)
		r = utimensat(en->parent, en->base, times, AT_SYMLINK_NOFOLLOW);
	else if (en->type == AE_IFREG)
		r = futimens(fd, times);
	else
		r = utimensat(AT_FDCWD, path_of_fd(fd, self), times, 0);
	/* a time that the file system cannot hold is not worth failing for */
	return r < 0 && errno != EINVAL && errno != EOVERFLOW
		       ? err_set(err, errno, "set the time of %s", en->path)
		       : 0;
}

static bool is_zero(const unsigned char *p, size_t n)
{
	return n && p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int write_block(int fd, const unsigned char *data, size_t len, uint64_t offset)
{
	while (len) {
		size_t n = HOLE - offset % HOLE < len ? (size_t)(HOLE - offset % HOLE) : len;
		size_t done = 0;

		if (n < HOLE_MIN || !is_zero(data, n)) {
			while (done < n) {
				ssize_t w =
					pwrite(fd, data + done, n - done, (off_t)(offset + done));

				if (w < 0 && errno == EINTR)
					continue;
				if (w < 0)
					return -errno;
				done += (size_t)w;
			}
		}
		data += n;
		len -= n;
		offset += n;
	}
	return 0;
}

/* The path of @fd as the kernel knows it, which is without links.  @ret: PATH_MAX bytes; Return: whether there is one */
static bool kernel_path(int fd, char *ret)
{
	char self[PATH_OF_FD_MAX];
	ssize_t n = readlink(path_of_fd(fd, self), ret, PATH_MAX);

	if (n <= 0 || n >= PATH_MAX)
		return false;
	ret[n] = '\0';
	return true;
}

/* Where the entry's parent really is: links on the way there may be replaced later on.  Return: "" if it cannot be told */
static const char *real_parent(struct layer *l)
{
	_cleanup_free_ char *path = xmalloc(PATH_MAX);
	const char *rest;

	if (l->real)
		return l->real;
	if (!l->root_path)
		l->root_path = xstrdup(kernel_path(l->root, path) ? path : "");
	rest = *l->root_path && kernel_path(l->dirfd, path) ? str_after(path, l->root_path) : NULL;
	l->real = rest && !*rest ? xstrdup(".") : xstrdup(rest && *rest == '/' ? rest + 1 : "");
	return l->real;
}

/* Return: whether the entry's content is to be recorded as @ret, whose path the caller frees */
static bool recorded_as(struct layer *l, const struct entry *en, int fd, struct record_file *ret)
{
	const char *parent;
	struct stat st;

	if (!l->o->record || archive_entry_size(en->e) == 0)
		return false;
	parent = real_parent(l);
	/* without a path its content stays in the record itself */
	if (!*parent || fstat(fd, &st) < 0)
		return false;
	ret->path = str_eq(parent, ".") ? xstrdup(en->base) : xasprintf("%s/%s", parent, en->base);
	ret->inode = st.st_ino;
	ret->size = (uint64_t)archive_entry_size(en->e);
	return true;
}

static int write_content(struct layer *l, const struct entry *en, int fd,
	const struct record_file *as, struct err *err)
{
	uint64_t size = (uint64_t)archive_entry_size(en->e), end = 0, offset;
	const void *data;
	size_t len;
	int r;

	if (archive_entry_size(en->e) < 0)
		return hostile(err, en->path, "its size is negative");
	if (l->o->content) {
		r = l->o->content(l->o->arg, en->e, fd, &end, err);
		l->facts.size += r < 0 ? 0 : end;
		return r;
	}
	while ((r = tar_data(l->t, &data, &len, &offset, err)) > 0) {
		if (offset > size || len > size - offset)
			return hostile(err, en->path, "its content is larger than its size");
		if (offset < end)
			return hostile(err, en->path, "parts of its content overlap");
		r = as && len ? record_content(l->o->record, as, tar_offset(l->t), offset, len, err)
			      : 0;
		if (r < 0)
			return r;
		r = write_block(fd, data, len, offset);
		if (r < 0)
			return err_set(err, -r, "write %s", en->path);
		end = offset + len;
		if (l->o->progress && len)
			l->o->progress(l->o->arg);
	}
	if (r < 0)
		return r;
	if (size && ftruncate(fd, (off_t)size) < 0)
		return err_set(err, errno, "write %s", en->path);
	l->facts.size += end;
	return 0;
}

static int apply_regular(struct layer *l, const struct entry *en, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = openat(en->parent, en->base, flags, 0600);
	_cleanup_free_ char *path = NULL;
	struct record_file as = {0};
	int r;

	if (fd < 0 && errno == EEXIST) {
		r = make_room(l, en, err);
		if (r < 0)
			return r;
		fd = openat(en->parent, en->base, flags, 0600);
	}
	if (fd < 0)
		return err_set(err, errno, "create %s", en->path);
	if (recorded_as(l, en, fd, &as))
		path = (char *)(uintptr_t)as.path;
	r = write_content(l, en, fd, path ? &as : NULL, err);
	return r < 0 ? r : set_attributes(l, en, fd, err);
}

static int remember_dir(struct layer *l, const struct entry *en, struct err *err)
{
	struct timespec times[2];

	l->dir_times.cap = DIRS_CAP;
	get_times(en, times);
	if (buf_add(&l->dir_times, &times[1], sizeof(times[1])) < 0 ||
		buf_add(&l->dir_times, en->path, strlen(en->path) + 1) < 0)
		return hostile(err, en->path, "there are too many directories");
	return 0;
}

static int apply_dir(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r = 0;

	if (mkdirat(en->parent, en->base, 0700) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create directory %s", en->path);
		if (fstatat(en->parent, en->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(err, errno, "stat %s", en->path);
		if (!S_ISDIR(st.st_mode)) {
			r = make_room(l, en, err);
			if (r < 0)
				return r;
			if (mkdirat(en->parent, en->base, 0700) < 0)
				return err_set(err, errno, "create directory %s", en->path);
		}
	}
	fd = openat(en->parent, en->base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "open directory %s", en->path);
	/* it takes the place of something deleted, so nothing of that may shine through */
	if (r == 1) {
		r = whiteout_set_opaque(fd, err);
		if (r < 0)
			return r;
	}
	r = set_attributes(l, en, fd, err);
	return r < 0 ? r : remember_dir(l, en, err);
}

static int apply_root(struct layer *l, struct entry *en, struct err *err)
{
	if (en->type != AE_IFDIR)
		return hostile(err, ".", "the root is not a directory");
	en->parent = l->root;
	en->base = ".";
	{
		int r = set_attributes(l, en, l->root, err);

		return r < 0 ? r : remember_dir(l, en, err);
	}
}

static int apply_symlink(struct layer *l, const struct entry *en, struct err *err)
{
	const char *target = archive_entry_symlink(en->e);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!target || !*target || strlen(target) >= PATH_MAX)
		return hostile(err, en->path, "its target is empty or too long");
	if (symlinkat(target, en->parent, en->base) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create the link %s", en->path);
		r = make_room(l, en, err);
		if (r < 0)
			return r;
		if (symlinkat(target, en->parent, en->base) < 0)
			return err_set(err, errno, "create the link %s", en->path);
	}
	fd = openat(en->parent, en->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "open the link %s", en->path);
	return set_attributes(l, en, fd, err);
}

static int apply_hardlink(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_free_ char *target = NULL, *base = NULL;
	_cleanup_close_ int dir = -EBADF;
	struct stat st, here;
	int r = clean_path(archive_entry_hardlink(en->e), &target, err);

	if (r < 0)
		return r;
	if (str_eq(target, "."))
		return hostile(err, en->path, "it is a hard link to a directory");
	dir = path_open_parent_in_root(l->root, target, false, &base, NULL);
	if (dir < 0 || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode) ||
		whiteout_is(&st))
		return hostile(err, en->path, "it is a hard link to no file of this layer");
	/* a link to itself: making room would remove the only name */
	if (fstatat(en->parent, en->base, &here, AT_SYMLINK_NOFOLLOW) == 0) {
		if (here.st_dev == st.st_dev && here.st_ino == st.st_ino)
			return 0;
		r = make_room(l, en, err);
		if (r < 0)
			return r;
	}
	if (linkat(dir, base, en->parent, en->base, 0) < 0)
		return errno == ENOENT ? hostile(err, en->path,
						 "it is a hard link to no file of this layer")
				       : err_set(err, errno, "link %s", en->path);
	return 0;
}

static int apply_fifo(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r = make_room(l, en, err);

	if (r < 0)
		return r;
	if (mkfifoat(en->parent, en->base, 0600) < 0)
		return err_set(err, errno, "create the FIFO %s", en->path);
	fd = openat(en->parent, en->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "open %s", en->path) : set_attributes(l, en, fd, err);
}

/* a deletion, obeyed at once; @name NULL: all that is in the directory */
static int delete_lower(struct layer *l, const struct entry *en, const char *name, struct err *err)
{
	_cleanup_close_ int dir = openat(en->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv names = {0};
	int r = 0;

	if (dir < 0)
		return err_set(err, errno, "open the parent of %s", en->path);
	if (name)
		strv_add(&names, name);
	else
		r = fs_list_at(dir, ".", &names, err);
	l->stale = true;
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = fs_remove_tree_at(dir, names.v[i], err);
	return r;
}

static int apply_whiteout(struct layer *l, const struct entry *en, enum whiteout_kind kind,
	const char *name, struct err *err)
{
	if (kind == WHITEOUT_SKIP)
		return 0;
	if (kind == WHITEOUT_BAD)
		return hostile(err, en->path, "a whiteout without a name");
	if (l->o->flatten)
		return delete_lower(l, en, kind == WHITEOUT_FILE ? name : NULL, err);
	if (kind == WHITEOUT_FILE)
		return whiteout_make(en->parent, name, err);
	if (!strchr(en->path, '/')) {
		l->facts.opaque_root = true;
		return 0;
	}
	return whiteout_set_opaque(en->parent, err);
}

static int apply_by_type(struct layer *l, struct entry *en, struct err *err)
{
	enum whiteout_kind kind;
	const char *name = NULL;
	int r = enter_parent(l, en, err);

	if (r < 0)
		return r;
	if (strlen(en->base) > NAME_MAX)
		return hostile(err, en->path, "the name is too long");
	kind = whiteout_parse(en->base, &name);
	if (kind != WHITEOUT_NONE)
		return apply_whiteout(l, en, kind, name, err);
	if (archive_entry_hardlink(en->e))
		return apply_hardlink(l, en, err);
	switch (en->type) {
	case AE_IFREG:
		return apply_regular(l, en, err);
	case AE_IFDIR:
		return apply_dir(l, en, err);
	case AE_IFLNK:
		return apply_symlink(l, en, err);
	case AE_IFIFO:
		return apply_fifo(l, en, err);
	case AE_IFCHR:
	case AE_IFBLK:
		/* the container has its own /dev; a device of the host is never made of an archive */
		l->facts.devices++;
		return 0;
	case AE_IFSOCK:
		return 0;
	default:
		return hostile(err, en->path, "unknown type of entry");
	}
}

static int apply_entry(struct layer *l, struct archive_entry *e, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct entry en = {.e = e, .type = archive_entry_filetype(e)};
	int r = clean_path(archive_entry_pathname(e), &path, err);

	if (r < 0)
		return r;
	if (++l->facts.entries > LAYER_ENTRIES_MAX)
		return err_say(err, EBADMSG,
			"the archive is refused: it has more than %llu entries",
			(unsigned long long)LAYER_ENTRIES_MAX);
	en.path = path;
	if (l->o->progress && l->facts.entries % PROGRESS_STEP == 0)
		l->o->progress(l->o->arg);
	return str_eq(path, ".") ? apply_root(l, &en, err) : apply_by_type(l, &en, err);
}

static int set_dir_times(struct layer *l, struct err *err)
{
	const char *p = buf_str(&l->dir_times), *end = p + l->dir_times.len;

	while (p < end) {
		struct timespec times[2];
		const char *path = p + sizeof(times[1]);
		char self[PATH_OF_FD_MAX];
		int fd;

		memcpy(&times[1], p, sizeof(times[1]));
		times[0] = times[1];
		p = path + strlen(path) + 1;
		/* replaced by something else meanwhile, it has no time to set */
		fd = path_open_in_root(l->root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, NULL);
		if (fd < 0)
			continue;
		if (utimensat(AT_FDCWD, path_of_fd(fd, self), times, 0) < 0 && errno != EINVAL &&
			errno != EOVERFLOW) {
			int r = err_set(err, errno, "set the time of %s", path);

			fd_close(fd);
			return r;
		}
		fd_close(fd);
	}
	return 0;
}

int layer_apply(int root, struct tar *t, const struct layer_opts *o, struct layer_facts *ret,
	struct err *err)
{
	_cleanup_(layer_done) struct layer l = {.root = root, .t = t, .o = o, .dirfd = -EBADF};
	struct archive_entry *e;
	int r;

	while ((r = tar_next(t, &e, err)) > 0) {
		r = apply_entry(&l, e, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = set_dir_times(&l, err);
	if (r < 0)
		return r;
	*ret = l.facts;
	return 0;
}
