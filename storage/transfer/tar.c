#include "storage/transfer/tar.h"

#include "storage/transfer/record.h"

#define BLOCK 512

struct tar {
	struct archive *a;
	struct stream *st;
	struct record *rec; /* may be NULL */
	uint64_t given;	    /* to libarchive */
	uint64_t content; /* where that of the last entry ends; 0: there is none, or it has holes */
	struct err failure; /* of a read inside libarchive's callback */
};

/* the next block, which takes the place of the last one: nothing before @pos can become content any more */
static ssize_t next_block(struct tar *t, uint64_t pos, const void **ret, struct err *err)
{
	int r = t->rec ? record_turn(t->rec, pos, err) : 0;
	ssize_t n = r < 0 ? r : stream_read(t->st, ret, err);

	if (n > 0 && t->rec)
		record_block(t->rec, *ret, (size_t)n);
	if (n > 0)
		t->given += (uint64_t)n;
	return n;
}

/*
 * Some writers of layers, umoci among them, end right behind the last file's content, and Go's reader, which most engines
 * use, takes that.  Return: how much of the padding is missing; nothing else may be.
 */
static size_t missing_padding(const struct tar *t)
{
	uint64_t end = (t->content + BLOCK - 1) / BLOCK * BLOCK;

	return t->content && t->given >= t->content && t->given < end ? (size_t)(end - t->given)
								      : 0;
}

static ssize_t read_block(struct archive *a, void *arg, const void **ret)
{
	static const char zeros[BLOCK];
	struct tar *t = arg;
	ssize_t n = next_block(t, tar_offset(t), ret, &t->failure);

	if (n == 0) {
		n = (ssize_t)missing_padding(t);
		t->given += (uint64_t)n;
		*ret = zeros;
	}
	if (n < 0) {
		archive_set_error(a, t->failure.code, "%s", t->failure.msg);
		return -1;
	}
	return n;
}

static la_int64_t skip_block(struct archive *a, void *arg, la_int64_t len)
{
	struct tar *t = arg;
	uint64_t n = len > 0 && !t->rec ? stream_skip(t->st, (uint64_t)len) : 0;

	(void)a;
	t->given += n;
	return (la_int64_t)n;
}

static int failed(struct tar *t, struct err *err)
{
	const char *text = archive_error_string(t->a);

	if (t->failure.code) {
		if (err)
			*err = t->failure;
		return -t->failure.code;
	}
	return err_say(
		err, EBADMSG, "the archive is malformed: %.300s", text ? text : "unknown reason");
}

int tar_new(struct stream *st, struct tar **ret, struct err *err)
{
	return tar_new_recorded(st, NULL, ret, err);
}

int tar_new_recorded(struct stream *st, struct record *rec, struct tar **ret, struct err *err)
{
	_cleanup_(tar_freep) struct tar *t = xcalloc(1, sizeof(*t));

	t->st = st;
	t->rec = rec;
	t->a = archive_read_new();
	if (!t->a)
		abort();
	archive_read_support_format_tar(t->a);
	archive_read_support_format_empty(t->a);
	if (archive_read_open2(t->a, t, NULL, read_block, skip_block, NULL) != ARCHIVE_OK)
		return failed(t, err);
	*ret = take_ptr(t);
	return 0;
}

static uint64_t entry_size(struct archive_entry *e)
{
	la_int64_t n = archive_entry_size(e);

	return n > 0 ? (uint64_t)n : 0;
}

int tar_next(struct tar *t, struct archive_entry **ret, struct err *err)
{
	int r = archive_read_next_header(t->a, ret);

	if (r == ARCHIVE_EOF)
		return 0;
	/* ARCHIVE_WARN: a name that is not in the locale's character set, which is not ours to judge */
	if (r < ARCHIVE_WARN)
		return failed(t, err);
	t->content = archive_entry_sparse_count(*ret) ? 0 : tar_offset(t) + entry_size(*ret);
	return 1;
}

int tar_data(
	struct tar *t, const void **ret, size_t *ret_len, uint64_t *ret_offset, struct err *err)
{
	la_int64_t offset;
	int r = archive_read_data_block(t->a, ret, ret_len, &offset);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN || offset < 0)
		return failed(t, err);
	*ret_offset = (uint64_t)offset;
	return 1;
}

uint64_t tar_offset(struct tar *t)
{
	la_int64_t n = archive_filter_bytes(t->a, 0);

	return n > 0 ? (uint64_t)n : 0;
}

int tar_drain(struct tar *t, struct err *err)
{
	const void *data;
	ssize_t n;

	do
		n = next_block(t, UINT64_MAX, &data, err);
	while (n > 0);
	return (int)n;
}

void tar_free(struct tar *t)
{
	if (!t)
		return;
	archive_read_free(t->a);
	free(t);
}
