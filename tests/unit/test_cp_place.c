#include "tests/unit/unit.h"

#include "runtime/base/str.h"
#include "storage/transfer/cp_place.h"

struct world {
	char path[64];
	int fd;
};

/* file, dir/, dir/in, to-file → file, to-dir → /dir, to-none → dir/none, out → ../../../etc */
static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->fd = unit_scratch(w->path);
	assert_int_equal(mkdirat(w->fd, "dir", 0755), 0);
	assert_int_equal(mknodat(w->fd, "file", S_IFREG | 0644, 0), 0);
	assert_int_equal(mknodat(w->fd, "dir/in", S_IFREG | 0644, 0), 0);
	assert_int_equal(symlinkat("file", w->fd, "to-file"), 0);
	assert_int_equal(symlinkat("/dir", w->fd, "to-dir"), 0);
	assert_int_equal(symlinkat("dir/none", w->fd, "to-none"), 0);
	assert_int_equal(symlinkat("../../../etc", w->fd, "out"), 0);
	assert_int_equal(symlinkat("loop", w->fd, "loop"), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unit_scratch_done(w->fd, w->path);
	free(w);
	return 0;
}

static void check_source(struct world *w, const char *path, bool follow, int want, mode_t type,
	const char *name, bool contents)
{
	struct cp_source s = {.node.fd = -EBADF};
	struct err err = {0};

	assert_int_equal(cp_source_open(w->fd, path, follow, &s, &err), want);
	if (want == 0) {
		assert_int_equal(s.node.st.st_mode & S_IFMT, type);
		assert_string_equal(s.name, name);
		assert_int_equal(s.contents, contents);
	}
	cp_source_done(&s);
}

static void test_sources(void **state)
{
	struct world *w = *state;

	check_source(w, "/file", false, 0, S_IFREG, "file", false);
	check_source(w, "/dir", false, 0, S_IFDIR, "dir", false);
	check_source(w, "/dir///", false, 0, S_IFDIR, "dir", false);
	check_source(w, "/dir/.", false, 0, S_IFDIR, "", true);
	check_source(w, "/dir/..", false, 0, S_IFDIR, "", true);
	check_source(w, "/", false, 0, S_IFDIR, "", true);
	check_source(w, "/to-file", false, 0, S_IFLNK, "to-file", false);
	check_source(w, "/to-file", true, 0, S_IFREG, "to-file", false);
	check_source(w, "/to-dir", false, 0, S_IFLNK, "to-dir", false);
	check_source(w, "/to-dir/", false, 0, S_IFDIR, "to-dir", false);
	check_source(w, "/to-none", true, -ENOENT, 0, NULL, false);
	check_source(w, "/file/", false, -ENOTDIR, 0, NULL, false);
	check_source(w, "/none", false, -ENOENT, 0, NULL, false);
	check_source(w, "/out/passwd", true, -ENOENT, 0, NULL, false);
}

/* @in: the directory where it goes, below the root; NULL: it is refused with @want */
static void check_target(struct world *w, const char *from, const char *path, bool replace,
	int want, const char *in, const char *name)
{
	struct cp_source s = {.node.fd = -EBADF};
	struct cp_target t = {.dir = -EBADF};
	struct err err = {0};

	if (from)
		assert_int_equal(cp_source_open(w->fd, from, false, &s, &err), 0);
	assert_int_equal(cp_target_open(w->fd, path, from ? &s : NULL, replace, &t, &err), want);
	if (in) {
		_cleanup_close_ int dir = openat(w->fd, in, O_PATH | O_CLOEXEC);

		assert_true(fd_same_file(dir, t.dir));
		assert_string_equal(t.name, name);
	}
	cp_target_done(&t);
	cp_source_done(&s);
}

static void test_targets(void **state)
{
	struct world *w = *state;

	check_target(w, "/file", "/new", false, 0, ".", "new");
	check_target(w, "/file", "/new/", false, -ENOENT, NULL, NULL);
	check_target(w, "/file", "/none/new", false, -ENOENT, NULL, NULL);
	check_target(w, "/dir/in", "/file", false, 0, ".", "file");
	check_target(w, "/file", "/dir", false, 0, "dir", "file");
	check_target(w, "/file", "/dir/", false, 0, "dir", "file");
	check_target(w, "/file", "/file/", false, -ENOTDIR, NULL, NULL);
	check_target(w, "/file", "/file/x", false, -ENOTDIR, NULL, NULL);
	check_target(w, "/dir/in", "/to-file", false, 0, ".", "file");
	check_target(w, "/file", "/to-dir", false, 0, "dir", "file");
	check_target(w, "/file", "/to-none", false, 0, "dir", "none");
	check_target(w, "/file", "/out", false, 0, ".", "etc");
	check_target(w, "/file", "/loop", false, -ELOOP, NULL, NULL);
	check_target(w, "/dir", "/new", false, 0, ".", "new");
	check_target(w, "/dir", "/new/", false, 0, ".", "new");
	check_target(w, "/dir/.", "/new", false, 0, ".", "new");
	check_target(w, "/dir", "/file", false, -ENOTDIR, NULL, NULL);
	check_target(w, "/dir", "/file", true, 0, ".", "file");
	check_target(w, "/dir", "/dir", false, -EINVAL, NULL, NULL);
	check_target(w, "/dir", "/dir/deep", false, -EINVAL, NULL, NULL);
	check_target(w, "/", "/dir", false, -EINVAL, NULL, NULL);
	check_target(w, NULL, "/dir", false, 0, "dir", "");
	check_target(w, NULL, "/file", false, -ENOTDIR, NULL, NULL);
	check_target(w, NULL, "/new", false, -ENOENT, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_targets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
