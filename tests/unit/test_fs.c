#include "runtime/base/fs.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <sys/inotify.h>

/* every name, those of temporary files too */
static int count_names(int dirfd)
{
	int n = 0, fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

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
	assert_int_equal(mkdirat(dir, "taken", 0755), 0);
	assert_true(fs_write_at(dir, "taken", "x", 1, 0600, 0, &err) < 0);
	assert_int_equal(fs_list_at(dir, ".", &names, &err), 0);
	assert_int_equal(names.n, 5);
	assert_string_equal(names.v[0], "a");
	assert_int_equal(count_names(dir), 5);
	assert_int_equal(fstatat(dir, "b", &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(fs_opendir_at(dir, "a", &err), -ENOTDIR);
	/* a full disk */
	assert_int_equal(fs_write_at(AT_FDCWD, "/dev/full", "x", 1, 0600, FS_FRESH, &err), -ENOSPC);
	unit_scratch_done(dir, path);
}

/* a fresh file is written in place, but through no link */
static void test_fresh(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path);

	(void)state;
	unit_file(dir, "victim", "kept");
	symlinkat("victim", dir, "link");
	assert_int_equal(fs_write_at(dir, "link", "x", 1, 0600, FS_FRESH, &err), -ELOOP);
	assert_int_equal(fs_read_at(dir, "victim", &b, &err), 0);
	assert_string_equal(buf_str(&b), "kept");
	assert_int_equal(fs_write_at(dir, "victim", "new", 3, 0600, FS_FRESH, &err), 0);
	buf_clear(&b);
	assert_int_equal(fs_read_at(dir, "victim", &b, &err), 0);
	assert_string_equal(buf_str(&b), "new");
	/* without it, what is written replaces a link */
	assert_int_equal(fs_write_at(dir, "link", "x", 1, 0600, 0, &err), 0);
	buf_clear(&b);
	assert_int_equal(fs_read_at(dir, "victim", &b, &err), 0);
	assert_string_equal(buf_str(&b), "new");
	unit_scratch_done(dir, path);
}

/* what a killed process leaves has a name that listings pass over */
static void test_temporary_name(void **state)
{
	char path[64], events[4096] __attribute__((aligned(8)));
	int dir = unit_scratch(path), watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	_cleanup_strv_ struct strv names = {0};
	struct inotify_event *ev = (struct inotify_event *)events;

	(void)state;
	assert_true(inotify_add_watch(watch, path, IN_CREATE) >= 0);
	assert_int_equal(fs_write_at(dir, "name", "x", 1, 0600, 0, NULL), 0);
	assert_true(read(watch, events, sizeof(events)) > 0);
	assert_non_null(str_after(ev->name, ".tmp-"));
	unit_file(dir, ev->name, "half");
	assert_int_equal(fs_list_at(dir, ".", &names, NULL), 0);
	assert_int_equal(names.n, 1);
	fd_close(watch);
	unit_scratch_done(dir, path);
}

static void test_mkdirs(void **state)
{
	_cleanup_free_ char *way = NULL, *end = NULL;
	struct err err = {0};
	char path[64], endless[300] = "";
	int dir = unit_scratch(path);
	struct stat st;

	(void)state;
	assert_int_equal(fs_mkdirs_at(dir, "x/y/z", 0700, &err), 0);
	assert_int_equal(fstatat(dir, "x/y/z", &st, 0), 0);
	assert_int_equal(fs_mkdirs_at(dir, "x/y/z", 0700, &err), 0);
	assert_int_equal(fs_mkdirs_at(dir, "", 0700, &err), -ENOENT);
	unit_file(dir, "f", "");
	assert_true(fs_mkdirs_at(dir, "f/a", 0700, &err) < 0);
	/* fails on the way, and at the end */
	memset(endless, 'n', sizeof(endless) - 1);
	way = xasprintf("one/%s/x", endless);
	end = xasprintf("two/%s", endless);
	assert_int_equal(fs_mkdirs_at(dir, way, 0700, &err), -ENAMETOOLONG);
	assert_int_equal(fs_mkdirs_at(dir, end, 0700, &err), -ENAMETOOLONG);
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

	/* not even its own top can be entered */
	mkdirat(dir, "shut", 0755);
	unit_file(dir, "shut/file", "x");
	fchmodat(dir, "shut", 0, 0);
	assert_int_equal(fs_remove_tree_at(dir, "shut", &err), 0);
	assert_int_equal(fstatat(dir, "shut", &st, 0), -1);
	assert_int_equal(fs_remove_tree_at(dir, "keep/file/x", &err), -ENOTDIR);

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
	int dir = unit_scratch(path), at = dup(dir), fds;
	int self = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0755), 0);
		unit_file(at, "f", "x");
		/* beside what is too deep, before it and after it, is something that is not */
		for (int j = 0; i < 130 && j < 4; j++) {
			char side[16];

			snprintf(side, sizeof(side), "side%d", j);
			assert_int_equal(mkdirat(at, side, 0755), 0);
		}
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		fd_close(at);
		at = next;
	}
	fd_close(at);
	fds = count_names(self);
	assert_int_equal(fs_remove_tree_at(dir, "d", &err), 0);
	assert_int_equal(count_names(self), fds);
	fd_close(self);
	assert_int_equal(fstatat(dir, "d", &st, 0), -1);
	unit_scratch_done(dir, path);
}

static void test_random(void **state)
{
	char a[65], b[65], longest[129];
	unsigned seen[2] = {0};

	(void)state;
	fs_random_hex(a, 64);
	fs_random_hex(b, 64);
	assert_true(str_is_hex(a, 64));
	assert_string_not_equal(a, b);
	/* every digit comes, at even places and at odd ones */
	for (int i = 0; i < 32; i++) {
		fs_random_hex(a, 64);
		for (int j = 0; j < 64; j++)
			seen[j % 2] |= 1U << str_hex_digit(a[j]);
	}
	assert_int_equal(seen[0], 0xffff);
	assert_int_equal(seen[1], 0xffff);
	fs_random_hex(longest, 128);
	assert_true(str_is_hex(longest, 128));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_read),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_temporary_name),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_remove_tree),
		cmocka_unit_test(test_remove_deep),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
