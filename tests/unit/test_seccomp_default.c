#include "runtime/seccomp_default.h"

#include "runtime/capname.h"
#include "tests/unit/unit.h"

#include <linux/capability.h>

#define BIT(c) (UINT64_C(1) << (c))

static bool names_have(const json_t *rule, const char *call)
{
	json_t *name;
	size_t i;

	json_array_foreach (json_object_get(rule, "names"), i, name)
		if (str_eq(json_string_value(name), call))
			return true;
	return false;
}

/* rules that name a call, with the given action; @plain: without arguments */
static int count(const json_t *profile, const char *call, const char *action, bool plain)
{
	json_t *rule;
	size_t i;
	int n = 0;

	json_array_foreach (json_object_get(profile, "syscalls"), i, rule)
		if (names_have(rule, call) && str_eq(json_get_str(rule, "action", ""), action) &&
			plain == !json_object_get(rule, "args"))
			n++;
	return n;
}

#define ALLOW "SCMP_ACT_ALLOW"
#define ERRNO "SCMP_ACT_ERRNO"

static void test_refused_by_default(void **state)
{
	static const char *const calls[] = {"unshare", "mount", "umount2", "setns", "keyctl",
		"add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
		"bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module",
		"finit_module", "reboot", "open_by_handle_at", "swapon", "acct", "settimeofday",
		"clock_settime", "pivot_root", "move_mount", "open_tree", "fsopen", "iopl",
		"syslog", "quotactl", "kcmp", "nfsservctl", "vhangup", "socket", "clone", "clone3",
		"personality", "socketcall"};
	_cleanup_json_ json_t *p = seccomp_default(capname_default);

	(void)state;
	assert_string_equal(json_get_str(p, "defaultAction", ""), ERRNO);
	assert_int_equal(json_get_int(p, "defaultErrnoRet", 0), EPERM);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		assert_int_equal(count(p, calls[i], ALLOW, true), 0);
	assert_int_equal(count(p, "clone3", ERRNO, true), 1);
	assert_int_equal(count(p, "clone", ALLOW, false), 1);
	assert_int_equal(count(p, "socket", ALLOW, false), 3);
	assert_int_equal(count(p, "personality", ALLOW, false), 5);
	assert_int_equal(count(p, "socketcall", ERRNO, true), 1);
	assert_int_equal(count(p, "chroot", ALLOW, true), 1);
	assert_int_equal(count(p, "ptrace", ALLOW, true), 1);
	assert_int_equal(count(p, "read", ALLOW, true), 1);
	assert_int_equal(count(p, "writev", ALLOW, true), 1);
}

static void test_granted(void **state)
{
	static const struct {
		unsigned cap;
		const char *call;
	} cases[] = {{CAP_SYS_ADMIN, "mount"}, {CAP_SYS_ADMIN, "clone3"},
		{CAP_SYS_ADMIN, "unshare"}, {CAP_SYS_ADMIN, "bpf"}, {CAP_BPF, "bpf"},
		{CAP_PERFMON, "perf_event_open"}, {CAP_SYS_BOOT, "reboot"},
		{CAP_SYS_MODULE, "finit_module"}, {CAP_SYS_PTRACE, "kcmp"},
		{CAP_SYS_TIME, "clock_settime64"}, {CAP_SYS_NICE, "mbind"}, {CAP_SYSLOG, "syslog"},
		{CAP_DAC_READ_SEARCH, "open_by_handle_at"}, {CAP_SYS_CHROOT, "chroot"}};
	_cleanup_json_ json_t *none = seccomp_default(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_t *p = seccomp_default(BIT(cases[i].cap));

		assert_int_equal(count(none, cases[i].call, ALLOW, true), 0);
		assert_int_equal(count(p, cases[i].call, ALLOW, true), 1);
	}
}

static void test_admin_clones(void **state)
{
	_cleanup_json_ json_t *p = seccomp_default(BIT(CAP_SYS_ADMIN));

	(void)state;
	assert_int_equal(count(p, "clone3", ERRNO, true), 0);
	assert_int_equal(count(p, "clone", ALLOW, true), 1);
	assert_int_equal(count(p, "clone", ALLOW, false), 0);
}

static void test_clone_mask(void **state)
{
	_cleanup_json_ json_t *p = seccomp_default(0);
	json_t *rule;
	size_t i;

	(void)state;
	json_array_foreach (json_object_get(p, "syscalls"), i, rule) {
		const json_t *arg = json_array_get(json_object_get(rule, "args"), 0);

		if (!names_have(rule, "clone"))
			continue;
		assert_int_equal(json_get_int(arg, "value", 0), 2114060288);
		assert_int_equal(json_get_int(arg, "valueTwo", 1), 0);
		assert_string_equal(json_get_str(arg, "op", ""), "SCMP_CMP_MASKED_EQ");
	}
}

static void test_kernel(void **state)
{
	(void)state;
	assert_int_equal(seccomp_kernel_at_least("2.6"), 1);
	assert_int_equal(seccomp_kernel_at_least("99.0"), 0);
	assert_int_equal(seccomp_kernel_at_least("4"), -EINVAL);
	assert_int_equal(seccomp_kernel_at_least("4.8.1"), -EINVAL);
	assert_int_equal(seccomp_kernel_at_least(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_by_default),
		cmocka_unit_test(test_granted),
		cmocka_unit_test(test_admin_clones),
		cmocka_unit_test(test_clone_mask),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
