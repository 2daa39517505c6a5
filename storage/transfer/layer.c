/*
 * Theory of operation: an entry's path is cleaned as text; one that then still begins with ".." is refused.  place.h finds
 * where it goes; it is made there by its last component alone, then filled (content.h) and described (attributes.h).
 *
 * Times of directories are set at the end, for making files in them changes them.
 */
#include "storage/transfer/layer.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/transfer/attributes.h"
#include "storage/transfer/content.h"
#include "storage/transfer/place.h"
#include "storage/transfer/whiteout.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define DIRS_CAP      ((size_t)24 << 20) /* bytes of directory names kept for their times */
#define PROGRESS_STEP 256

struct layer {
	struct place place;
	struct tar *t;
	const struct layer_opts *o;
	struct layer_facts facts;
	struct buf dir_times; /* records: struct timespec, path, NUL */
};

static void layer_done(struct layer *l)
{
	place_done(&l->place);
	buf_done(&l->dir_times);
}

/* owner, mode, attributes, time of what was just made and is open as @fd */
static int set_attributes(struct layer *l, const struct entry *en, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", en->path);
	return attributes_set(en, fd, &st, l->o->single_id, err);
}

/* Return: whether the entry's content is to be recorded as @ret, whose path the caller frees */
static bool recorded_as(
	struct layer *l, const struct entry *en, const struct stat *st, struct record_file *ret)
{
	const char *parent;

	if (!l->o->record || archive_entry_size(en->e) == 0)
		return false;
	parent = place_real(&l->place);
	/* without a path its content stays in the record itself */
	if (!*parent)
		return false;
	ret->path = str_eq(parent, ".") ? xstrdup(en->base) : xasprintf("%s/%s", parent, en->base);
	ret->inode = st->st_ino;
	ret->size = (uint64_t)archive_entry_size(en->e);
	return true;
}

static int write_content(
	struct layer *l, const struct entry *en, int fd, const struct stat *st, struct err *err)
{
	struct content c = {
		.t = l->t, .record = l->o->record, .progress = l->o->progress, .arg = l->o->arg};
	_cleanup_free_ char *path = NULL;
	struct record_file as = {0};
	uint64_t size = 0;
	int r;

	if (recorded_as(l, en, st, &as)) {
		path = (char *)(uintptr_t)as.path;
		c.as = &as;
	}
	if (archive_entry_size(en->e) < 0)
		return entry_refuse(err, en->path, "its size is negative");
	r = l->o->content ? l->o->content(l->o->arg, en->e, fd, &size, err)
			  : content_write(&c, en, fd, &size, err);
	l->facts.size += r < 0 ? 0 : size;
	return r;
}

static int apply_regular_into(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_(into_file_done) struct into_file f = INTO_FILE_INIT;
	struct stat st;
	int r = into_file_open(&f, en, err);

	if (r < 0)
		return r;
	if (fstat(f.fd, &st) < 0)
		return err_set(err, errno, "stat %s", en->path);
	r = write_content(l, en, f.fd, &st, err);
	if (r == 0)
		r = attributes_set(en, f.fd, &st, l->o->single_id, err);
	return r < 0 ? r : into_file_name(l->o->into, &f, en, err);
}

static int apply_regular(struct layer *l, const struct entry *en, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	/* set-id bits come last: writing takes them away */
	const mode_t mode = entry_mode(en) & 0777;
	_cleanup_close_ int fd = openat(en->parent, en->base, flags, mode);
	struct stat st;
	int r;

	if (fd < 0 && errno == EEXIST) {
		r = place_clear(&l->place, en, err);
		if (r < 0)
			return r;
		fd = openat(en->parent, en->base, flags, mode);
	}
	if (fd < 0)
		return err_set(err, errno, "create %s", en->path);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", en->path);
	r = write_content(l, en, fd, &st, err);
	return r < 0 ? r : attributes_set(en, fd, &st, l->o->single_id, err);
}

static int remember_dir(struct layer *l, const struct entry *en, struct err *err)
{
	struct timespec times[2];

	l->dir_times.cap = DIRS_CAP;
	attributes_times(en, times);
	if (buf_add(&l->dir_times, &times[1], sizeof(times[1])) < 0 ||
		buf_add(&l->dir_times, en->path, strlen(en->path) + 1) < 0)
		return entry_refuse(err, en->path, "there are too many directories");
	return l->o->directory ? l->o->directory(l->o->arg, en->path, err) : 0;
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
		/* what is in it is added to; it is not ours to describe */
		if (l->o->into && S_ISDIR(st.st_mode))
			return 0;
		if (!S_ISDIR(st.st_mode)) {
			r = place_clear(&l->place, en, err);
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
	if (r == 1 && !l->o->into) {
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
		return entry_refuse(err, ".", "the root is not a directory");
	if (l->o->into)
		return 0;
	en->parent = l->place.root;
	en->base = ".";
	{
		int r = set_attributes(l, en, l->place.root, err);

		return r < 0 ? r : remember_dir(l, en, err);
	}
}

static int apply_symlink(struct layer *l, const struct entry *en, struct err *err)
{
	const char *target = archive_entry_symlink(en->e);
	int r;

	if (!target || !*target || strlen(target) >= PATH_MAX)
		return entry_refuse(err, en->path, "its target is empty or too long");
	if (symlinkat(target, en->parent, en->base) < 0) {
		if (errno != EEXIST)
			return err_set(err, errno, "create the link %s", en->path);
		r = place_clear(&l->place, en, err);
		if (r < 0)
			return r;
		if (symlinkat(target, en->parent, en->base) < 0)
			return err_set(err, errno, "create the link %s", en->path);
	}
	return attributes_set_link(en, l->o->single_id, err);
}

static int apply_hardlink(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_free_ char *target = NULL, *base = NULL;
	_cleanup_close_ int dir = -EBADF;
	struct stat st, here;
	int r = entry_clean_path(archive_entry_hardlink(en->e), &target, err);

	if (r < 0)
		return r;
	if (str_eq(target, "."))
		return entry_refuse(err, en->path, "it is a hard link to a directory");
	dir = path_open_parent_in_root(l->place.root, target, false, &base, NULL);
	if (dir < 0 || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode) ||
		whiteout_is(&st))
		return entry_refuse(err, en->path, "it is a hard link to no file of this layer");
	/* a link to itself: making room would remove the only name */
	if (fstatat(en->parent, en->base, &here, AT_SYMLINK_NOFOLLOW) == 0) {
		if (here.st_dev == st.st_dev && here.st_ino == st.st_ino)
			return 0;
		r = place_clear(&l->place, en, err);
		if (r < 0)
			return r;
	}
	if (linkat(dir, base, en->parent, en->base, 0) < 0)
		return errno == ENOENT ? entry_refuse(err, en->path,
						 "it is a hard link to no file of this layer")
				       : err_set(err, errno, "link %s", en->path);
	return 0;
}

static int apply_fifo(struct layer *l, const struct entry *en, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r = place_clear(&l->place, en, err);

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
	l->place.stale = true;
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
		return entry_refuse(err, en->path, "a whiteout without a name");
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
	int r = place_enter(&l->place, en, err);

	if (r < 0)
		return r;
	if (strlen(en->base) > NAME_MAX)
		return entry_refuse(err, en->path, "the name is too long");
	kind = l->o->plain || l->o->into ? WHITEOUT_NONE : whiteout_parse(en->base, &name);
	if (kind != WHITEOUT_NONE)
		return apply_whiteout(l, en, kind, name, err);
	r = l->o->into ? into_check(l->o->into, en, err) : 0;
	if (r < 0)
		return r;
	if (archive_entry_hardlink(en->e))
		return apply_hardlink(l, en, err);
	switch (en->type) {
	case AE_IFREG:
		return l->o->into ? apply_regular_into(l, en, err) : apply_regular(l, en, err);
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
		return entry_refuse(err, en->path, "unknown type of entry");
	}
}

static int apply_entry(struct layer *l, struct archive_entry *e, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct entry en = {.e = e, .type = archive_entry_filetype(e)};
	int r = entry_clean_path(archive_entry_pathname(e), &path, err);

	if (r < 0)
		return r;
	if (++l->facts.entries > LAYER_ENTRIES_MAX && !(l->o->into && l->o->into->trusted))
		return err_say(err, EBADMSG,
			"the archive is refused: it has more than %llu entries",
			(unsigned long long)LAYER_ENTRIES_MAX);
	en.path = path;
	r = l->o->into ? into_owner(l->o->into, &en, err) : 0;
	if (r < 0)
		return r;
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
		fd = path_open_in_root(
			l->place.root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, NULL);
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
	_cleanup_(layer_done) struct layer l = {
		.place = {.root = root, .dirfd = -EBADF, .record = o->record}, .t = t, .o = o};
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
