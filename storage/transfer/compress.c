/*
 * Two processes: one writes the tar into a pipe (rebuilder.h), this one compresses.  The result goes to a file, because a registry
 * wants to know its digest, and is asked for it, before the first byte is sent; and a broken upload needs it again.
 */
#include "storage/transfer/compress.h"

#include "runtime/base/fd.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/rebuilder.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <stdio.h>

#define CHUNK ((size_t)256 << 10)

enum compression compression_of(const char *media_type)
{
	if (str_ends(media_type, "+gzip") || str_ends(media_type, ".tar.gzip"))
		return COMPRESSION_GZIP;
	if (str_ends(media_type, "+zstd"))
		return COMPRESSION_ZSTD;
	return str_ends(media_type, ".tar") ? COMPRESSION_NONE : COMPRESSION_OTHER;
}

const char *compression_name(enum compression c)
{
	return c == COMPRESSION_GZIP ? "gzip" : c == COMPRESSION_ZSTD ? "zstd" : "none";
}

struct sink {
	int fd, failure;
	EVP_MD_CTX *hash;
	uint64_t size;
};

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t len)
{
	struct sink *s = arg;
	int r = fd_write_full(s->fd, data, len);

	if (r < 0) {
		s->failure = -r;
		archive_set_error(a, -r, "write");
		return -1;
	}
	EVP_DigestUpdate(s->hash, data, len);
	s->size += len;
	return (la_ssize_t)len;
}

static void archivep(struct archive **a)
{
	archive_write_free(*a);
}

static void hashp(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static int failed(struct archive *a, const struct sink *s, struct err *err)
{
	const char *text = archive_error_string(a);

	if (s->failure)
		return err_set(err, s->failure, "write the compressed layer");
	return err_say(err, EIO, "compress a layer: %s", text ? text : "unknown reason");
}

static int open_archive(
	struct archive *a, struct sink *sink, enum compression c, int level, struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	const char *name = compression_name(c);
	char digits[16];
	int r;

	archive_write_set_format_raw(a);
	r = c == COMPRESSION_GZIP ? archive_write_add_filter_gzip(a)
				  : archive_write_add_filter_zstd(a);
	snprintf(digits, sizeof(digits), "%d", level);
	if (r == ARCHIVE_OK && level >= 0)
		r = archive_write_set_filter_option(a, name, "compression-level", digits);
	if (r == ARCHIVE_OK && c == COMPRESSION_GZIP)
		r = archive_write_set_filter_option(a, name, "timestamp", NULL);
	archive_write_set_bytes_per_block(a, (int)CHUNK);
	archive_write_set_bytes_in_last_block(a, 1);
	if (r == ARCHIVE_OK)
		r = archive_write_open(a, sink, NULL, on_write, NULL);
	archive_entry_set_filetype(e, AE_IFREG);
	if (r == ARCHIVE_OK)
		r = archive_write_header(a, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : failed(a, sink, err);
}

static int pump(struct archive *a, const struct sink *sink, int in,
	void (*progress)(void *arg, uint64_t done), void *arg, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	uint64_t done = 0;

	for (;;) {
		ssize_t n = fd_read_full(in, chunk, CHUNK);

		if (n < 0)
			return err_set(err, (int)-n, "read the layer");
		if (n == 0)
			break;
		if (archive_write_data(a, chunk, (size_t)n) < 0)
			return failed(a, sink, err);
		done += (uint64_t)n;
		if (progress)
			progress(arg, done);
	}
	return archive_write_close(a) == ARCHIVE_OK ? 0 : failed(a, sink, err);
}

int compress_layer(const struct store *s, const char *diff_id, enum compression c, int level,
	void (*progress)(void *arg, uint64_t done), void *arg, char ret_digest[72],
	uint64_t *ret_size, int *ret_fd, struct err *err)
{
	_cleanup_(archivep) struct archive *a = archive_write_new();
	_cleanup_(hashp) EVP_MD_CTX *hash = EVP_MD_CTX_new();
	_cleanup_close_ int fd = pin_nameless(s, err);
	struct rebuilding tar = REBUILDING_INIT;
	struct sink sink = {.fd = fd, .hash = hash};
	int r;

	if (fd < 0)
		return fd;
	if (!a || !hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	r = open_archive(a, &sink, c, level, err);
	if (r == 0)
		r = rebuilder_open(diff_id, &tar, err);
	if (r < 0)
		return r;
	r = rebuilder_end(&tar, pump(a, &sink, tar.in, progress, arg, err), err);
	if (r < 0)
		return r;
	ingest_digest_end(take_ptr(hash), ret_digest);
	*ret_size = sink.size;
	*ret_fd = take_fd(fd);
	return 0;
}

/* Return: how many bytes came, or a negative errno */
static int64_t take_all(int in, int out, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	int64_t sum = 0;
	ssize_t n;

	while ((n = fd_read_full(in, chunk, CHUNK)) > 0) {
		int r = fd_write_full(out, chunk, (size_t)n);

		if (r < 0)
			return err_set(err, -r, "write the layer");
		sum += n;
	}
	return n < 0 ? err_set(err, (int)-n, "read the layer") : sum;
}

int compress_none(const struct store *s, const char *diff_id, uint64_t *ret_size, int *ret_fd,
	struct err *err)
{
	_cleanup_close_ int fd = pin_nameless(s, err);
	struct rebuilding tar = REBUILDING_INIT;
	int64_t sum;
	int r = fd < 0 ? fd : rebuilder_open(diff_id, &tar, err);

	if (r < 0)
		return r;
	sum = take_all(tar.in, fd, err);
	r = rebuilder_end(&tar, sum < 0 ? (int)sum : 0, err);
	if (r < 0)
		return r;
	*ret_size = (uint64_t)sum;
	*ret_fd = take_fd(fd);
	return 0;
}
