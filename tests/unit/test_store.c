#include "tests/unit/unit.h"

#include "runtime/base/lock.h"
#include "storage/store.h"

#include <pwd.h>
#include <sys/wait.h>

static void default_is(const char *override, const char *want)
{
	_cleanup_free_ char *got = NULL;

	assert_int_equal(store_default_path(override, &got, NULL), 0);
	assert_string_equal(got, want);
}

/* in a child that is nobody special: the environment's answer differs for root */
static int as_nobody(void)
{
	_cleanup_free_ char *none = NULL;

	if (geteuid() == 0 &&
		(setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	setenv("XDG_DATA_HOME", "/data", 1);
	setenv("HOME", "/home/x", 1);
	default_is(NULL, "/data/rl");
	default_is("", "/data/rl");
	default_is("/elsewhere", "/elsewhere");
	/* one that is not absolute does not count, says the specification */
	setenv("XDG_DATA_HOME", "data", 1);
	default_is(NULL, "/home/x/.local/share/rl");
	unsetenv("XDG_DATA_HOME");
	default_is(NULL, "/home/x/.local/share/rl");
	setenv("HOME", "/", 1);
	return store_default_path(NULL, &none, NULL) == -ENOENT && !none ? 0 : 2;
}

static void test_path(void **state)
{
	_cleanup_free_ char *cwd = getcwd(NULL, 0), *below = xasprintf("%s/x", cwd);
	int status;
	pid_t pid;

	(void)state;
	default_is("/a", "/a");
	default_is("x", below);
	if (geteuid() == 0)
		default_is(NULL, "/var/lib/rl");
	pid = fork();
	if (pid == 0)
		_exit(as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_open(void **state)
{
	static const char *const damaged[] = {"", "x", "0", "1x", "-1"};
	char path[64];
	int dir = unit_scratch(path), fd;
	_cleanup_free_ char *where = xasprintf("%s/a/store", path),
			    *file = xasprintf("%s/file", path);
	struct store s = {.fd = -EBADF};
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(store_open(&s, where, &err), 0);
	assert_string_equal(s.path, where);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstatat(s.fd, "containers", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(faccessat(s.fd, "trash", F_OK, 0), 0);
	fd = s.fd;
	store_done(&s);
	assert_int_equal(s.fd, -EBADF);
	assert_null(s.path);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	store_done(&s);

	/* what was not finished is made again; what somebody else's program made is left alone */
	assert_int_equal(unlinkat(dir, "a/store/version", 0), 0);
	assert_int_equal(unlinkat(dir, "a/store/tmp", AT_REMOVEDIR), 0);
	assert_int_equal(store_open(&s, where, &err), 0);
	assert_int_equal(faccessat(s.fd, "tmp", F_OK, 0), 0);
	store_done(&s);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		unit_file(dir, "a/store/version", damaged[i]);
		assert_int_equal(store_open(&s, where, &err), -EBADMSG);
	}
	unit_file(dir, "a/store/version", "999999");
	assert_int_equal(store_open(&s, where, &err), -EPROTO);
	assert_true(*err.hint);
	unit_file(dir, "a/store/version", "1\n\n");
	assert_int_equal(store_open(&s, where, &err), 0);
	store_done(&s);
	/* others who may write could put anything there */
	assert_int_equal(fchmodat(dir, "a/store", 0720, 0), 0);
	assert_int_equal(store_open(&s, where, &err), -EPERM);
	assert_int_equal(fchmodat(dir, "a/store", 0702, 0), 0);
	assert_int_equal(store_open(&s, where, &err), -EPERM);
	assert_int_equal(fchmodat(dir, "a/store", 0755, 0), 0);
	assert_int_equal(store_open(&s, where, &err), 0);
	store_done(&s);
	/* and one of another user is his */
	if (geteuid() == 0)
		assert_int_equal(fchownat(dir, "a/store", 1, (gid_t)-1, 0), 0);
	assert_int_equal(store_open(&s, geteuid() ? "/" : where, &err), -EPERM);
	unit_file(dir, "file", "");
	assert_int_equal(store_open(&s, file, &err), -ENOTDIR);
	assert_null(s.path);
	unit_scratch_done(dir, path);
}

static size_t names_in(const struct store *s, const char *dir)
{
	_cleanup_strv_ struct strv names = {0};

	assert_int_equal(fs_list_at(s->fd, dir, &names, NULL), 0);
	return names.n;
}

/* who is at work keeps his; the rest goes */
static void test_sweep(void **state)
{
	char path[64], live[64], dead[64], trash[64] = "x";
	int dir = unit_scratch(path), held, gone;
	_cleanup_free_ char *where = xasprintf("%s/store", path);
	struct store s;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_open(&s, where, &err), 0);
	held = store_tmp(&s, live, &err);
	gone = store_tmp(&s, dead, &err);
	assert_true(held >= 0 && gone >= 0);
	assert_non_null(str_after(live, "tmp/"));
	assert_string_not_equal(live, dead);
	assert_int_equal(fcntl(held, F_GETFD), FD_CLOEXEC);
	fd_close(gone);
	assert_int_equal(mkdirat(s.fd, "images/x", 0700), 0);
	unit_file(s.fd, "images/x/y", "");
	assert_int_equal(store_discard_as(&s, "images", "x", trash, &err), 0);
	assert_non_null(str_after(trash, "trash/"));
	assert_int_equal(faccessat(s.fd, trash, F_OK, 0), 0);
	assert_int_equal(faccessat(s.fd, "images/x", F_OK, 0), -1);
	/* what is not there is gone already */
	assert_int_equal(store_discard_as(&s, "images", "x", trash, &err), 0);
	assert_string_equal(trash, "");
	assert_int_equal(store_discard(&s, "version/x", "y", &err), -ENOTDIR);
	store_sweep(&s);
	assert_int_equal(names_in(&s, "tmp"), 1);
	assert_int_equal(names_in(&s, "trash"), 0);
	assert_int_equal(faccessat(s.fd, live, F_OK, 0), 0);
	fd_close(held);
	store_sweep(&s);
	assert_int_equal(names_in(&s, "tmp"), 0);
	store_done(&s);
	unit_scratch_done(dir, path);
}

static void test_reopen(void **state)
{
	char path[64];
	int dir = unit_scratch(path), sub;
	_cleanup_free_ char *where = xasprintf("%s/store", path);
	struct store s;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_open(&s, where, &err), 0);
	sub = openat(s.fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(store_reopen(&s, &sub, 1, &err), 0);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	assert_true(fd_is_named(sub, s.fd, "tmp"));
	/* another directory under the name is another directory */
	assert_int_equal(renameat(s.fd, "tmp", s.fd, "tmp2"), 0);
	assert_int_equal(unlinkat(s.fd, "tmp2", AT_REMOVEDIR), 0);
	assert_int_equal(mkdirat(s.fd, "tmp", 0700), 0);
	assert_true(store_reopen(&s, &sub, 1, &err) < 0);
	fd_close(sub);
	store_done(&s);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_reopen),
	};

	umask(022);
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
