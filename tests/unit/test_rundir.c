#include "userns/rundir.h"

#include "runtime/base/lock.h"
#include "tests/unit/unit.h"

static void test_override(void **state)
{
	char dir[64];
	int top = unit_scratch(dir), fd;
	_cleanup_free_ char *path = xasprintf("%s/a/b", dir), *got = NULL;
	struct stat st;

	(void)state;
	fd = rundir_open(path, &got, NULL);
	assert_true(fd >= 0);
	assert_string_equal(got, path);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(faccessat(fd, "containers", F_OK, 0), 0);
	assert_int_equal(faccessat(fd, "userns", F_OK, 0), 0);
	fd_close(fd);
	unit_scratch_done(top, dir);
}

static void test_refused(void **state)
{
	char dir[64];
	int top = unit_scratch(dir);
	_cleanup_free_ char *open_dir = xasprintf("%s/open", dir),
			    *link = xasprintf("%s/link", dir), *file = xasprintf("%s/file", dir),
			    *got = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(mkdirat(top, "open", 0700), 0);
	assert_int_equal(fchmodat(top, "open", 0755, 0), 0);
	assert_int_equal(rundir_open(open_dir, &got, &err), -EPERM);
	assert_non_null(strstr(err.hint, "chmod 700"));
	assert_int_equal(symlinkat("/tmp", top, "link"), 0);
	assert_true(rundir_open(link, &got, &err) < 0);
	unit_file(top, "file", "x");
	assert_true(rundir_open(file, &got, &err) < 0);
	assert_null(got);
	unit_scratch_done(top, dir);
}

/* root has rules of its own: as root, the test is nobody for a while */
static int be_user(void **state)
{
	(void)state;
	return geteuid() == 0 ? seteuid(65534) : 0;
}

static int be_caller(void **state)
{
	(void)state;
	return seteuid(getuid());
}

static void test_foreign(void **state)
{
	_cleanup_free_ char *got = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(rundir_open("/usr", &got, &err), -EPERM);
	assert_non_null(strstr(err.msg, "belongs to user 0"));
}

static void test_xdg(void **state)
{
	char dir[64];
	_cleanup_free_ char *want = NULL, *got = NULL;
	int top, fd;

	(void)state;
	top = unit_scratch(dir);
	want = xasprintf("%s/rl", dir);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	fd = rundir_open(NULL, &got, NULL);
	assert_true(fd >= 0);
	assert_string_equal(got, want);
	fd_close(fd);
	unsetenv("XDG_RUNTIME_DIR");
	unit_scratch_done(top, dir);
}

/* what was started by cron is seen by who logs in later */
static void test_alone(void **state)
{
	_cleanup_free_ char *alone = xasprintf("/tmp/rl-run-%u", (unsigned)geteuid()),
			    *id = xasprintf("containers/t%d", (int)getpid()),
			    *lock = xasprintf("%s/lock", id), *got = NULL, *xdg = NULL;
	char dir[64];
	int top = unit_scratch(dir), fd, held, other;

	(void)state;
	xdg = xasprintf("%s/rl", dir);
	fd = rundir_open(alone, &got, NULL);
	assert_true(fd >= 0);
	assert_int_equal(mkdirat(fd, id, 0700), 0);
	held = lock_open(fd, lock, LOCK_EXCLUSIVE, LOCK_NOW, NULL);
	assert_true(held >= 0);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	for (int live = 1; live >= 0; live--) {
		free(take_ptr(got));
		other = rundir_open(NULL, &got, NULL);
		assert_true(other >= 0);
		assert_string_equal(got, live ? alone : xdg);
		fd_close(other);
		if (live)
			lock_drop(held);
	}
	unlinkat(fd, lock, 0);
	unlinkat(fd, id, AT_REMOVEDIR);
	unlinkat(fd, "containers", AT_REMOVEDIR);
	unlinkat(fd, "userns", AT_REMOVEDIR);
	rmdir(alone);
	fd_close(fd);
	unsetenv("XDG_RUNTIME_DIR");
	unit_scratch_done(top, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_foreign, be_user, be_caller),
		cmocka_unit_test_setup_teardown(test_xdg, be_user, be_caller),
		cmocka_unit_test_setup_teardown(test_alone, be_user, be_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
