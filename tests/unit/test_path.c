#include "runtime/base/path.h"

#include "runtime/base/str.h"
#include "tests/unit/unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void test_clean(void **state)
{
	static const char *const cases[][2] = {
		{"", "."},
		{"/", "/"},
		{"//a/./b/../c", "/a/c"},
		{"/../..", "/"},
		{"../a", "../a"},
		{"a/../..", ".."},
		{"a/..", "."},
		{"a//b/", "a/b"},
		{"/a/../../b", "/b"},
	};
	_cleanup_buf_ struct buf deep = {0};
	_cleanup_free_ char *cleaned = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *s = path_clean(cases[i][0]);

		assert_string_equal(s, cases[i][1]);
	}
	for (int i = 0; i < 5000; i++)
		buf_adds(&deep, "/a");
	for (int i = 0; i < 4999; i++)
		buf_adds(&deep, "/..");
	cleaned = path_clean(buf_str(&deep));
	assert_string_equal(cleaned, "/a");
}

static void test_join(void **state)
{
	static const char *const cases[][3] = {
		{"a", "b", "a/b"},
		{"a/", "/b", "a/b"},
		{"/", "b", "/b"},
		{"/a//", "//b", "/a/b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *s = path_join(cases[i][0], cases[i][1]);

		assert_string_equal(s, cases[i][2]);
	}
}

/*
 * One tree for all: root/ is the root, outside/ beside it must never be reached.
 */
struct tree {
	char path[64];
	int top, root, outside;
};

static void tree_make(struct tree *t)
{
	t->top = unit_scratch(t->path);
	assert_int_equal(mkdirat(t->top, "root", 0755), 0);
	assert_int_equal(mkdirat(t->top, "outside", 0755), 0);
	t->root = openat(t->top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	t->outside = openat(t->top, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_file(t->outside, "secret", "secret");
	unit_file(t->top, "file", "wrong one");
	unit_file(t->root, "file", "right one");
	mkdirat(t->root, "dir", 0755);
	mkdirat(t->root, "dir/sub", 0755);
	unit_file(t->root, "dir/sub/deep", "deep");
	symlinkat("/file", t->root, "abs");
	symlinkat("../../../file", t->root, "dir/up");
	symlinkat("../outside", t->root, "escape");
	symlinkat(t->path, t->root, "host");
	symlinkat("two", t->root, "one");
	symlinkat("dir/sub", t->root, "two");
	symlinkat("loop", t->root, "loop");
	symlinkat("new", t->root, "dangling");
	symlinkat("/proc/self/fd", t->root, "magic");
	mkfifoat(t->root, "fifo", 0600);
}

static void tree_done(struct tree *t)
{
	fd_close(t->root);
	fd_close(t->outside);
	unit_scratch_done(t->top, t->path);
}

static void expect_text(int root, const char *path, const char *want)
{
	_cleanup_close_ int fd = path_open_in_root(root, path, O_RDONLY, 0, NULL);
	char text[64] = "";

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(-fd));
	assert_true(fd_read_full(fd, text, sizeof(text) - 1) > 0);
	if (strcmp(text, want) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", path, text, want);
}

static void expect_error(int root, const char *path, int flags, int want)
{
	struct err err = {0};
	_cleanup_close_ int fd = path_open_in_root(root, path, flags, 0600, &err);

	if (fd != want)
		fail_msg("%s: %d, not %d", path, fd, want);
	assert_int_equal(err.code, -want);
}

static void open_all(struct tree *t)
{
	_cleanup_close_ int made = -EBADF, up = -EBADF;
	struct stat a, b;

	expect_text(t->root, "file", "right one");
	expect_text(t->root, "/file", "right one");
	expect_text(t->root, "///./file", "right one");
	expect_text(t->root, "abs", "right one");
	expect_text(t->root, "../file", "right one");
	expect_text(t->root, "dir/../../../file", "right one");
	expect_text(t->root, "dir/up", "right one");
	expect_text(t->root, "one/deep", "deep");
	expect_text(t->root, "one/../../dir/sub/deep", "deep");
	expect_error(t->root, "escape/secret", O_RDONLY, -ENOENT);
	expect_error(t->root, "host/outside/secret", O_RDONLY, -ENOENT);
	expect_error(t->root, "../outside/secret", O_RDONLY, -ENOENT);
	expect_error(t->root, "loop", O_RDONLY, -ELOOP);
	expect_error(t->root, "loop/x", O_RDONLY, -ELOOP);
	expect_error(t->root, "file/x", O_RDONLY, -ENOTDIR);
	expect_error(t->root, "file/..", O_RDONLY, -ENOTDIR);
	expect_error(t->root, "none/../file", O_RDONLY, -ENOENT);
	expect_error(t->root, "file/", O_RDONLY, -ENOTDIR);
	expect_error(t->root, "file", O_RDONLY | O_DIRECTORY, -ENOTDIR);
	expect_error(t->root, "abs", O_RDONLY | O_NOFOLLOW, -ELOOP);
	expect_error(t->root, "abs", O_WRONLY | O_CREAT | O_EXCL, -EEXIST);
	expect_error(t->root, "dangling", O_WRONLY | O_CREAT | O_EXCL, -EEXIST);
	expect_error(t->root, "dangling", O_RDONLY, -ENOENT);
	expect_error(t->root, "magic/0", O_RDONLY, -ENOENT);

	/* a dangling link is created through, inside */
	made = path_open_in_root(t->root, "dangling", O_WRONLY | O_CREAT, 0600, NULL);
	assert_true(made >= 0);
	assert_int_equal(fcntl(made, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstatat(t->root, "new", &a, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(unlinkat(t->root, "new", 0), 0);

	up = path_open_in_root(t->root, "dir/../..", O_PATH | O_DIRECTORY, 0, NULL);
	assert_true(up >= 0);
	assert_int_equal(fstat(up, &a), 0);
	assert_int_equal(fstat(t->root, &b), 0);
	assert_true(a.st_ino == b.st_ino);
}

static void mkdirs_all(struct tree *t)
{
	_cleanup_close_ int a = -EBADF, b = -EBADF, c = -EBADF, d = -EBADF;
	_cleanup_free_ char *base = NULL;
	struct stat st;

	a = path_mkdirs_in_root(t->root, "/x/y/z", 0755, NULL);
	assert_true(a >= 0);
	assert_int_equal(fstatat(t->root, "x/y/z", &st, 0), 0);
	b = path_mkdirs_in_root(t->root, "one/made/here", 0755, NULL);
	assert_true(b >= 0);
	assert_int_equal(fstatat(t->root, "dir/sub/made/here", &st, 0), 0);
	c = path_mkdirs_in_root(t->root, "../../up/made", 0755, NULL);
	assert_true(c >= 0);
	assert_int_equal(fstatat(t->root, "up/made", &st, 0), 0);
	assert_int_equal(fstatat(t->top, "up", &st, 0), -1);
	assert_true(path_mkdirs_in_root(t->root, "escape/a", 0755, NULL) < 0);
	assert_int_equal(fstatat(t->outside, "a", &st, 0), -1);
	assert_true(path_mkdirs_in_root(t->root, "file/a", 0755, NULL) < 0);
	assert_true(path_mkdirs_in_root(t->root, "loop/a", 0755, NULL) < 0);

	d = path_open_parent_in_root(t->root, "/p/q/name//", true, &base, NULL);
	assert_true(d >= 0);
	assert_string_equal(base, "name");
	assert_int_equal(fstatat(d, "../q", &st, 0), 0);
	assert_int_equal(path_open_parent_in_root(t->root, "/", true, &base, NULL), -EINVAL);
	assert_int_equal(path_open_parent_in_root(t->root, "a/..", true, &base, NULL), -EINVAL);
	assert_int_equal(path_open_parent_in_root(t->root, "", true, &base, NULL), -EINVAL);
	assert_int_equal(
		path_open_parent_in_root(t->root, "missing/x", false, &base, NULL), -ENOENT);
}

static void test_kernel(void **state)
{
	struct tree t;

	(void)state;
	tree_make(&t);
	open_all(&t);
	mkdirs_all(&t);
	tree_done(&t);
}

static void forbid_openat2(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

/* the same in a process where the call fails, as on an old kernel or below an old sandbox; runs last, for the
   filter stays */
static void test_walk_eperm(void **state)
{
	struct tree t;

	(void)state;
	forbid_openat2(EPERM);
	tree_make(&t);
	open_all(&t);
	mkdirs_all(&t);
	tree_done(&t);
}

static void test_walk_enosys(void **state)
{
	struct tree t;

	(void)state;
	forbid_openat2(ENOSYS);
	tree_make(&t);
	open_all(&t);
	mkdirs_all(&t);
	tree_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_walk_eperm),
		cmocka_unit_test(test_walk_enosys),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
