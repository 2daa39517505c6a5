#include "runtime/capname.h"

#include "tests/unit/unit.h"

#include <linux/capability.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#define BIT(c) (UINT64_C(1) << (c))

static uint64_t apply(const char *add, const char *drop)
{
	_cleanup_strv_ struct strv a = {0}, d = {0};
	uint64_t set = 0;

	if (add)
		strv_add(&a, add);
	if (drop)
		strv_add(&d, drop);
	assert_int_equal(capname_apply(capname_default, &a, &d, &set, NULL), 0);
	return set;
}

static void test_default(void **state)
{
	(void)state;
	/* exactly those of Docker and podman */
	assert_true(capname_default == 0xa80425fb);
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name((cap_value_t)cap);

		assert_int_equal(strcasecmp(capname_get(cap), name), 0);
		cap_free(name);
	}
	assert_null(capname_get(CAP_LAST_CAP + 1));
	assert_null(capname_get(UINT32_MAX));
	/* what this kernel knows, and not one more */
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		assert_int_equal(capname_all() >> cap & 1, prctl(PR_CAPBSET_READ, cap) >= 0);
	assert_int_equal(capname_all() >> (CAP_LAST_CAP + 1), 0);
	assert_int_equal(__builtin_popcountll(capname_default), 14);
	assert_true(apply(NULL, NULL) == capname_default);
	assert_false(capname_default & BIT(CAP_SYS_ADMIN));
}

static void test_apply(void **state)
{
	(void)state;
	assert_true(apply("sys_admin", NULL) == (capname_default | BIT(CAP_SYS_ADMIN)));
	assert_true(
		apply("CAP_SYS_ADMIN,net_admin", "chown") ==
		((capname_default | BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN)) & ~BIT(CAP_CHOWN)));
	assert_true(apply(NULL, "all") == 0);
	assert_true(apply("NET_RAW", "ALL") == BIT(CAP_NET_RAW));
	assert_true(apply("ALL", NULL) == capname_all());
	assert_true(apply("all", "Cap_Mknod") == (capname_all() & ~BIT(CAP_MKNOD)));
}

static void test_refused(void **state)
{
	struct strv one = {0}, none = {0};
	struct err err = {0};
	uint64_t set = 42;

	(void)state;
	strv_add(&one, "SYS_ADMN");
	assert_int_equal(capname_apply(0, &one, &none, &set, &err), -ERR_USAGE);
	assert_non_null(strstr(err.msg, "CAP_SYS_ADMN"));
	assert_non_null(strstr(err.hint, "CAP_SYS_ADMIN"));
	strv_done(&one);
	strv_add(&one, "");
	assert_int_equal(capname_apply(0, &one, &none, &set, &err), -ERR_USAGE);
	strv_done(&one);
	strv_add(&one, "chown");
	assert_int_equal(capname_apply(0, &one, &one, &set, &err), -ERR_USAGE);
	strv_done(&one);
	strv_add(&one, "all");
	assert_int_equal(capname_apply(0, &one, &one, &set, &err), -ERR_USAGE);
	strv_done(&one);
	assert_true(set == 42);
}

static void test_json(void **state)
{
	_cleanup_json_ json_t *names = capname_json(BIT(CAP_CHOWN) | BIT(CAP_BPF));

	(void)state;
	assert_int_equal(json_array_size(names), 2);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "CAP_CHOWN");
	assert_true(capname_from_json(names) == (BIT(CAP_CHOWN) | BIT(CAP_BPF)));
	assert_null(capname_get(64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
