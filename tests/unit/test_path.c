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
		{"../../a", "../../a"},
		{"a/../../../b", "../../b"},
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
	unit_file(t->root, "dir/file", "wrong one");
	unit_file(t->root, "dir/sub/file", "wrong one");
	symlinkat("/file", t->root, "dir/abs");
	symlinkat("/file", t->root, "dir/sub/abs");
	symlinkat("file", t->root, "dir/sub/rel");
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
	_cleanup_close_ int made = -EBADF, up = -EBADF, dot = -EBADF, through = -EBADF;
	struct stat a, b;

	expect_text(t->root, "file", "right one");
	expect_text(t->root, "/file", "right one");
	expect_text(t->root, "///./file", "right one");
	expect_text(t->root, "abs", "right one");
	expect_text(t->root, "dir/abs", "right one");
	expect_text(t->root, "dir/sub/abs", "right one");
	expect_text(t->root, "dir/sub/rel", "wrong one");
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
	expect_error(t->root, "file/.", O_RDONLY, -ENOTDIR);
	expect_error(t->root, "abs/.", O_RDONLY | O_NOFOLLOW, -ENOTDIR);
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
	assert_int_equal(fcntl(up, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);

	dot = path_open_in_root(t->root, ".", O_RDONLY | O_DIRECTORY, 0, NULL);
	assert_true(dot >= 0);
	assert_int_equal(fcntl(dot, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	through = path_open_in_root(t->root, "one/.", O_RDONLY | O_NOFOLLOW, 0, NULL);
	assert_true(through >= 0);
}

/* a chain of links ends where the kernel's own does */
static void links_all(struct tree *t)
{
	char from[16], to[16] = "file";

	for (int i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "hop%d", i);
		assert_int_equal(symlinkat(to, t->root, from), 0);
		memcpy(to, from, sizeof(to));
	}
	expect_text(t->root, "hop40", "right one");
	expect_error(t->root, "hop41", O_RDONLY, -ELOOP);
}

/* what a magic link of /proc leads to has no path, and no way to it */
static void magic_all(void)
{
	_cleanup_close_ int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	char name[64];
	int ends[2];

	assert_int_equal(fd_pipe(&ends[0], &ends[1], NULL), 0);
	snprintf(name, sizeof(name), "proc/self/fd/%d", ends[0]);
	fd = path_open_in_root(slash, name, O_RDONLY, 0, NULL);
	assert_true(fd < 0);
	fd_close(ends[0]);
	fd_close(ends[1]);
}

static size_t count_fds(void)
{
	_cleanup_strv_ struct strv fds = {0};

	assert_int_equal(fs_list_at(AT_FDCWD, "/proc/self/fd", &fds, NULL), 0);
	return fds.n;
}

static void mkdirs_all(struct tree *t)
{
	_cleanup_close_ int a = -EBADF, b = -EBADF, c = -EBADF, d = -EBADF, e = -EBADF, f = -EBADF;
	_cleanup_free_ char *base = NULL, *top = NULL;
	_cleanup_free_ char *far = NULL;
	struct err err = {0};
	char endless[300];
	struct stat st;

	a = path_mkdirs_in_root(t->root, "/x/y/z", 0755, &err);
	assert_true(a >= 0);
	assert_int_equal(err.code, 0);
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

	/* "." on the way is nothing to make, and the mode is for what is made */
	e = path_mkdirs_in_root(t->root, "./k/./l/.", 0700, NULL);
	assert_true(e >= 0);
	assert_int_equal(fcntl(e, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstatat(t->root, "k/l", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	memset(endless, 'n', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	far = xasprintf("fresh/%s/x", endless);
	assert_int_equal(path_mkdirs_in_root(t->root, far, 0755, NULL), -ENAMETOOLONG);

	f = path_open_parent_in_root(t->root, "/name", false, &top, NULL);
	assert_true(f >= 0);
	assert_string_equal(top, "name");
	assert_int_equal(fstatat(f, "dir/sub", &st, 0), 0);
	assert_true(path_open_parent_in_root(t->root, "escape/name", true, &base, NULL) < 0);
	assert_true(path_open_parent_in_root(t->root, "file/name", true, &base, NULL) < 0);
	assert_null(base);
	d = path_open_parent_in_root(t->root, "/p/q/name//", true, &base, NULL);
	assert_true(d >= 0);
	assert_string_equal(base, "name");
	assert_int_equal(fstatat(d, "../q", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	/* what is there must be a directory, also behind something that is made */
	assert_int_equal(path_mkdirs_in_root(t->root, "fresh2/../file", 0755, &err), -ENOTDIR);
	assert_int_equal(err.code, ENOTDIR);
	assert_int_equal(path_open_parent_in_root(t->root, "file/x", false, &base, NULL), -ENOTDIR);
	assert_int_equal(path_open_parent_in_root(t->root, "/", true, &base, NULL), -EINVAL);
	assert_int_equal(path_open_parent_in_root(t->root, "a/..", true, &base, NULL), -EINVAL);
	assert_int_equal(path_open_parent_in_root(t->root, "", true, &base, NULL), -EINVAL);
	assert_int_equal(
		path_open_parent_in_root(t->root, "missing/x", false, &base, NULL), -ENOENT);
}

static void all(void)
{
	size_t fds = count_fds();
	struct tree t;

	tree_make(&t);
	open_all(&t);
	links_all(&t);
	magic_all();
	mkdirs_all(&t);
	tree_done(&t);
	assert_int_equal(count_fds(), fds);
}

static void test_kernel(void **state)
{
	(void)state;
	all();
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
	(void)state;
	forbid_openat2(EPERM);
	all();
}

static void test_walk_enosys(void **state)
{
	(void)state;
	forbid_openat2(ENOSYS);
	all();
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
