#include "tests/unit/unit.h"

#include "runtime/sysctl.h"

#include <sched.h>

static void test_allowed(void **state)
{
	(void)state;
	assert_true(sysctl_allowed("net.ipv4.ip_forward", CLONE_NEWNET));
	assert_false(sysctl_allowed("net.ipv4.ip_forward", CLONE_NEWIPC));
	assert_true(sysctl_allowed("kernel.shmmax", CLONE_NEWIPC));
	assert_true(sysctl_allowed("fs.mqueue.msg_max", CLONE_NEWIPC));
	assert_false(sysctl_allowed("kernel.shmmax", CLONE_NEWNET));
	assert_false(sysctl_allowed("kernel.core_pattern", ~0U));
	assert_false(sysctl_allowed("vm.overcommit_memory", ~0U));
	assert_false(sysctl_allowed("net", ~0U));
	assert_true(sysctl_allowed("kernel.msgmax", CLONE_NEWIPC));
	assert_true(sysctl_allowed("kernel.shm_rmid_forced", CLONE_NEWIPC));
	assert_true(sysctl_allowed("kernel.hostname", CLONE_NEWUTS));
	assert_true(sysctl_allowed("kernel.domainname", CLONE_NEWUTS));
	assert_false(sysctl_allowed("kernel.domainname", ~(unsigned)CLONE_NEWUTS));
	assert_true(sysctl_allowed("user.max_user_namespaces", CLONE_NEWUSER));
	assert_false(sysctl_allowed("user.max_user_namespaces", ~(unsigned)CLONE_NEWUSER));
	assert_false(sysctl_allowed("fs.mqueue.msg_max", ~(unsigned)CLONE_NEWIPC));
	/* ways out of the tree */
	assert_false(sysctl_allowed("net/../kernel/core_pattern", ~0U));
	assert_false(sysctl_allowed("net....kernel.core_pattern", ~0U));
	assert_false(sysctl_allowed("", ~0U));
}

static void test_check(void **state)
{
	_cleanup_json_ json_t *good = json_pack("{s:s}", "net.ipv4.ip_forward", "1");
	_cleanup_json_ json_t *bad = json_pack("{s:s}", "kernel.core_pattern", "|/x");
	_cleanup_json_ json_t *number = json_pack("{s:i}", "net.ipv4.ip_forward", 1);
	struct err err = {0};

	(void)state;
	assert_int_equal(sysctl_check(good, CLONE_NEWNET, &err), 0);
	assert_int_equal(sysctl_check(NULL, 0, &err), 0);
	assert_int_equal(sysctl_check(good, 0, &err), -ERR_USAGE);
	assert_int_equal(sysctl_check(bad, ~0U, &err), -ERR_USAGE);
	assert_true(*err.hint);
	assert_true(sysctl_check(number, CLONE_NEWNET, &err) < 0);
	json_object_set_new(good, "kernel.core_pattern", json_string("|/x"));
	assert_int_equal(sysctl_check(good, CLONE_NEWNET, &err), -ERR_USAGE);
}

static void expect_text(int dir, const char *name, const char *want)
{
	_cleanup_buf_ struct buf b = {0};

	assert_int_equal(fs_read_at(dir, name, &b, NULL), 0);
	assert_string_equal(buf_str(&b), want);
}

/* below a directory that looks like /proc */
static void test_apply(void **state)
{
	_cleanup_json_ json_t *two =
		json_pack("{s:s, s:s}", "net.core.a", "12", "net.ipv4.conf.all.b", "34");
	_cleanup_json_ json_t *mixed =
		json_pack("{s:s, s:s}", "net.core.a", "99", "kernel.core_pattern", "|/x");
	_cleanup_json_ json_t *link = json_pack("{s:s}", "net.core.link", "99");
	_cleanup_json_ json_t *missing = json_pack("{s:s}", "net.core.none", "99");
	_cleanup_json_ json_t *none = json_object();
	struct err err = {0};
	char path[64];
	int proc = unit_scratch(path);

	(void)state;
	assert_int_equal(fs_mkdirs_at(proc, "sys/net/core", 0755, &err), 0);
	assert_int_equal(fs_mkdirs_at(proc, "sys/net/ipv4/conf/all", 0755, &err), 0);
	unit_file(proc, "sys/net/core/a", "");
	unit_file(proc, "sys/net/ipv4/conf/all/b", "");
	unit_file(proc, "canary", "kept");
	assert_int_equal(symlinkat("../../../canary", proc, "sys/net/core/link"), 0);
	assert_int_equal(sysctl_apply(two, proc, CLONE_NEWNET, &err), 0);
	expect_text(proc, "sys/net/core/a", "12");
	expect_text(proc, "sys/net/ipv4/conf/all/b", "34");
	/* one that is refused: none is set */
	assert_int_equal(sysctl_apply(mixed, proc, CLONE_NEWNET, &err), -ERR_USAGE);
	expect_text(proc, "sys/net/core/a", "12");
	assert_int_equal(sysctl_apply(two, proc, 0, &err), -ERR_USAGE);
	assert_int_equal(sysctl_apply(link, proc, CLONE_NEWNET, &err), -ELOOP);
	expect_text(proc, "canary", "kept");
	assert_int_equal(sysctl_apply(missing, proc, CLONE_NEWNET, &err), -ENOENT);
	assert_int_equal(sysctl_apply(two, -EBADF, CLONE_NEWNET, &err), -ENOTSUP);
	assert_int_equal(sysctl_apply(none, -EBADF, CLONE_NEWNET, &err), 0);
	assert_int_equal(sysctl_apply(NULL, -EBADF, CLONE_NEWNET, &err), 0);
	unit_scratch_done(proc, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
