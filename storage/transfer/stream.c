#include "storage/transfer/stream.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "storage/transfer/gunzip.h"

#include <archive.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IN_SIZE	 ((size_t)128 << 10)
#define OUT_SIZE ((size_t)256 << 10)

enum kind { PLAIN, GZIP, FILTERED };

struct stream {
	int fd, keep;
	const char *name; /* of the compression, or NULL */
	bool ranged, in_eof, end;
	uint64_t offset, left; /* of the range */
	uint64_t taken, given;
	EVP_MD_CTX *in_hash, *out_hash;
	enum kind kind;
	unsigned char *in, *out;
	size_t have, pos; /* what is in @in, and how much of it has been used */
	struct gunzip *gunzip;
	bool member_done;
	struct archive *filter;
	struct err failure; /* of a read inside libarchive's callback */
};

static EVP_MD_CTX *new_hash(void)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
		abort();
	return c;
}

static void hash_text(EVP_MD_CTX *c, char ret[STREAM_DIGEST_MAX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_DigestFinal_ex(c, md, &len) != 1 || len != 32)
		abort();
	memcpy(ret, "sha256:", 7);
	for (unsigned i = 0; i < len; i++)
		snprintf(ret + 7 + 2 * i, 3, "%02x", md[i]);
}

/* Fills an empty input buffer.  Return: bytes there, 0 at the end, or a negative errno */
static ssize_t fill(struct stream *st, struct err *err)
{
	size_t want = IN_SIZE;
	ssize_t n;

	if (st->pos < st->have)
		return (ssize_t)(st->have - st->pos);
	st->pos = st->have = 0;
	if (st->in_eof)
		return 0;
	if (st->ranged && st->left < want)
		want = (size_t)st->left;
	do
		n = st->ranged ? pread(st->fd, st->in, want, (off_t)st->offset)
			       : read(st->fd, st->in, want);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, errno, "read the archive");
	if (n == 0) {
		if (st->ranged && st->left)
			return err_say(err, EBADMSG, "the archive is truncated");
		st->in_eof = true;
		return 0;
	}
	if (st->in_hash)
		EVP_DigestUpdate(st->in_hash, st->in, (size_t)n);
	st->taken += (uint64_t)n;
	st->offset += (uint64_t)n;
	st->left -= st->ranged ? (uint64_t)n : 0;
	st->have = (size_t)n;
	if (st->keep >= 0) {
		int r = fd_write_full(st->keep, st->in, (size_t)n);

		if (r < 0)
			return err_set(err, -r, "write the compressed layer");
	}
	return n;
}

/* The first bytes may come in pieces from a pipe; the formats are recognised by six at most. */
static int fill_head(struct stream *st, struct err *err)
{
	ssize_t n = fill(st, err);

	while (n > 0 && st->have < 6 && !st->in_eof && !(st->ranged && !st->left)) {
		ssize_t more = st->ranged ? pread(st->fd, st->in + st->have, 1, (off_t)st->offset)
					  : read(st->fd, st->in + st->have, 1);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return err_set(err, errno, "read the archive");
		if (more == 0)
			break;
		if (st->in_hash)
			EVP_DigestUpdate(st->in_hash, st->in + st->have, 1);
		st->have++;
		st->taken++;
		st->offset++;
		st->left -= st->ranged;
	}
	return n < 0 ? (int)n : 0;
}

static ssize_t filter_read(struct archive *a, void *arg, const void **ret)
{
	struct stream *st = arg;
	ssize_t n = fill(st, &st->failure);

	if (n < 0) {
		archive_set_error(a, st->failure.code, "%s", st->failure.msg);
		return -1;
	}
	*ret = st->in + st->pos;
	st->pos = st->have;
	return n;
}

static int filter_failed(struct stream *st, struct err *err)
{
	const char *text = archive_error_string(st->filter);

	if (st->failure.code) {
		if (err)
			*err = st->failure;
		return -st->failure.code;
	}
	return err_say(
		err, EBADMSG, "the compressed data is corrupt: %s", text ? text : "unknown reason");
}

/* Return: 1, 0 if there is nothing in it, or a negative errno */
static int open_filter(struct stream *st, struct err *err)
{
	struct archive_entry *entry;
	int r;

	st->filter = archive_read_new();
	if (!st->filter)
		abort();
	archive_read_support_filter_zstd(st->filter);
	archive_read_support_filter_xz(st->filter);
	archive_read_support_filter_bzip2(st->filter);
	archive_read_support_format_raw(st->filter);
	archive_read_support_format_empty(st->filter);
	r = archive_read_open(st->filter, st, NULL, filter_read, NULL);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(st->filter, &entry);
	/* what breaks off before its first byte seems empty, too */
	if (r == ARCHIVE_EOF && !archive_errno(st->filter))
		return 0;
	return r == ARCHIVE_OK ? 1 : filter_failed(st, err);
}

/* Return: the name of the compression, or NULL */
static const char *recognise(const unsigned char *p, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *name;
	} known[] = {
		{"\x1f\x8b", 2, "gzip"},
		{"\x28\xb5\x2f\xfd", 4, "zstd"},
		{"\xfd"
		 "7zXZ",
			5, "xz"},
		{"BZh", 3, "bzip2"},
	};

	/* a zstd stream may begin with a skippable frame, as zstd:chunked and pzstd write it */
	if (n >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0)
		return "zstd";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (n >= known[i].len && memcmp(p, known[i].magic, known[i].len) == 0)
			return known[i].name;
	return NULL;
}

static int open_stream(
	int fd, const struct stream_range *range, bool hashed, struct stream **ret, struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = xcalloc(1, sizeof(*st));
	int r;

	st->fd = fd;
	st->keep = -EBADF;
	st->in = xmalloc(IN_SIZE);
	st->in_hash = hashed ? new_hash() : NULL;
	if (range) {
		st->ranged = true;
		st->offset = range->offset;
		st->left = range->length;
	}
	r = fill_head(st, err);
	if (r < 0)
		return r;
	st->name = recognise(st->in, st->have);
	st->kind = !st->name ? PLAIN : str_eq(st->name, "gzip") ? GZIP : FILTERED;
	if (st->kind != PLAIN && hashed)
		st->out_hash = new_hash();
	if (st->kind == GZIP) {
		st->out = xmalloc(OUT_SIZE);
		r = gunzip_new(false, &st->gunzip, err);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(st);
	return 0;
}

int stream_new(int fd, const struct stream_range *range, struct stream **ret, struct err *err)
{
	return open_stream(fd, range, true, ret, err);
}

int stream_new_unhashed(
	int fd, const struct stream_range *range, struct stream **ret, struct err *err)
{
	return open_stream(fd, range, false, ret, err);
}

uint64_t stream_skip(struct stream *st, uint64_t len)
{
	if (st->kind != PLAIN || !st->ranged || st->in_hash || st->pos < st->have)
		return 0;
	if (len > st->left)
		len = st->left;
	st->offset += len;
	st->left -= len;
	st->taken += len;
	st->given += len;
	return len;
}

/* What follows a member of gzip: another one, padding of zeros, or the end. */
static int next_member(struct stream *st, struct err *err)
{
	ssize_t n = fill(st, err);

	if (n <= 0)
		return (int)n;
	if (st->in[st->pos] == 0x1f) {
		st->member_done = false;
		gunzip_restart(st->gunzip);
		return 1;
	}
	do {
		for (; st->pos < st->have; st->pos++)
			if (st->in[st->pos])
				return err_say(err, EBADMSG,
					"the compressed data is corrupt: garbage follows it");
	} while ((n = fill(st, err)) > 0);
	return (int)n;
}

static ssize_t read_gzip(struct stream *st, const void **ret, struct err *err)
{
	struct gunzip_io io = {.out = st->out, .room = OUT_SIZE};

	while (io.room == OUT_SIZE) {
		ssize_t n;
		int r;

		if (st->member_done) {
			r = next_member(st, err);
			if (r <= 0)
				return r;
		}
		n = fill(st, err);
		if (n < 0)
			return n;
		io.in = st->in + st->pos;
		io.left = (size_t)n;
		/* at the end of the input, too: it may hold back output until there is room */
		r = gunzip_step(st->gunzip, &io, err);
		if (r < 0)
			return r;
		st->pos = st->have - io.left;
		st->member_done = r;
		if (n == 0 && r == 0 && io.room == OUT_SIZE)
			return err_say(err, EBADMSG, "the compressed data is truncated");
	}
	*ret = st->out;
	return (ssize_t)(OUT_SIZE - io.room);
}

static ssize_t read_filtered(struct stream *st, const void **ret, struct err *err)
{
	/* not before: opening it reads on, and the input may have to be kept */
	int opened = st->filter ? 1 : open_filter(st, err);

	if (opened < 0)
		return opened;
	while (opened) {
		la_int64_t offset;
		size_t n;
		int r = archive_read_data_block(st->filter, ret, &n, &offset);

		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return filter_failed(st, err);
		if (n)
			return (ssize_t)n;
	}
	/* the filter may stop before the input does: what follows belongs to the digest all the same */
	for (;;) {
		ssize_t n = fill(st, err);

		if (n <= 0)
			return n;
		st->pos = st->have;
	}
}

ssize_t stream_read(struct stream *st, const void **ret, struct err *err)
{
	ssize_t n;

	if (st->end)
		return 0;
	if (st->kind == GZIP) {
		n = read_gzip(st, ret, err);
	} else if (st->kind == FILTERED) {
		n = read_filtered(st, ret, err);
	} else {
		n = fill(st, err);
		*ret = st->in + st->pos;
		st->pos = st->have;
	}
	if (n == 0)
		st->end = true;
	if (n > 0) {
		if (st->out_hash)
			EVP_DigestUpdate(st->out_hash, *ret, (size_t)n);
		st->given += (uint64_t)n;
	}
	return n;
}

int stream_drain(struct stream *st, struct err *err)
{
	const void *data;
	ssize_t n;

	do
		n = stream_read(st, &data, err);
	while (n > 0);
	return (int)n;
}

bool stream_is_compressed(const struct stream *st)
{
	return st->kind != PLAIN;
}

const char *stream_kind(const struct stream *st)
{
	return st->name;
}

int stream_keep(struct stream *st, int fd, struct err *err)
{
	int r = fd_write_full(fd, st->in, st->have);

	if (r < 0)
		return err_set(err, -r, "write the compressed layer");
	st->keep = fd;
	return 0;
}

uint64_t stream_taken(const struct stream *st)
{
	return st->taken;
}

uint64_t stream_given(const struct stream *st)
{
	return st->given;
}

void stream_digests(
	struct stream *st, char ret_in[STREAM_DIGEST_MAX], char ret_out[STREAM_DIGEST_MAX])
{
	hash_text(st->in_hash, ret_in);
	if (st->out_hash)
		hash_text(st->out_hash, ret_out);
	else
		memcpy(ret_out, ret_in, STREAM_DIGEST_MAX);
}

void stream_free(struct stream *st)
{
	if (!st)
		return;
	EVP_MD_CTX_free(st->in_hash);
	EVP_MD_CTX_free(st->out_hash);
	gunzip_free(st->gunzip);
	if (st->filter)
		archive_read_free(st->filter);
	free(st->in);
	free(st->out);
	free(st);
}
