#include "runtime/seccomp_profile.h"

#include "runtime/seccomp_default.h"
#include "tests/unit/unit.h"

#include <linux/capability.h>

#define ADMIN (UINT64_C(1) << CAP_SYS_ADMIN)

static int convert(const char *text, uint64_t caps, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), "test", &j, NULL), 0);
	return seccomp_profile_convert(j, caps, ret, err);
}

static size_t rules(const char *text, uint64_t caps)
{
	_cleanup_json_ json_t *out = NULL;

	assert_int_equal(convert(text, caps, &out, NULL), 0);
	return json_array_size(json_object_get(out, "syscalls"));
}

#define RULE(x)                                                                                    \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"mount\"],\"action\":"   \
	"\"SCMP_ACT_ALLOW\"" x "}]}"

static void test_conditions(void **state)
{
	(void)state;
	assert_int_equal(rules(RULE(""), 0), 1);
	assert_int_equal(rules(RULE(",\"includes\":{}"), 0), 1);
	assert_int_equal(rules(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0), 0);
	assert_int_equal(rules(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), ADMIN), 1);
	assert_int_equal(
		rules(RULE(",\"includes\":{\"caps\":[\"CAP_NONSENSE\"]}"), ~UINT64_C(0)), 0);
	assert_int_equal(rules(RULE(",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), ADMIN), 0);
	assert_int_equal(rules(RULE(",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0), 1);
	assert_int_equal(rules(RULE(",\"includes\":{\"arches\":[\"pdp11\"]}"), 0), 0);
	assert_int_equal(rules(RULE(",\"excludes\":{\"arches\":[\"pdp11\"]}"), 0), 1);
	assert_int_equal(rules(RULE(",\"includes\":{\"minKernel\":\"2.6\"}"), 0), 1);
	assert_int_equal(rules(RULE(",\"includes\":{\"minKernel\":\"99.1\"}"), 0), 0);
	assert_int_equal(rules(RULE(",\"excludes\":{\"minKernel\":\"2.6\"}"), 0), 0);
}

static void test_shape(void **state)
{
	_cleanup_json_ json_t *out = NULL, *native = seccomp_architectures();
	const json_t *rule, *arg;

	(void)state;
	assert_int_equal(convert("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
				 "\"syscalls\":[{"
				 "\"name\":\"clone\",\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":7,"
				 "\"args\":[{\"index\":"
				 "1,\"value\":2,\"valueTwo\":3,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}",
				 0, &out, NULL),
		0);
	assert_int_equal(json_get_int(out, "defaultErrnoRet", 0), 38);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(out, "architectures"), 0)),
		json_string_value(json_array_get(native, 0)));
	rule = json_array_get(json_object_get(out, "syscalls"), 0);
	assert_int_equal(json_get_int(rule, "errnoRet", 0), 7);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(rule, "names"), 0)), "clone");
	arg = json_array_get(json_object_get(rule, "args"), 0);
	assert_int_equal(json_get_int(arg, "index", 0), 1);
	assert_int_equal(json_get_int(arg, "valueTwo", 0), 3);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"defaultAction\":\"ALLOW\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_"
		"ALLOW\"}]}",
		RULE(",\"args\":[{\"index\":6,\"op\":\"SCMP_CMP_EQ\"}]"),
		RULE(",\"args\":[{\"index\":0,\"op\":\"==\"}]"),
		RULE(",\"includes\":{\"minKernel\":\"x\"}")};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = {0};
		json_t *out = NULL;

		assert_int_equal(convert(bad[i], 0, &out, &err), -ERR_USAGE);
		assert_null(out);
		assert_true(err.msg[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
