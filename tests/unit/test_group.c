/* A plain directory with files of the right names stands for a group: what is read and written is the same. */
#include "runtime/group.h"

#include "tests/unit/unit.h"

#include <sys/stat.h>

static void put(int dir, const char *name, const char *file, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", name, file);

	assert_int_equal(fs_mkdirs_at(dir, name, 0700, NULL), 0);
	unit_file(dir, path, text);
}

static void check_text(int dir, const char *file, const char *expected)
{
	_cleanup_buf_ struct buf text = {.cap = 4096};

	assert_int_equal(fs_read_at(dir, file, &text, NULL), 0);
	assert_string_equal(buf_str(&text), expected);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{"0::/user.slice/a.scope\n", "/user.slice/a.scope"},
		{"9:name=systemd:/x\n1:cpu:/y\n0::/z\n", "/z"},
		{"0::/\n", "/"},
		{"9:name=systemd:/x\n", NULL},
		/* outside of our namespace, and removed meanwhile */
		{"0::/../x\n", NULL},
		{"0::/x (deleted)\n", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = group_parse(cases[i].text);

		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
	}
}

static void own(int dir, const char *name)
{
	put(dir, name, "cgroup.procs", "");
	put(dir, name, "cgroup.subtree_control", "");
}

static void test_subtree(void **state)
{
	char root[64];
	_cleanup_close_ int dir = unit_scratch(root);
	_cleanup_free_ char *deep = NULL, *top = NULL, *other = NULL, *gap = NULL;

	(void)state;
	own(dir, "a/b");
	own(dir, "a/b/c");
	/* complete, but a level above it is not */
	own(dir, "x/y");
	assert_int_equal(fs_mkdirs_at(dir, "x/y/gap/z", 0700, NULL), 0);
	own(dir, "x/y/gap/z");
	deep = group_subtree(root, "/a/b/c");
	assert_string_equal(deep, "/a/b");
	gap = group_subtree(root, "/x/y/gap/z");
	assert_string_equal(gap, "/x/y/gap/z");
	other = group_subtree(root, "/a");
	assert_null(other);
	/* all of it */
	own(dir, ".");
	own(dir, "a");
	top = group_subtree(root, "/a/b/c");
	assert_string_equal(top, "/");
	unit_scratch_done(take_fd(dir), root);
}

static void test_enable(void **state)
{
	char root[64];
	_cleanup_close_ int dir = unit_scratch(root);

	(void)state;
	unit_file(dir, "cgroup.controllers", "cpu memory\n");
	unit_file(dir, "cgroup.subtree_control", "");
	unit_file(dir, "cgroup.procs", "");
	unit_file(dir, "cgroup.type", "domain\n");
	assert_int_equal(group_enable(dir), 0);
	/* one by one; a real file keeps both */
	check_text(dir, "cgroup.subtree_control", "+memory");
	unit_file(dir, "cgroup.procs", "12\n");
	unit_file(dir, "cgroup.subtree_control", "");
	assert_int_equal(group_enable(dir), -EBUSY);
	check_text(dir, "cgroup.subtree_control", "");
	/* the root of all may have processes */
	assert_int_equal(unlinkat(dir, "cgroup.type", 0), 0);
	assert_int_equal(group_enable(dir), 0);
	unit_scratch_done(take_fd(dir), root);
}

static void test_values(void **state)
{
	char root[64];
	_cleanup_close_ int dir = unit_scratch(root);

	(void)state;
	unit_file(dir, "memory.events", "low 0\noom 7\noom_kill 3\noom_group_kill 0\n");
	assert_int_equal(group_value(dir, "memory.events", "oom_kill"), 3);
	assert_int_equal(group_value(dir, "memory.events", "oom"), 7);
	assert_int_equal(group_value(dir, "memory.events", "max"), 0);
	assert_int_equal(group_value(dir, "missing", "max"), 0);
	unit_file(dir, "cgroup.procs", "");
	assert_int_equal(group_move(dir, 42), 0);
	check_text(dir, "cgroup.procs", "42");
	assert_int_equal(group_move(AT_FDCWD, 42), -ENOENT);
	unit_scratch_done(take_fd(dir), root);
}

static void test_remove(void **state)
{
	char root[64];
	_cleanup_close_ int dir = unit_scratch(root), fd = -EBADF;
	struct err err = {0};

	(void)state;
	fd = group_make(dir, "a", &err);
	assert_true(fd >= 0);
	assert_int_equal(fs_mkdirs_at(dir, "a/b/c", 0700, NULL), 0);
	assert_int_equal(fs_mkdirs_at(dir, "a/d", 0700, NULL), 0);
	assert_int_equal(group_remove(dir, "a"), 0);
	assert_int_equal(faccessat(dir, "a", F_OK, 0), -1);
	assert_int_equal(group_remove(dir, "a"), 0);
	/* a link is no group */
	assert_int_equal(symlinkat("/tmp", dir, "l"), 0);
	assert_true(group_make(dir, "l", &err) < 0);
	unit_scratch_done(take_fd(dir), root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_subtree),
		cmocka_unit_test(test_enable),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
