#include "storage/transfer/view.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "storage/transfer/whiteout.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NOBODY	  65534
#define NAMES_MAX ((size_t)1 << 20) /* of one directory, in all its layers */

/* while names are collected: hidden ones are dropped once it is known which layer decides */
struct found {
	char *name;
	size_t at;
	bool hidden;
};

struct finds {
	struct found *v;
	size_t n, size;
};

static void finds_done(struct finds *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].name);
	free(f->v);
}

void view_names_done(struct view_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].name);
	free(names->v);
	*names = (struct view_names){0};
}

void view_dir_done(struct view_dir *d)
{
	for (size_t i = 0; i < d->n; i++)
		fd_close(d->fd[i]);
	free(d->fd);
	*d = (struct view_dir){0};
}

void view_done(struct view *v)
{
	idmaps_done(&v->owners);
	view_dir_done(&v->root);
}

static void add_dir(struct view_dir *d, int fd)
{
	d->fd = xreallocarray(d->fd, d->n + 1, sizeof(*d->fd));
	d->fd[d->n++] = fd;
}

void view_push(struct view *v, int fd)
{
	add_dir(&v->root, fd);
}

/* the first character of the mark "opaque": 'y', 'x' where the directory has whiteouts that are files, or '\0' */
static char opaque_mark(const struct view *v, int fd)
{
	static const char *const names[] = {
		"user.overlay.opaque", "trusted.overlay.opaque", "user.fuseoverlayfs.opaque"};
	char value, mark = '\0';

	if (v->plain)
		return mark;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fgetxattr(fd, names[i], &value, 1) == 1 && (value == 'y' || !mark))
			mark = value;
	if (v->marker_files && faccessat(fd, ".wh..wh..opq", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 'y';
	return mark;
}

static bool is_whiteout_file(int dirfd, const char *name)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 &&
	       (fgetxattr(fd, "user.overlay.whiteout", NULL, 0) >= 0 ||
		       fgetxattr(fd, "trusted.overlay.whiteout", NULL, 0) >= 0);
}

static bool is_hidden(const struct view *v, int dirfd, const struct dirent *de, char mark)
{
	struct stat st;

	if (v->plain)
		return false;
	if (mark == 'x' && (de->d_type == DT_REG || de->d_type == DT_UNKNOWN) &&
		is_whiteout_file(dirfd, de->d_name))
		return true;
	if (de->d_type != DT_CHR && de->d_type != DT_UNKNOWN)
		return false;
	return fstatat(dirfd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && whiteout_is(&st);
}

static void add_found(struct finds *f, const char *name, size_t at, bool hidden)
{
	if (f->n == f->size) {
		f->size = f->size ? 2 * f->size : 64;
		f->v = xreallocarray(f->v, f->size, sizeof(*f->v));
	}
	f->v[f->n++] = (struct found){xstrdup(name), at, hidden};
}

static void take_name(const struct view *v, int fd, size_t at, const struct dirent *de, char mark,
	struct finds *f)
{
	const char *name = NULL;

	if (v->marker_files) {
		switch (whiteout_parse(de->d_name, &name)) {
		case WHITEOUT_NONE:
			break;
		case WHITEOUT_FILE:
			add_found(f, name, at, true);
			return;
		default:
			return;
		}
	}
	add_found(f, de->d_name, at, is_hidden(v, fd, de, mark));
}

/* NULL at the end, with errno 0, or after a failure */
static struct dirent *next_entry(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

static int read_names(const struct view *v, int fd, size_t at, struct finds *f, struct err *err)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	char mark = opaque_mark(v, fd);
	struct dirent *de;
	DIR *dir;

	/* removed meanwhile: it is empty */
	if (own < 0 && errno == ENOENT)
		return 0;
	dir = own < 0 ? NULL : fdopendir(own);
	if (!dir) {
		r = err_set(err, errno, "read a directory");
		fd_close(own);
		return r;
	}
	while (r == 0 && (de = next_entry(dir))) {
		if (str_eq(de->d_name, ".") || str_eq(de->d_name, ".."))
			continue;
		if (f->n == NAMES_MAX)
			r = err_say(err, E2BIG, "a directory has more than %zu entries", NAMES_MAX);
		else
			take_name(v, fd, at, de, mark, f);
	}
	if (r == 0 && errno && errno != ENOENT)
		r = err_set(err, errno, "read a directory");
	closedir(dir);
	return r;
}

/* by name; then the higher layer, and in it a file before the mark that hides it from below, comes first */
static int by_name(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c)
		return c;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->hidden - (int)y->hidden;
}

int view_list(
	const struct view *v, const struct view_dir *d, struct view_names *ret, struct err *err)
{
	_cleanup_(finds_done) struct finds f = {0};
	struct view_names names = {0};

	for (size_t i = 0; i < d->n; i++) {
		int r = read_names(v, d->fd[i], i, &f, err);

		if (r < 0)
			return r;
	}
	if (f.n > 1)
		qsort(f.v, f.n, sizeof(*f.v), by_name);
	names.v = xcalloc(f.n ? f.n : 1, sizeof(*names.v));
	for (size_t i = 0; i < f.n; i++) {
		if (f.v[i].hidden || (i && str_eq(f.v[i].name, f.v[i - 1].name)))
			continue;
		names.v[names.n++] = (struct view_name){xstrdup(f.v[i].name), f.v[i].at};
	}
	*ret = names;
	return 0;
}

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct view_name *)entry)->name);
}

const struct view_name *view_find(const struct view_names *names, const char *name)
{
	return names->n ? bsearch(name, names->v, names->n, sizeof(*names->v), compare_name) : NULL;
}

/* Return: a descriptor, -ENOENT if there is no directory, or another negative errno */
static int open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return -ENOENT;
	return fd < 0 ? -errno : fd;
}

static bool hides(const struct view *v, const struct view_dir *d, size_t at, const char *name)
{
	_cleanup_free_ char *marker = NULL;
	struct stat st;

	/* whatever is there and is no directory hides those of lower layers: files and whiteouts alike */
	if (fstatat(d->fd[at], name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		return true;
	if (!v->marker_files)
		return false;
	marker = xasprintf(".wh.%s", name);
	return faccessat(d->fd[at], marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int view_enter(const struct view *v, const struct view_dir *d, const struct view_name *name,
	struct view_dir *ret, struct err *err)
{
	struct view_dir dir = {0};

	for (size_t i = name->at; i < d->n; i++) {
		int fd = open_dir(d->fd[i], name->name);
		bool last;

		if (fd == -ENOENT) {
			if (i == name->at || hides(v, d, i, name->name))
				break;
			continue;
		}
		if (fd < 0) {
			view_dir_done(&dir);
			return err_set(err, -fd, "open the directory %s", name->name);
		}
		last = opaque_mark(v, fd) == 'y';
		if (!dir.n)
			dir.opaque = last;
		add_dir(&dir, fd);
		if (last || hides(v, d, i, name->name))
			break;
	}
	if (!dir.n)
		return -ENOENT;
	*ret = dir;
	return 0;
}

void view_owner(const struct view *v, struct stat *st)
{
	if (v->owners.uid.n && !idmap_to_inside(&v->owners.uid, st->st_uid, &st->st_uid))
		st->st_uid = NOBODY;
	if (v->owners.gid.n && !idmap_to_inside(&v->owners.gid, st->st_gid, &st->st_gid))
		st->st_gid = NOBODY;
}

bool view_same(const struct view_dir *a, const struct view_dir *b)
{
	if (a->n != b->n || !a->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!fd_same_file(a->fd[i], b->fd[i]))
			return false;
	return true;
}
