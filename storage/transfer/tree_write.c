#include "storage/transfer/tree.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/links.h"
#include "storage/transfer/entry.h"
#include "storage/transfer/whiteout.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX (ENTRY_DEPTH_MAX + 2)

struct writer {
	struct archive *a;
	struct objects *o;
	struct links links;
	struct buf path; /* of what is being written, below the layer's root */
	unsigned depth;
};

static void writer_done(struct writer *w)
{
	archive_write_free(w->a);
	links_done(&w->links);
	buf_done(&w->path);
}

static void entry_freep(struct archive_entry **e)
{
	archive_entry_free(*e);
}

#define _cleanup_entry_ _cleanup_(entry_freep)

static int put(struct writer *w, struct archive_entry *e, struct err *err)
{
	/* ARCHIVE_WARN: a name that no character set has, which is stored as it is */
	if (archive_write_header(w->a, e) >= ARCHIVE_WARN)
		return 0;
	return err_set(err, archive_errno(w->a) > 0 ? archive_errno(w->a) : EIO,
		"write the tree of a layer");
}

static struct archive_entry *new_entry(struct writer *w, const struct stat *st)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, w->path.len ? w->path.data : ".");
	archive_entry_set_filetype(e, st->st_mode & S_IFMT);
	archive_entry_set_perm(e, st->st_mode & 07777);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(e, 0);
	return e;
}

/* @fd may be O_PATH */
static int add_xattrs(struct writer *w, struct archive_entry *e, int fd, struct err *err)
{
	char names[65536], value[65536], path[PATH_OF_FD_MAX];
	ssize_t n = listxattr(path_of_fd(fd, path), names, sizeof(names));

	if (n < 0 && errno != ENOTSUP)
		return err_set(err, errno, "read the attributes of %s", buf_str(&w->path));
	for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len;

		if (!whiteout_xattr_allowed(name))
			continue;
		len = getxattr(path, name, value, sizeof(value));
		if (len < 0)
			return err_set(err, errno, "read %s of %s", name, buf_str(&w->path));
		archive_entry_xattr_add_entry(e, name, value, (size_t)len);
	}
	return 0;
}

/* ".wh.NAME" and ".wh..wh..opq" */
static int put_marker(struct writer *w, const char *name, struct err *err)
{
	_cleanup_entry_ struct archive_entry *e = archive_entry_new();
	_cleanup_free_ char *path =
		xasprintf("%s%s.wh.%s", buf_str(&w->path), w->path.len ? "/" : "", name);

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0600);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_size(e, 0);
	return put(w, e, err);
}

static int put_regular(
	struct writer *w, int dir, const char *name, const struct stat *st, struct err *err)
{
	_cleanup_entry_ struct archive_entry *e = new_entry(w, st);
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char object[OBJECT_NAME_MAX], text[OBJECT_NAME_MAX + 24];
	int r;

	if (fd < 0)
		return err_set(err, errno, "open %s", buf_str(&w->path));
	r = add_xattrs(w, e, fd, err);
	if (r == 0 && st->st_size > 0) {
		r = object_add(w->o, fd, (uint64_t)st->st_size, object, err);
		if (r < 0)
			return err_wrap(err, "%s", buf_str(&w->path));
		snprintf(text, sizeof(text), "%s:%" PRIu64, object, (uint64_t)st->st_size);
		archive_entry_xattr_add_entry(e, OBJECT_XATTR, text, strlen(text));
	}
	return r < 0 ? r : put(w, e, err);
}

static int put_other(
	struct writer *w, int dir, const char *name, const struct stat *st, struct err *err)
{
	_cleanup_entry_ struct archive_entry *e = new_entry(w, st);
	char target[PATH_MAX];
	ssize_t n;

	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dir, name, target, sizeof(target) - 1);
		if (n < 0)
			return err_set(err, errno, "read the link %s", buf_str(&w->path));
		target[n] = '\0';
		archive_entry_set_symlink(e, target);
	}
	return put(w, e, err);
}

static int put_leaf(
	struct writer *w, int dir, const char *name, const struct stat *st, struct err *err)
{
	const char *first = st->st_nlink > 1 ? links_find(&w->links, st->st_ino) : NULL;

	if (first) {
		_cleanup_entry_ struct archive_entry *e = new_entry(w, st);

		archive_entry_set_hardlink(e, first);
		return put(w, e, err);
	}
	if (st->st_nlink > 1)
		links_add(&w->links, st->st_ino, buf_str(&w->path));
	if (S_ISREG(st->st_mode))
		return put_regular(w, dir, name, st, err);
	return S_ISLNK(st->st_mode) || S_ISFIFO(st->st_mode) ? put_other(w, dir, name, st, err) : 0;
}

static int put_dir(struct writer *w, int fd, bool opaque, struct err *err);

static int put_subdir(struct writer *w, int dir, const char *name, struct err *err)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char value;

	if (fd < 0)
		return err_set(err, errno, "open %s", buf_str(&w->path));
	if (w->depth >= DEPTH_MAX)
		return err_say(err, E2BIG, "directories are nested more than %d deep", DEPTH_MAX);
	return put_dir(
		w, fd, fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y', err);
}

static int put_entry(struct writer *w, int dir, const char *name, struct err *err)
{
	size_t len = w->path.len;
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, errno, "stat %s", name);
	if (whiteout_is(&st))
		return put_marker(w, name, err);
	buf_addf(&w->path, "%s%s", len ? "/" : "", name);
	r = S_ISDIR(st.st_mode) ? put_subdir(w, dir, name, err) : put_leaf(w, dir, name, &st, err);
	w->path.data[w->path.len = len] = '\0';
	return r;
}

static int put_dir(struct writer *w, int fd, bool opaque, struct err *err)
{
	_cleanup_entry_ struct archive_entry *e = NULL;
	int copy, r;
	struct dirent *de;
	struct stat st;
	DIR *dir;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", buf_str(&w->path));
	e = new_entry(w, &st);
	r = add_xattrs(w, e, fd, err);
	if (r == 0)
		r = put(w, e, err);
	if (r == 0 && opaque)
		r = put_marker(w, ".wh..opq", err);
	if (r < 0)
		return r;
	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir) {
		fd_close(copy);
		return err_set(err, errno, "read %s", buf_str(&w->path));
	}
	w->depth++;
	while (r == 0 && (de = readdir(dir)))
		if (!str_eq(de->d_name, ".") && !str_eq(de->d_name, ".."))
			r = put_entry(w, fd, de->d_name, err);
	w->depth--;
	closedir(dir);
	return r;
}

int tree_write(int root, bool opaque, struct objects *o, int fd, struct err *err)
{
	_cleanup_(writer_done) struct writer w = {.a = archive_write_new(), .o = o};
	int r;

	if (!w.a)
		abort();
	/* names are bytes; nothing is converted */
	if (archive_write_set_format_pax(w.a) != ARCHIVE_OK ||
		archive_write_set_format_option(w.a, "pax", "hdrcharset", "BINARY") != ARCHIVE_OK ||
		archive_write_add_filter_zstd(w.a) != ARCHIVE_OK ||
		archive_write_open_fd(w.a, fd) != ARCHIVE_OK)
		return err_say(err, EIO, "libarchive cannot write the tree of a layer: %.200s",
			archive_error_string(w.a));
	r = put_dir(&w, root, opaque, err);
	if (r == 0 && archive_write_close(w.a) != ARCHIVE_OK)
		r = err_set(err, archive_errno(w.a) > 0 ? archive_errno(w.a) : EIO,
			"write the tree of a layer");
	return r;
}
