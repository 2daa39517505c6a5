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
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
