#include "tests/unit/unit.h"

#include "storage/transfer/mountpoint.h"

static char where[64];
static int dir;

static int setup(void **state)
{
	(void)state;
	dir = unit_scratch(where);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_scratch_done(dir, where);
	return 0;
}

static void push_layer(struct view *v, const char *name)
{
	view_push(v, openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* what @path becomes; the path itself where nothing is added */
static void becomes(const struct view *v, const char *path, const char *expected)
{
	_cleanup_strv_ struct strv paths = {0};

	strv_add(&paths, path);
	mountpoint_resolve(v, &paths);
	assert_string_equal(paths.v[0], path);
	assert_string_equal(paths.v[paths.n - 1], expected);
	assert_true(paths.n <= 2);
}

static void test_resolve(void **state)
{
	_cleanup_(view_done) struct view v = {0};

	(void)state;
	assert_int_equal(fs_mkdirs_at(dir, "low/etc", 0755, NULL), 0);
	assert_int_equal(fs_mkdirs_at(dir, "low/real/run", 0755, NULL), 0);
	assert_int_equal(fs_mkdirs_at(dir, "high/etc", 0755, NULL), 0);
	unit_file(dir, "low/etc/plain", "");
	assert_int_equal(symlinkat("../run/resolv", dir, "low/etc/away"), 0);
	assert_int_equal(symlinkat("../../../run/resolv", dir, "low/etc/up"), 0);
	assert_int_equal(symlinkat("/deep/er/file", dir, "low/etc/absolute"), 0);
	assert_int_equal(symlinkat("second", dir, "low/etc/first"), 0);
	assert_int_equal(symlinkat("third", dir, "low/etc/second"), 0);
	assert_int_equal(symlinkat("loop", dir, "low/etc/loop"), 0);
	assert_int_equal(symlinkat("real/run", dir, "low/run"), 0);
	assert_int_equal(symlinkat("new", dir, "high/etc/plain"), 0);
	push_layer(&v, "high");
	push_layer(&v, "low");
	becomes(&v, "etc/nothing", "etc/nothing");
	becomes(&v, "no/such/dir", "no/such/dir");
	becomes(&v, "etc/plain", "etc/new");
	/* through a link on the way */
	becomes(&v, "etc/away", "real/run/resolv");
	/* never above the root */
	becomes(&v, "etc/up", "real/run/resolv");
	becomes(&v, "etc/absolute", "deep/er/file");
	becomes(&v, "etc/first", "etc/third");
	becomes(&v, "etc/first/../x", "etc/x");
	becomes(&v, "etc/loop", "etc/loop");
}

static void test_nothing(void **state)
{
	struct view none = {0};

	(void)state;
	becomes(&none, "etc/hosts", "etc/hosts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_resolve, setup, teardown),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
