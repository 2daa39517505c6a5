/*
 * Theory of operation: the stream's blocks are lent to the tar reader and to the recorder alike.  Content is claimed before
 * the reader asks for its next block, so it is never copied; the little that lies in a block behind what the reader has
 * come to is.  Bytes, zeros and references that continue each other are merged, so at most one of the three waits.
 */
#include "storage/transfer/record.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define RAW_MAX	  ((size_t)64 << 10)
#define ZEROS_MIN ((size_t)4 << 10)

struct record {
	int dir, fd, lost;
	struct archive *zip;
	struct err failure; /* of a write inside libarchive's callback */
	struct buf ahead;   /* bytes before @block that mean nothing yet, */
	size_t gone;	    /* but for so many at its beginning */
	const char *block;  /* the rest of the lent block */
	size_t left;	    /* of @block */
	uint64_t at;	    /* offset in the tar of the first byte in @ahead, or of @block */
	struct buf raw;	    /* waiting: bytes, */
	uint64_t zeros;	    /* or zeros, */
	struct buf path;    /* or a part of a file, which is there if ref.len is not 0 */
	struct {
		uint64_t inode, size, offset, len;
	} ref;
};

static la_ssize_t write_file(struct archive *a, void *arg, const void *data, size_t len)
{
	struct record *rec = arg;
	int r = fd_write_full(rec->fd, data, len);

	if (r == 0)
		return (la_ssize_t)len;
	err_set(&rec->failure, -r, "write the layer's record");
	archive_set_error(a, -r, "%s", rec->failure.msg);
	return -1;
}

static int failed(struct record *rec, struct err *err)
{
	if (!rec->failure.code)
		return err_say(err, EIO, "write the layer's record: %s",
			archive_error_string(rec->zip) ? archive_error_string(rec->zip) : "?");
	if (err)
		*err = rec->failure;
	return -rec->failure.code;
}

static int put(struct record *rec, const void *data, size_t len, struct err *err)
{
	return archive_write_data(rec->zip, data, len) == (la_ssize_t)len ? 0 : failed(rec, err);
}

static void add_number(struct buf *b, uint64_t n)
{
	do {
		buf_addc(b, (char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
		n >>= 7;
	} while (n);
}

static int open_zip(struct record *rec, struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r = 0;

	rec->zip = archive_write_new();
	if (!rec->zip || !e)
		abort();
	/* anything but OK would be a program of that name: then better uncompressed */
	if (archive_write_add_filter_zstd(rec->zip) == ARCHIVE_OK) {
		archive_write_set_filter_option(rec->zip, "zstd", "compression-level", "1");
	} else {
		archive_write_free(rec->zip);
		rec->zip = archive_write_new();
		if (!rec->zip)
			abort();
	}
	archive_write_set_format_raw(rec->zip);
	archive_write_set_bytes_per_block(rec->zip, (int)RAW_MAX);
	archive_write_set_bytes_in_last_block(rec->zip, 1);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_pathname(e, "record");
	if (archive_write_open(rec->zip, rec, NULL, write_file, NULL) != ARCHIVE_OK ||
		archive_write_header(rec->zip, e) != ARCHIVE_OK)
		r = failed(rec, err);
	archive_entry_free(e);
	return r < 0 ? r : put(rec, RECORD_MAGIC, strlen(RECORD_MAGIC), err);
}

int record_new(int dir, struct record **ret, struct err *err)
{
	_cleanup_(record_freep) struct record *rec = xcalloc(1, sizeof(*rec));
	int r;

	rec->dir = dir;
	rec->lost = -EBADF;
	rec->ahead.cap = RECORD_AHEAD_MAX;
	rec->fd = openat(dir, "record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (rec->fd < 0)
		return err_set(err, errno, "create the layer's record");
	r = open_zip(rec, err);
	if (r < 0)
		return r;
	*ret = take_ptr(rec);
	return 0;
}

void record_free(struct record *rec)
{
	if (!rec)
		return;
	archive_write_free(rec->zip);
	fd_close(rec->fd);
	fd_close(rec->lost);
	buf_done(&rec->ahead);
	buf_done(&rec->raw);
	buf_done(&rec->path);
	free(rec);
}

/* writes what waits */
static int flush(struct record *rec, struct err *err)
{
	_cleanup_buf_ struct buf head = {0};
	int r = 0;

	if (rec->raw.len) {
		buf_addc(&head, 'R');
		add_number(&head, rec->raw.len);
		buf_add(&head, rec->raw.data, rec->raw.len);
	} else if (rec->zeros) {
		buf_addc(&head, 'Z');
		add_number(&head, rec->zeros);
	} else if (rec->ref.len) {
		buf_addc(&head, 'F');
		add_number(&head, rec->path.len);
		buf_add(&head, rec->path.data, rec->path.len);
		add_number(&head, rec->ref.inode);
		add_number(&head, rec->ref.size);
		add_number(&head, rec->ref.offset);
		add_number(&head, rec->ref.len);
	}
	if (head.len)
		r = put(rec, head.data, head.len, err);
	buf_clear(&rec->raw);
	rec->zeros = rec->ref.len = 0;
	return r;
}

static bool is_zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int add_raw(struct record *rec, const char *data, size_t len, struct err *err)
{
	while (len) {
		size_t n = len < RAW_MAX ? len : RAW_MAX;
		bool zero = n >= ZEROS_MIN && is_zero(data, n);
		int r = 0;

		if (zero ? rec->raw.len || rec->ref.len
			 : rec->zeros || rec->ref.len || rec->raw.len + n > RAW_MAX)
			r = flush(rec, err);
		if (r < 0)
			return r;
		if (zero)
			rec->zeros += n;
		else
			buf_add(&rec->raw, data, n);
		data += n;
		len -= n;
	}
	return 0;
}

/* Takes the bytes before @pos off what waits for its meaning, as bytes if @keep is set. */
static int pass(struct record *rec, uint64_t pos, bool keep, struct err *err)
{
	while (rec->at < pos && (rec->ahead.len || rec->left)) {
		bool old = rec->ahead.len > 0;
		size_t have = old ? rec->ahead.len - rec->gone : rec->left;
		size_t n = pos - rec->at < have ? (size_t)(pos - rec->at) : have;
		int r = keep ? add_raw(rec, old ? rec->ahead.data + rec->gone : rec->block, n, err)
			     : 0;

		if (r < 0)
			return r;
		rec->at += n;
		if (!old) {
			rec->block += n;
			rec->left -= n;
		} else {
			rec->gone = n == have ? 0 : rec->gone + n;
			if (n == have)
				buf_clear(&rec->ahead);
		}
	}
	return 0;
}

int record_turn(struct record *rec, uint64_t pos, struct err *err)
{
	int r = pass(rec, pos, true, err);

	if (r == 0 && rec->left && buf_add(&rec->ahead, rec->block, rec->left) < 0)
		r = err_say(err, EBADMSG, "the archive is malformed: a header of it is too long");
	rec->left = 0;
	return r;
}

void record_block(struct record *rec, const void *data, size_t len)
{
	rec->block = data;
	rec->left = len;
}

static bool continues(const struct record *rec, const struct record_file *f, uint64_t offset)
{
	return rec->ref.len && rec->ref.inode == f->inode &&
	       rec->ref.offset + rec->ref.len == offset && rec->path.len == strlen(f->path) &&
	       memcmp(rec->path.data, f->path, rec->path.len) == 0;
}

int record_content(struct record *rec, const struct record_file *f, uint64_t pos, uint64_t offset,
	uint64_t len, struct err *err)
{
	int r = pass(rec, pos, true, err);

	if (r < 0)
		return r;
	/* the tar reader and the recorder count the same bytes */
	if (rec->at != pos || len > rec->ahead.len - rec->gone + rec->left)
		return err_say(err, EIO, "the layer's record is out of step with its archive");
	if (!continues(rec, f, offset)) {
		r = flush(rec, err);
		if (r < 0)
			return r;
		buf_clear(&rec->path);
		buf_adds(&rec->path, f->path);
		rec->ref.inode = f->inode;
		rec->ref.size = f->size;
		rec->ref.offset = offset;
	}
	rec->ref.len += len;
	return pass(rec, pos + len, false, err);
}

int record_end(struct record *rec, struct err *err)
{
	_cleanup_buf_ struct buf end = {0};
	int r = record_turn(rec, UINT64_MAX, err);

	if (r == 0)
		r = flush(rec, err);
	buf_addc(&end, 'E');
	add_number(&end, rec->at);
	if (r == 0)
		r = put(rec, end.data, end.len, err);
	if (r == 0 && archive_write_close(rec->zip) != ARCHIVE_OK)
		r = failed(rec, err);
	return r;
}

static int keep_file(
	struct record *rec, int parent, const char *name, uint64_t inode, struct err *err)
{
	char to[24];

	if (rec->lost < 0) {
		if (mkdirat(rec->dir, "lost", 0700) < 0)
			return err_set(err, errno, "create a directory for replaced files");
		rec->lost = fs_opendir_at(rec->dir, "lost", err);
		if (rec->lost < 0)
			return rec->lost;
	}
	snprintf(to, sizeof(to), "%llu", (unsigned long long)inode);
	if (renameat(parent, name, rec->lost, to) < 0)
		return err_set(err, errno, "keep the replaced file %s", name);
	/* another of its names is there already: then the rename has done nothing */
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return err_set(err, errno, "replace %s", name);
	return 0;
}

static int keep_tree(struct record *rec, int parent, const char *name, struct err *err)
{
	int r = 0, fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *d;
	struct stat st;
	DIR *dir;

	if (fd < 0)
		return err_set(err, errno, "open the replaced directory %s", name);
	dir = fdopendir(fd);
	if (!dir) {
		r = err_set(err, errno, "read the replaced directory %s", name);
		fd_close(fd);
		return r;
	}
	while (r == 0 && (d = readdir(dir))) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = err_set(err, errno, "stat the replaced %s", d->d_name);
		else
			r = record_keep(rec, fd, d->d_name, &st, err);
	}
	closedir(dir);
	return r;
}

int record_keep(
	struct record *rec, int parent, const char *name, const struct stat *st, struct err *err)
{
	if (S_ISDIR(st->st_mode))
		return keep_tree(rec, parent, name, err);
	if (S_ISREG(st->st_mode) && st->st_size > 0)
		return keep_file(rec, parent, name, st->st_ino, err);
	return 0;
}
