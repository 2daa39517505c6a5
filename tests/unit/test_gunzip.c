#include "tests/unit/unit.h"

#include "storage/transfer/gunzip.h"

#include <zlib.h>

#define SIZE ((size_t)200000)

static uint32_t seed = 1;

static uint32_t next(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

/* @kind 0: noise, 1: text, 2: long repetitions, 3: zeros */
static unsigned char *sample(int kind, size_t len)
{
	unsigned char *p = xmalloc(len);

	for (size_t i = 0; i < len; i++)
		p[i] = kind == 0   ? (unsigned char)next()
		       : kind == 1 ? (unsigned char)("etaoin shrdlu\n"[next() % 14])
		       : kind == 2 ? (unsigned char)(i % 251 + i / 30000)
				   : 0;
	return p;
}

static void gzip(struct buf *b, const void *data, size_t len, int level, bool full_header)
{
	gz_header head = {.extra = (unsigned char *)(uintptr_t) "ab\4\0wxyz",
		.extra_len = 8,
		.name = (unsigned char *)(uintptr_t) "a name",
		.comment = (unsigned char *)(uintptr_t) "a comment",
		.hcrc = 1};
	unsigned char out[4096];
	z_stream z = {0};
	int r;

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	if (full_header)
		assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		r = deflate(&z, Z_FINISH);
		assert_int_equal(buf_add(b, out, sizeof(out) - z.avail_out), 0);
	} while (r == Z_OK);
	assert_int_equal(r, Z_STREAM_END);
	deflateEnd(&z);
}

/*
 * Decompresses one member, with at most @piece bytes of input and @room of output at a time.
 * Return: 1 if it was complete, 0 if input is missing, or a negative errno; @ret_left: input that was not used
 */
static int gunzip(bool plain, const struct buf *b, size_t piece, size_t room, struct buf *out,
	size_t *ret_left)
{
	struct gunzip *g = NULL;
	size_t at = 0;
	int r;

	assert_int_equal(gunzip_new(plain, &g, NULL), 0);
	for (;;) {
		size_t n = b->len - at < piece ? b->len - at : piece;
		/* copies of exactly this size, so that what is read or written beyond them is found */
		_cleanup_free_ unsigned char *in = xmemdup(b->data + at, n ? n : 1);
		_cleanup_free_ unsigned char *to = xmalloc(room);
		struct gunzip_io io = {in, to, n, room};
		struct err err = {0};

		r = gunzip_step(g, &io, &err);
		assert_int_equal(err.code, r < 0 ? -r : 0);
		assert_true(io.left <= n && io.room <= room);
		at += n - io.left;
		assert_int_equal(buf_add(out, to, room - io.room), 0);
		if (r || (!n && io.room == room))
			break;
	}
	*ret_left = b->len - at;
	gunzip_free(g);
	return r;
}

static void test_content(void **state)
{
	static const struct {
		size_t piece, room;
	} ways[] = {{1, 1 << 16}, {7, 3}, {1 << 20, 1}, {1000, 1 << 18}, {1 << 20, 40000}};

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			size_t len = ways[i].room < 100 ? SIZE / 10 : SIZE, left;
			_cleanup_free_ unsigned char *data = sample(kind, len);
			_cleanup_buf_ struct buf b = {.cap = 2 * SIZE};

			gzip(&b, data, len, kind == 0 ? 0 : (int)i * 2 + 1, i % 2);
			buf_adds(&b, "behind it");
			for (int plain = 0; plain < 2; plain++) {
				_cleanup_buf_ struct buf out = {.cap = 2 * SIZE};

				assert_int_equal(
					gunzip(plain, &b, ways[i].piece, ways[i].room, &out, &left),
					1);
				assert_int_equal(left, 9);
				assert_int_equal(out.len, len);
				assert_memory_equal(out.data, data, len);
			}
		}
	}
}

/* cut off anywhere, it is not complete; whatever the pieces */
static void test_truncated(void **state)
{
	_cleanup_free_ unsigned char *data = sample(1, 3000);
	_cleanup_buf_ struct buf b = {0};
	size_t left;

	(void)state;
	gzip(&b, data, 3000, 6, true);
	for (size_t n = 0; n < b.len; n++) {
		struct buf part = {.data = b.data, .len = n};

		for (int plain = 0; plain < 2; plain++) {
			_cleanup_buf_ struct buf out = {0};

			assert_int_equal(
				gunzip(plain, &part, 1 + n % 97, 1 + n % 4096, &out, &left), 0);
		}
	}
}

/* wrong checksum and wrong length, and whatever else a changed bit does: both decoders say the same */
static void test_damaged(void **state)
{
	_cleanup_free_ unsigned char *data = sample(1, 2000);
	_cleanup_buf_ struct buf b = {0};
	size_t left, refused = 0;

	(void)state;
	gzip(&b, data, 2000, 6, false);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		_cleanup_buf_ struct buf x = {0}, y = {0};
		int a, c;

		b.data[bit / 8] ^= (char)(1 << bit % 8);
		a = gunzip(false, &b, b.len, 4096, &x, &left);
		c = gunzip(true, &b, b.len, 4096, &y, &left);
		/* which of the two it is depends on how far they look ahead */
		assert_int_equal(a == 1, c == 1);
		if (a == 1) {
			assert_int_equal(x.len, y.len);
			assert_memory_equal(buf_str(&x), buf_str(&y), x.len);
		}
		refused += a != 1;
		if (bit / 8 >= b.len - 8)
			assert_int_equal(a, -EBADMSG);
		b.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	/* all but the header's time, system and hints */
	assert_in_range(refused, (b.len - 8) * 8, b.len * 8);
}

static void test_restart(void **state)
{
	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		_cleanup_(gunzip_freep) struct gunzip *g = NULL;
		_cleanup_buf_ struct buf b = {0};
		unsigned char out[64];
		struct gunzip_io io;

		gzip(&b, "one", 3, 6, false);
		gzip(&b, "", 0, 6, false);
		gzip(&b, "two", 3, 6, false);
		io = (struct gunzip_io){(unsigned char *)b.data, out, b.len, sizeof(out)};
		assert_int_equal(gunzip_new(plain, &g, NULL), 0);
		for (int i = 0; i < 3; i++) {
			if (i)
				gunzip_restart(g);
			assert_int_equal(gunzip_step(g, &io, NULL), 1);
		}
		assert_int_equal(io.left, 0);
		assert_int_equal(sizeof(out) - io.room, 6);
		assert_memory_equal(out, "onetwo", 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests_name("gunzip", tests, NULL, NULL);
}
