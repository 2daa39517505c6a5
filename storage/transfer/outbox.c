#include "storage/transfer/outbox.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)64 << 10)

struct outbox {
	int fd, file; /* @file: the one being written in a directory, under the name @tmp until it is whole */
	char tmp[32];
	bool dir;
	struct archive *a;
	uint64_t left; /* bytes that the file in the archive still wants */
	struct strv names;
	struct err failure; /* of a write inside libarchive's callback */
};

static la_ssize_t write_block(struct archive *a, void *arg, const void *data, size_t len)
{
	struct outbox *o = arg;
	int r = fd_write_full(o->fd, data, len);

	if (r == 0)
		return (la_ssize_t)len;
	err_set(&o->failure, -r, "write the archive");
	archive_set_error(a, -r, "%s", o->failure.msg);
	return -1;
}

static int failed(struct outbox *o, struct err *err)
{
	const char *text = archive_error_string(o->a);

	if (!o->failure.code)
		return err_say(err, EIO, "write the archive: %s", text ? text : "unknown reason");
	if (err)
		*err = o->failure;
	return -o->failure.code;
}

int outbox_new(int fd, struct outbox **ret, struct err *err)
{
	_cleanup_(outbox_freep) struct outbox *o = xcalloc(1, sizeof(*o));
	struct stat st;

	o->fd = fd;
	o->file = -EBADF;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat the output");
	o->dir = S_ISDIR(st.st_mode);
	if (!o->dir) {
		o->a = archive_write_new();
		if (!o->a)
			abort();
		/* sizes beyond 8 GiB are the only thing of GNU's that can come */
		archive_write_set_format_gnutar(o->a);
		archive_write_set_bytes_per_block(o->a, (int)BLOCK);
		archive_write_set_bytes_in_last_block(o->a, 1);
		if (archive_write_open(o->a, o, NULL, write_block, NULL) != ARCHIVE_OK)
			return failed(o, err);
	}
	*ret = take_ptr(o);
	return 0;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	if (o->a)
		archive_write_free(o->a);
	fd_close(o->file);
	if (o->tmp[0])
		unlinkat(o->fd, o->tmp, 0);
	strv_done(&o->names);
	free(o);
}

bool outbox_is_dir(const struct outbox *o)
{
	return o->dir;
}

bool outbox_has(const struct outbox *o, const char *name)
{
	struct stat st;

	if (strv_has(&o->names, name))
		return true;
	return o->dir && fstatat(o->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int write_header(
	struct outbox *o, const char *name, unsigned type, uint64_t size, struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		abort();
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_size(e, (la_int64_t)size);
	r = archive_write_header(o->a, e) == ARCHIVE_OK ? 0 : failed(o, err);
	archive_entry_free(e);
	return r;
}

int outbox_mkdir(struct outbox *o, const char *name, struct err *err)
{
	struct stat st;

	if (!o->dir)
		return write_header(o, name, AE_IFDIR, 0, err);
	if (mkdirat(o->fd, name, 0755) == 0)
		return 0;
	/* a link would lead out of it */
	if (errno == EEXIST && fstatat(o->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(st.st_mode))
		return 0;
	return err_set(err, EEXIST, "create the directory %s", name);
}

int outbox_begin(struct outbox *o, const char *name, uint64_t size, struct err *err)
{
	strv_add(&o->names, name);
	o->left = size;
	if (!o->dir)
		return write_header(o, name, AE_IFREG, size, err);
	snprintf(o->tmp, sizeof(o->tmp), ".incoming-");
	fs_random_hex(o->tmp + strlen(o->tmp), 16);
	o->file = openat(o->fd, o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (o->file >= 0)
		return 0;
	o->tmp[0] = '\0';
	return err_set(err, errno, "create %s", name);
}

int outbox_write(struct outbox *o, const void *data, size_t len, struct err *err)
{
	int r;

	if (o->dir) {
		r = fd_write_full(o->file, data, len);
		return r < 0 ? err_set(err, -r, "write a file") : 0;
	}
	/* libarchive would cut off what is too much without a word */
	if (len > o->left)
		return err_say(err, EBADMSG, "a file is larger than its record says");
	o->left -= len;
	return !len || archive_write_data(o->a, data, len) == (la_ssize_t)len ? 0 : failed(o, err);
}

int outbox_end(struct outbox *o, struct err *err)
{
	const char *name;

	if (!o->dir && o->left)
		return err_say(err, EBADMSG, "a file is smaller than its record says");
	/* a network file system tells only now that the disk is full */
	if (!o->dir)
		return 0;
	if (close(take_fd(o->file)) < 0)
		return err_set(err, errno, "write a file");
	name = o->names.v[o->names.n - 1];
	if (renameat(o->fd, o->tmp, o->fd, name) < 0)
		return err_set(err, errno, "create %s", name);
	o->tmp[0] = '\0';
	return 0;
}

int outbox_put(struct outbox *o, const char *name, const void *data, size_t len, struct err *err)
{
	int r = outbox_begin(o, name, len, err);

	if (r == 0)
		r = outbox_write(o, data, len, err);
	return r < 0 ? r : outbox_end(o, err);
}

int outbox_close(struct outbox *o, struct err *err)
{
	return o->dir || archive_write_close(o->a) == ARCHIVE_OK ? 0 : failed(o, err);
}
