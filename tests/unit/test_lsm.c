#include "runtime/lsm.h"

#include "tests/unit/unit.h"

#include "runtime/mounts.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void test_check(void **state)
{
	static const char *const bad[] = {"a b", "a\n", "\x7f", "changeprofile x", "a\tb"};
	char longest[5000];
	struct err err = {0};

	(void)state;
	assert_int_equal(lsm_check(&(struct lsm_label){NULL, NULL}, &err), 0);
	assert_int_equal(lsm_check(&(struct lsm_label){"", ""}, &err), 0);
	assert_int_equal(lsm_check(&(struct lsm_label){"unconfined", NULL}, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(lsm_check(&(struct lsm_label){bad[i], NULL}, &err), -ERR_USAGE);
		assert_int_equal(lsm_check(&(struct lsm_label){NULL, bad[i]}, &err), -ERR_USAGE);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(lsm_check(&(struct lsm_label){longest, NULL}, &err), -ERR_USAGE);
	if (!lsm_apparmor()) {
		assert_int_equal(lsm_check(&(struct lsm_label){"x", NULL}, &err), -ENOTSUP);
		assert_true(*err.hint);
		assert_null(lsm_default_profile());
		assert_null(lsm_own_profile());
	}
	if (!lsm_selinux()) {
		assert_int_equal(lsm_check(&(struct lsm_label){NULL, "u:r:t:s0"}, &err), -ENOTSUP);
		assert_true(*err.hint);
	}
	assert_false(lsm_wanted(&(struct lsm_label){"unconfined", ""}));
	assert_true(lsm_wanted(&(struct lsm_label){"x", NULL}));
	assert_true(lsm_wanted(&(struct lsm_label){"unconfined", "u:r:t:s0"}));
}

/* @covered: in place of our own attributes lies what takes every write; Return: what opening them gives */
static int open_in_child(const char *covered, const char *by)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char path[64];
		int proc;

		if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(255);
		snprintf(path, sizeof(path), covered, (int)getpid(), (int)getpid());
		if (*by && mount(by, path, NULL, MS_BIND, NULL) < 0)
			_exit(254);
		proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
		proc = lsm_open_attr(proc, NULL);
		/* the file behind it as well; no module is there to say anything but EINVAL */
		if (proc >= 0)
			proc = lsm_set_exec(proc, &(struct lsm_label){NULL, "x:x:x:s0"}, NULL);
		_exit(proc < 0 ? -proc : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_covered(void **state)
{
	char path[64], attr[80];
	int dir = unit_scratch(path), fd, r;

	(void)state;
	assert_int_equal(lsm_open_attr(dir, NULL), -EPERM);
	fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = lsm_open_attr(fd, NULL);
	if (r == -ENOENT)
		unit_skip("machine: this kernel has no security attributes");
	assert_true(r >= 0 && mounts_is_proc(r));
	fd_close(r);
	fd_close(fd);
	if (open_in_child("", "") == 255)
		unit_skip("machine: no mount namespace may be made here");
	assert_int_equal(mkdirat(dir, "attr", 0700), 0);
	unit_file(dir, "exec", "");
	snprintf(attr, sizeof(attr), "%s/attr", path);
	/* a directory of ours, and a file of procfs that is not the attribute */
	assert_int_equal(open_in_child("/proc/%d/task/%d/attr", attr), EXDEV);
	assert_int_equal(open_in_child("/proc/%d/task/%d/attr/exec", "/proc/self/comm"), EXDEV);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_covered),
	};

	return cmocka_run_group_tests_name("lsm", tests, NULL, NULL);
}
