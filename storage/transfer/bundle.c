#include "storage/transfer/bundle.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMBERS_MAX 100000
#define NAMES_CAP   ((size_t)16 << 20)
#define LINKS_MAX   8

struct member {
	char *name, *link; /* cleaned; @link: another member's name, or NULL */
	struct stream_range range;
};

struct bundle {
	int fd;	   /* borrowed */
	int spool; /* ours, or -EBADF */
	bool is_dir;
	struct member *v; /* sorted by name once complete; of equal names the last counts */
	size_t n, names;
};

void bundle_free(struct bundle *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		free(b->v[i].link);
	}
	free(b->v);
	fd_close(b->spool);
	free(b);
}

/* relative and without "..", or NULL */
static char *clean(const char *name)
{
	char *path = NULL;

	while (*name == '/')
		name++;
	path = path_clean(name);
	if (str_eq(path, "..") || str_after(path, "../"))
		free(take_ptr(path));
	return path;
}

/* what a link means: beside its own directory, or from the top */
static char *resolve(const char *name, const char *target, bool hard)
{
	const char *slash = strrchr(name, '/');
	_cleanup_free_ char *path = NULL;

	if (hard || !slash || path_is_abs(target))
		return clean(target);
	path = xasprintf("%.*s/%s", (int)(slash - name), name, target);
	return clean(path);
}

static int add_member(struct bundle *b, struct tar *t, struct archive_entry *e, struct err *err)
{
	const char *raw = archive_entry_pathname(e), *link = archive_entry_hardlink(e);
	struct member m = {0};
	bool hard = link != NULL;

	if (!hard && archive_entry_filetype(e) == AE_IFLNK)
		link = archive_entry_symlink(e);
	if (!raw || (!link && archive_entry_filetype(e) != AE_IFREG))
		return 0;
	if (archive_entry_sparse_count(e) || archive_entry_size(e) < 0)
		return err_say(
			err, EBADMSG, "the archive has a sparse member, which images do not");
	m.name = clean(raw);
	if (!m.name)
		return 0;
	if (link)
		m.link = resolve(m.name, link, hard);
	m.range.offset = tar_offset(t);
	m.range.length = (uint64_t)archive_entry_size(e);
	b->names += strlen(m.name) + (m.link ? strlen(m.link) : 0);
	b->v = b->n & (b->n - 1) ? b->v : xreallocarray(b->v, b->n ? 2 * b->n : 1, sizeof(*b->v));
	b->v[b->n++] = m;
	if (b->n > MEMBERS_MAX || b->names > NAMES_CAP)
		return err_say(err, EBADMSG, "the archive has too many members for an image");
	return 0;
}

/* last of equal names first, so that a search from the front finds it */
static int compare(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	if (c)
		return c;
	return a->range.offset < b->range.offset ? 1 : a->range.offset > b->range.offset ? -1 : 0;
}

static int read_index(struct bundle *b, int fd, struct err *err)
{
	struct stream_range all = {0};
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct archive_entry *e;
	struct stat info;
	int r;

	if (fstat(fd, &info) < 0)
		return err_set(err, errno, "stat the archive");
	all.length = (uint64_t)info.st_size;
	r = stream_new_unhashed(fd, &all, &st, err);
	if (r == 0)
		r = tar_new(st, &t, err);
	if (r < 0)
		return r;
	while ((r = tar_next(t, &e, err)) > 0) {
		r = add_member(b, t, e, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && b->n > 1)
		qsort(b->v, b->n, sizeof(*b->v), compare);
	return r;
}

/* writes the uncompressed archive below tmp/, where nothing has a name for long */
static int make_spool(struct bundle *b, const struct store *s, struct stream *st, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	const char *dir;
	const void *data;
	ssize_t n;
	int r = pin_dir(s, &dir, err);

	if (r < 0)
		return r;
	path = xasprintf("%s/spool", dir);
	b->spool = openat(s->fd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->spool < 0)
		return err_set(err, errno, "create %s/%s", s->path, path);
	unlinkat(s->fd, path, 0);
	while ((n = stream_read(st, &data, err)) > 0) {
		r = fd_write_full(b->spool, data, (size_t)n);
		if (r < 0)
			return err_set(err, -r, "write %s/%s", s->path, path);
	}
	return (int)n;
}

int bundle_open(const struct store *s, int fd, struct bundle **ret, struct err *err)
{
	_cleanup_(bundle_freep) struct bundle *b = xcalloc(1, sizeof(*b));
	_cleanup_(stream_freep) struct stream *st = NULL;
	struct stat info;
	int r = 0;

	b->fd = fd;
	b->spool = -EBADF;
	if (fstat(fd, &info) < 0)
		return err_set(err, errno, "read the archive");
	b->is_dir = S_ISDIR(info.st_mode);
	if (!b->is_dir) {
		struct stream_range all = {.length = (uint64_t)info.st_size};

		r = stream_new_unhashed(fd, S_ISREG(info.st_mode) ? &all : NULL, &st, err);
		if (r == 0 && (!S_ISREG(info.st_mode) || stream_is_compressed(st)))
			r = make_spool(b, s, st, err);
		if (r == 0)
			r = read_index(b, b->spool >= 0 ? b->spool : fd, err);
	}
	if (r < 0)
		return r;
	*ret = take_ptr(b);
	return 0;
}

static const struct member *lookup(const struct bundle *b, const char *name)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(b->v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->n && str_eq(b->v[lo].name, name) ? &b->v[lo] : NULL;
}

static int find_in_dir(const struct bundle *b, const char *name, int *ret_fd, bool *ret_own,
	struct stream_range *ret, struct err *err)
{
	_cleanup_close_ int fd =
		path_open_in_root(b->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_say(err, EBADMSG, "%s is not a regular file", name);
	*ret = (struct stream_range){.length = (uint64_t)st.st_size};
	*ret_own = true;
	*ret_fd = take_fd(fd);
	return 0;
}

int bundle_find(struct bundle *b, const char *name, int *ret_fd, bool *ret_own,
	struct stream_range *ret, struct err *err)
{
	_cleanup_free_ char *path = clean(name);
	const struct member *m;

	if (!path)
		return err_say(
			err, EBADMSG, "the archive is refused: it refers to \"%.200s\"", name);
	if (b->is_dir)
		return find_in_dir(b, path, ret_fd, ret_own, ret, err);
	m = lookup(b, path);
	for (int i = 0; m && m->link && i < LINKS_MAX; i++)
		m = lookup(b, m->link);
	if (!m || m->link)
		return err_say(err, ENOENT, "%s is missing in the archive", name);
	*ret = m->range;
	*ret_own = false;
	*ret_fd = b->spool >= 0 ? b->spool : b->fd;
	return 0;
}

bool bundle_is_dir(const struct bundle *b)
{
	return b->is_dir;
}

bool bundle_has(struct bundle *b, const char *name)
{
	struct stream_range range;
	bool own = false;
	int fd;

	if (bundle_find(b, name, &fd, &own, &range, NULL) < 0)
		return false;
	if (own)
		fd_close(fd);
	return true;
}

int bundle_read(struct bundle *b, const char *name, struct buf *ret, struct err *err)
{
	_cleanup_close_ int owned = -EBADF;
	struct stream_range range;
	char chunk[16384];
	bool own = false;
	int fd, r = bundle_find(b, name, &fd, &own, &range, err);

	if (r < 0)
		return r;
	if (own)
		owned = fd;
	while (range.length) {
		size_t want = range.length < sizeof(chunk) ? (size_t)range.length : sizeof(chunk);
		ssize_t n = pread(fd, chunk, want, (off_t)range.offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "read %s", name);
		if (n == 0)
			return err_say(err, EBADMSG, "the archive is truncated in %s", name);
		if (buf_add(ret, chunk, (size_t)n) < 0)
			return err_say(err, EBADMSG, "%s is larger than it may be", name);
		range.offset += (uint64_t)n;
		range.length -= (uint64_t)n;
	}
	return 0;
}
