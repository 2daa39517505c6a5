#include "tests/unit/unit.h"

#include "storage/transfer/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define SIZE ((size_t)700000)

/* bytes that do not compress to nothing */
static unsigned char *noise(void)
{
	unsigned char *p = xmalloc(SIZE);
	uint32_t x = 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1103515245 + 12345;
		p[i] = (unsigned char)(x >> 16 & 15);
	}
	return p;
}

static int memory(const void *data, size_t len)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, data, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* @data compressed with a filter of libarchive */
static void compress(struct buf *b, const char *filter, const void *data, size_t len)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	char *out = xmalloc(2 * SIZE);
	size_t used = 0;

	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, out, 2 * SIZE, &used), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, data, len), len);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(e);
	assert_int_equal(buf_add(b, out, used), 0);
	free(out);
}

static void digest(const void *data, size_t len, char ret[STREAM_DIGEST_MAX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	assert_int_equal(EVP_Digest(data, len, md, &n, EVP_sha256(), NULL), 1);
	snprintf(ret, STREAM_DIGEST_MAX, "sha256:");
	for (unsigned i = 0; i < n; i++)
		snprintf(ret + 7 + i * 2, 3, "%02x", md[i]);
}

/* reads all of a descriptor that it closes; @out takes what comes */
static int read_all(int fd, const struct stream_range *range, struct buf *out)
{
	struct stream *st = NULL;
	struct err err = {0};
	const void *data;
	ssize_t n = stream_new(fd, range, &st, &err);

	if (n == 0)
		while ((n = stream_read(st, &data, &err)) > 0)
			assert_int_equal(buf_add(out, data, (size_t)n), 0);
	/* the end stays the end */
	if (n == 0)
		assert_int_equal(stream_read(st, &data, &err), 0);
	assert_int_equal(err.code, -n);
	stream_free(st);
	fd_close(fd);
	return (int)n;
}

/* @in gives @len bytes of @data, and both digests are right */
static void gives(const struct buf *in, const void *data, size_t len, bool compressed)
{
	char in_want[STREAM_DIGEST_MAX], out_want[STREAM_DIGEST_MAX], in_got[STREAM_DIGEST_MAX],
		out_got[STREAM_DIGEST_MAX];
	_cleanup_buf_ struct buf out = {.cap = 4 * SIZE};
	_cleanup_close_ int fd = memory(in->data, in->len);
	struct stream *st = NULL;
	struct err err = {0};

	assert_int_equal(read_all(memory(in->data, in->len), NULL, &out), 0);
	assert_int_equal(out.len, len);
	assert_memory_equal(buf_str(&out), data, len);
	assert_int_equal(stream_new(fd, NULL, &st, &err), 0);
	assert_int_equal(stream_is_compressed(st), compressed);
	assert_int_equal(stream_drain(st, &err), 0);
	assert_int_equal(stream_taken(st), in->len);
	assert_int_equal(stream_given(st), len);
	stream_digests(st, in_got, out_got);
	digest(in->data, in->len, in_want);
	digest(data, len, out_want);
	assert_string_equal(in_got, in_want);
	assert_string_equal(out_got, out_want);
	stream_free(st);
}

static void test_formats(void **state)
{
	static const char *const filters[] = {"gzip", "zstd", "xz", "bzip2"};
	unsigned char *data = noise();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct buf b = {.cap = 4 * SIZE};

		compress(&b, filters[i], data, SIZE);
		assert_true(b.len < SIZE);
		gives(&b, data, SIZE, true);
		buf_done(&b);
	}
	gives(&(struct buf){.data = (char *)data, .len = SIZE}, data, SIZE, false);
	free(data);
}

/* short ones, and what only begins like a format */
static void test_plain(void **state)
{
	static const char *const texts[] = {"", "x", "\x1f", "\x1f\x8a", "BZ", "BZx",
		"\x28\xb5\x2f",
		("\xfd"
		 "7zX"),
		"hello world", "\x50\x2a\x4d", "\x60\x2a\x4d\x18"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf b = {0};

		buf_adds(&b, texts[i]);
		gives(&b, texts[i], strlen(texts[i]), false);
		buf_done(&b);
	}
}

static void test_zstd_skippable(void **state)
{
	struct buf b = {0};

	(void)state;
	/* a frame of three bytes that means nothing */
	buf_add(&b, "\x5a\x2a\x4d\x18\3\0\0\0abc", 11);
	compress(&b, "zstd", "hello", 5);
	gives(&b, "hello", 5, true);
	buf_done(&b);
}

/* several members, and padding behind the last one */
static void test_gzip_members(void **state)
{
	_cleanup_buf_ struct buf b = {0}, out = {0};
	static const char zeros[1000];

	(void)state;
	compress(&b, "gzip", "one ", 4);
	compress(&b, "gzip", "", 0);
	compress(&b, "gzip", "two", 3);
	gives(&b, "one two", 7, true);
	buf_add(&b, zeros, sizeof(zeros));
	gives(&b, "one two", 7, true);
	buf_addc(&b, 'x');
	assert_int_equal(read_all(memory(b.data, b.len), NULL, &out), -EBADMSG);
}

static void test_corrupt(void **state)
{
	static const char *const filters[] = {"gzip", "zstd", "xz", "bzip2"};
	unsigned char *data = noise();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_buf_ struct buf b = {.cap = 4 * SIZE}, out = {.cap = 4 * SIZE};

		compress(&b, filters[i], data, SIZE);
		/* cut off: in the middle, and one byte before the end */
		assert_int_equal(read_all(memory(b.data, b.len / 2), NULL, &out), -EBADMSG);
		buf_clear(&out);
		assert_int_equal(read_all(memory(b.data, b.len - 1), NULL, &out), -EBADMSG);
		/* zstd has no checksum unless its writer asked for one */
		if (str_eq(filters[i], "zstd"))
			continue;
		buf_clear(&out);
		b.data[b.len / 2] ^= 0x55;
		assert_int_equal(read_all(memory(b.data, b.len), NULL, &out), -EBADMSG);
	}
	{
		/* the checksum of gzip */
		_cleanup_buf_ struct buf b = {0}, out = {0};

		compress(&b, "gzip", "hello", 5);
		b.data[b.len - 8] ^= 1;
		assert_int_equal(read_all(memory(b.data, b.len), NULL, &out), -EBADMSG);
	}
	free(data);
}

/* from a pipe that gives a byte at a time */
static void test_pipe(void **state)
{
	_cleanup_buf_ struct buf b = {0}, out = {0};
	int fds[2], status;
	pid_t pid;

	(void)state;
	compress(&b, "xz", "hello", 5);
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < b.len; i++) {
			if (i < 8)
				usleep(2000);
			if (write(fds[1], b.data + i, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	fd_close(fds[1]);
	assert_int_equal(read_all(fds[0], NULL, &out), 0);
	assert_string_equal(buf_str(&out), "hello");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_range(void **state)
{
	_cleanup_buf_ struct buf b = {0}, out = {0};
	struct stream_range range = {.offset = 6};
	struct stream *st = NULL;
	struct err err = {0};
	const void *data;
	int fd;

	(void)state;
	buf_adds(&b, "before");
	compress(&b, "gzip", "inside", 6);
	range.length = b.len - 6;
	buf_adds(&b, "behind it is something else");
	assert_int_equal(read_all(memory(b.data, b.len), &range, &out), 0);
	assert_string_equal(buf_str(&out), "inside");
	/* plain bytes, fewer than a format's mark has, and none */
	for (size_t n = 0; n < 8; n++) {
		buf_clear(&out);
		range = (struct stream_range){1, n};
		assert_int_equal(read_all(memory("0123456789", 10), &range, &out), 0);
		assert_int_equal(out.len, n);
		assert_memory_equal(buf_str(&out), "1234567", n);
	}
	/* more than there is */
	buf_clear(&out);
	range = (struct stream_range){5, 6};
	assert_int_equal(read_all(memory("0123456789", 10), &range, &out), -EBADMSG);

	/* passing over, which the reading of the head has not done already */
	b.len = 0;
	b.cap = 4 * SIZE;
	for (int i = 0; i < 300000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	fd = memory(b.data, b.len);
	range = (struct stream_range){0, b.len};
	assert_int_equal(stream_new_unhashed(fd, &range, &st, &err), 0);
	assert_int_equal(stream_skip(st, 10), 0);
	assert_int_equal(stream_read(st, &data, &err), 128 << 10);
	assert_int_equal(stream_skip(st, 10), 10);
	assert_true(stream_read(st, &data, &err) > 0);
	assert_int_equal(*(const char *)data, 'a' + ((128 << 10) + 10) % 26);
	assert_int_equal(stream_skip(st, 1 << 30), 300000 - 2 * (128 << 10) - 10);
	assert_int_equal(stream_read(st, &data, &err), 0);
	assert_int_equal(stream_taken(st), 300000);
	assert_int_equal(stream_given(st), 300000);
	stream_free(st);
	/* where a digest is wanted, every byte is */
	st = NULL;
	assert_int_equal(stream_new(fd, &range, &st, &err), 0);
	assert_true(stream_read(st, &data, &err) > 0);
	assert_int_equal(stream_skip(st, 10), 0);
	stream_free(st);
	fd_close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_zstd_skippable),
		cmocka_unit_test(test_gzip_members),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_range),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
