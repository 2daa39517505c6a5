#include "tests/unit/unit.h"

#include "storage/transfer/tarhead.h"
#include "tests/unit/tarball.h"

static int read_at(const struct buf *b, uint64_t at, struct tarhead *h)
{
	_cleanup_close_ int fd = tarball_fd(b);

	assert_true(fd >= 0);
	return tarhead_read(fd, at, h, NULL);
}

/* the checksum anew, after a header was changed; @at: its offset */
static void seal(struct buf *b, size_t at)
{
	unsigned sum = 0;

	memset(b->data + at + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)b->data[at + i];
	snprintf(b->data + at + 148, 8, "%06o", sum);
}

static void test_kinds(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct tarhead h;
	uint64_t at = 0;

	(void)state;
	tarball_add(&b, (struct tarball_entry){'5', "dir/"});
	tarball_add(&b,
		(struct tarball_entry){'0', "dir/file", .data = "four", .mode = 04755, .uid = 9});
	tarball_add(&b, (struct tarball_entry){'2', "link", "dir/file"});
	tarball_end(&b);
	assert_int_equal(read_at(&b, at, &h), 1);
	assert_string_equal(h.name, "dir/");
	assert_int_equal(h.type, '5');
	assert_int_equal(h.mode, 0755);
	at += h.length;
	tarhead_done(&h);
	assert_int_equal(read_at(&b, at, &h), 1);
	assert_string_equal(h.name, "dir/file");
	assert_int_equal(h.size, 4);
	assert_int_equal(h.mode, 04755);
	assert_int_equal(h.uid, 9);
	assert_int_equal(h.gid, 9);
	assert_int_equal(h.mtime.tv_sec, 1700000000);
	assert_int_equal(json_object_size(h.xattrs), 0);
	at += h.length + 512;
	tarhead_done(&h);
	assert_int_equal(read_at(&b, at, &h), 1);
	assert_string_equal(h.link, "dir/file");
	assert_false(h.has_atime || h.has_ctime);
	at += h.length;
	tarhead_done(&h);
	assert_int_equal(read_at(&b, at, &h), 0);
	tarhead_done(&h);
	assert_int_equal(read_at(&b, b.len, &h), 0);
	tarhead_done(&h);
}

/* one PAX record before a file */
static int with_pax(const char *key, const char *value, struct tarhead *h)
{
	_cleanup_buf_ struct buf b = {0};

	tarball_pax(&b, key, value);
	tarball_add(&b, (struct tarball_entry){'0', "file", .data = "four"});
	return read_at(&b, 0, h);
}

static void test_pax(void **state)
{
	static const char *const bad[][2] = {
		{"mtime", "-1"},
		{"mtime", "1.5x"},
		{"mtime", "x"},
		{"uid", "-1"},
		{"size", "99999999999999999999"},
		{"GNU.sparse.major", "1"},
		{"path", "\xff"},
	};
	struct tarhead h;

	(void)state;
	assert_int_equal(with_pax("path", "another name", &h), 1);
	assert_string_equal(h.name, "another name");
	assert_int_equal(h.length, 1536);
	tarhead_done(&h);
	assert_int_equal(with_pax("path", "", &h), 1);
	assert_string_equal(h.name, "file");
	tarhead_done(&h);
	assert_int_equal(with_pax("mtime", "12.0345", &h), 1);
	assert_int_equal(h.mtime.tv_sec, 12);
	assert_int_equal(h.mtime.tv_nsec, 34500000);
	tarhead_done(&h);
	assert_int_equal(with_pax("atime", "3.1234567899", &h), 1);
	assert_true(h.has_atime);
	assert_int_equal(h.atime.tv_nsec, 123456789);
	tarhead_done(&h);
	assert_int_equal(with_pax("uid", "3000000", &h), 1);
	assert_int_equal(h.uid, 3000000);
	tarhead_done(&h);
	assert_int_equal(with_pax("SCHILY.xattr.user.k", "v=1", &h), 1);
	assert_string_equal(json_get_str(h.xattrs, "user.k", ""), "dj0x");
	tarhead_done(&h);
	assert_int_equal(with_pax("comment", "whatever", &h), 1);
	tarhead_done(&h);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(with_pax(bad[i][0], bad[i][1], &h), -EOPNOTSUPP);
		tarhead_done(&h);
	}
}

static void test_unfit(void **state)
{
	static const struct {
		size_t at;
		char value;
	} changes[] = {{156, '7'}, {156, 'g'}, {156, 0}, {100, '9'}, {257, 'x'}, {124, (char)0xff}};
	struct tarhead h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		_cleanup_buf_ struct buf b = {0};

		tarball_add(&b, (struct tarball_entry){'0', "file", .data = "four"});
		b.data[changes[i].at] = changes[i].value;
		/* first the sum is wrong, then what it is about */
		for (int again = 0; again < 2; again++) {
			assert_int_equal(read_at(&b, 0, &h), -EOPNOTSUPP);
			tarhead_done(&h);
			seal(&b, 0);
		}
	}
	{
		_cleanup_buf_ struct buf b = {0};

		/* two headers of one kind, a link with a content, an end in the middle */
		tarball_pax(&b, "path", "a");
		tarball_pax(&b, "path", "b");
		tarball_add(&b, (struct tarball_entry){'0', "file"});
		assert_int_equal(read_at(&b, 0, &h), -EOPNOTSUPP);
		tarhead_done(&h);
		assert_int_equal(read_at(&b, 1024, &h), 1);
		tarhead_done(&h);
		b.len = 1024;
		assert_int_equal(read_at(&b, 0, &h), -EOPNOTSUPP);
		tarhead_done(&h);
		buf_clear(&b);
		tarball_add(&b, (struct tarball_entry){'1', "hard", "file", .data = "four"});
		assert_int_equal(read_at(&b, 0, &h), -EOPNOTSUPP);
		tarhead_done(&h);
	}
}

static void test_gnu(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	char name[301];
	struct tarhead h;

	(void)state;
	memset(name, 'n', 300);
	name[300] = '\0';
	tarball_add(&b, (struct tarball_entry){'L', "././@LongLink", .data = name});
	tarball_add(&b, (struct tarball_entry){'0', "nnn"});
	for (size_t at = 0; at <= 1024; at += 1024) {
		memcpy(b.data + at + 257, "ustar  ", 8);
		/* a number beyond what octal digits can say */
		memcpy(b.data + at + 108, "\x80\0\0\0\0\x2d\xc6\xc0", 8);
		seal(&b, at);
	}
	assert_int_equal(read_at(&b, 0, &h), 1);
	assert_string_equal(h.name, name);
	assert_int_equal(h.uid, 3000000);
	assert_int_equal(h.length, 1536);
	tarhead_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_pax),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_gnu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
