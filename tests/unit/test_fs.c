#include "runtime/base/fs.h"

#include "tests/unit/unit.h"

static void test_write_read(void **state)
{
	_cleanup_buf_ struct buf b = {0}, small = {.cap = 3};
	_cleanup_strv_ struct strv names = {0};
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path);
	struct stat st;

	(void)state;
	assert_int_equal(fs_write_at(dir, "a", "hello", 5, 0640, FS_SYNC, &err), 0);
	assert_int_equal(fs_read_at(dir, "a", &b, &err), 0);
	assert_string_equal(buf_str(&b), "hello");
	assert_int_equal(fstatat(dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fs_write_at(dir, "a", "x", 1, 0600, FS_EXCL, &err), -EEXIST);
	assert_int_equal(fs_write_at(dir, "b", "x", 1, 0600, FS_EXCL, &err), 0);
	assert_int_equal(fs_write_at(dir, "a", "new", 3, 0600, 0, &err), 0);
	buf_clear(&b);
	assert_int_equal(fs_read_at(dir, "a", &b, &err), 0);
	assert_string_equal(buf_str(&b), "new");
	assert_int_equal(fs_read_at(dir, "none", &b, &err), -ENOENT);
	unit_file(dir, "long", "12345");
	assert_int_equal(fs_read_at(dir, "long", &small, &err), -EFBIG);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_true(fs_read_at(dir, "fifo", &b, &err) < 0);
	assert_true(fs_read_at(dir, ".", &b, &err) < 0);
	assert_true(fs_write_at(dir, "no/such/dir", "x", 1, 0600, 0, &err) < 0);
	/* the temporary file is beside the target, not in the directory that is given */
	assert_int_equal(mkdirat(dir, "sub", 0755), 0);
	fchmodat(dir, ".", 0500, 0);
	assert_int_equal(fs_write_at(dir, "sub/file", "x", 1, 0600, 0, &err), 0);
	fchmodat(dir, ".", 0700, 0);
	assert_int_equal(fs_remove_tree_at(dir, "sub", &err), 0);
	/* nothing temporary stays, whatever failed */
	assert_int_equal(fs_list_at(dir, ".", &names, &err), 0);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.v[0], "a");
	unit_scratch_done(dir, path);
}

static void test_mkdirs(void **state)
{
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path);
	struct stat st;

	(void)state;
	assert_int_equal(fs_mkdirs_at(dir, "x/y/z", 0700, &err), 0);
	assert_int_equal(fstatat(dir, "x/y/z", &st, 0), 0);
	assert_int_equal(fs_mkdirs_at(dir, "x/y/z", 0700, &err), 0);
	assert_int_equal(fs_mkdirs_at(dir, "", 0700, &err), -ENOENT);
	unit_file(dir, "f", "");
	assert_true(fs_mkdirs_at(dir, "f/a", 0700, &err) < 0);
	unit_scratch_done(dir, path);
}

static void test_remove_tree(void **state)
{
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path);
	struct stat st;

	(void)state;
	mkdirat(dir, "keep", 0755);
	unit_file(dir, "keep/file", "kept");
	mkdirat(dir, "tree", 0755);
	mkdirat(dir, "tree/closed", 0755);
	unit_file(dir, "tree/closed/file", "x");
	symlinkat("../keep", dir, "tree/link");
	symlinkat("../../keep/file", dir, "tree/closed/link");
	mkfifoat(dir, "tree/fifo", 0600);
	fchmodat(dir, "tree/closed", 0, 0);
	fchmodat(dir, "tree", 0500, 0);
	assert_int_equal(fs_remove_tree_at(dir, "tree", &err), 0);
	assert_int_equal(fstatat(dir, "tree", &st, 0), -1);
	assert_int_equal(fstatat(dir, "keep/file", &st, 0), 0);
	assert_int_equal(fs_remove_tree_at(dir, "tree", &err), 0);

	/* a link is removed, not what it points at */
	symlinkat("keep", dir, "alias");
	assert_int_equal(fs_remove_tree_at(dir, "alias", &err), 0);
	assert_int_equal(fstatat(dir, "keep/file", &st, 0), 0);
	unit_scratch_done(dir, path);
}

/* deeper than PATH_MAX, than the limit of descriptors and than a stack likes */
static void test_remove_deep(void **state)
{
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path), at = dup(dir);
	struct stat st;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0755), 0);
		unit_file(at, "f", "x");
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		fd_close(at);
		at = next;
	}
	fd_close(at);
	assert_int_equal(fs_remove_tree_at(dir, "d", &err), 0);
	assert_int_equal(fstatat(dir, "d", &st, 0), -1);
	unit_scratch_done(dir, path);
}

static void test_random(void **state)
{
	char a[65], b[65];

	(void)state;
	fs_random_hex(a, 64);
	fs_random_hex(b, 64);
	assert_true(str_is_hex(a, 64));
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_read),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_remove_tree),
		cmocka_unit_test(test_remove_deep),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
