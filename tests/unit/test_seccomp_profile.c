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
	assert_int_equal(rules(RULE(",\"excludes\":{\"minKernel\":\"99.1\"}"), 0), 1);
	/* all that is included, none that is excluded */
	assert_int_equal(
		rules(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_KILL\"]}"), ADMIN), 0);
	assert_int_equal(rules(RULE(",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_KILL\"]}"),
				 ADMIN | UINT64_C(1) << CAP_KILL),
		1);
	assert_int_equal(
		rules(RULE(",\"excludes\":{\"caps\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]}"), ADMIN), 0);
	assert_int_equal(
		rules(RULE(",\"includes\":{\"minKernel\":\"99.1\"},\"excludes\":{\"minKernel\":"
			   "\"99.1\"}"),
			0),
		0);
}

static void test_arches(void **state)
{
	_cleanup_free_ char *in = xasprintf(
		RULE(",\"includes\":{\"arches\":[\"pdp11\",\"%s\"]}"), seccomp_arch_name());
	_cleanup_free_ char *ex =
		xasprintf(RULE(",\"excludes\":{\"arches\":[5,\"%s\"]}"), seccomp_arch_name());
	_cleanup_json_ json_t *native = seccomp_architectures(), *list = NULL, *map = NULL;
	const char *own = json_string_value(json_array_get(native, 0));
	_cleanup_free_ char *text =
		xasprintf("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{"
			  "\"architecture\":\"SCMP_ARCH_PDP11\",\"subArchitectures\":["
			  "\"SCMP_ARCH_PDP7\"]},{\"architecture\":\"%s\","
			  "\"subArchitectures\":[\"SCMP_ARCH_X\",\"SCMP_ARCH_Y\"]}]}",
			own);
	_cleanup_strv_ struct strv got = {0}, of_map = {0};
	_cleanup_free_ char *joined = NULL, *want = xasprintf("%s SCMP_ARCH_X SCMP_ARCH_Y", own);

	(void)state;
	assert_int_equal(rules(in, 0), 1);
	assert_int_equal(rules(ex, 0), 0);
	assert_int_equal(convert("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"F\"],"
				 "\"architectures\":[\"SCMP_ARCH_PDP11\"]}",
				 0, &list, NULL),
		0);
	json_get_strv(list, "architectures", &got);
	assert_int_equal(got.n, 1);
	assert_string_equal(got.v[0], "SCMP_ARCH_PDP11");
	assert_int_equal(json_array_size(json_object_get(list, "flags")), 1);
	assert_int_equal(convert(text, 0, &map, NULL), 0);
	json_get_strv(map, "architectures", &of_map);
	joined = strv_join(&of_map, " ");
	assert_string_equal(joined, want);
}

static void test_read(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	_cleanup_free_ char *file = xasprintf("%s/p", path);
	json_t *out = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(seccomp_profile_read(file, 0, &out, &err), -ENOENT);
	unit_file(dir, "p", "{");
	assert_true(seccomp_profile_read(file, 0, &out, &err) < 0);
	unit_file(dir, "p", "{\"defaultAction\":\"x\"}");
	assert_int_equal(seccomp_profile_read(file, 0, &out, &err), -ERR_USAGE);
	assert_non_null(strstr(err.msg, file));
	assert_null(out);
	unit_file(dir, "p", "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	assert_int_equal(seccomp_profile_read(file, 0, &out, &err), 0);
	assert_string_equal(json_get_str(out, "defaultAction", ""), "SCMP_ACT_LOG");
	json_decref(out);
	unit_scratch_done(dir, path);
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
	assert_string_equal(json_get_str(out, "defaultAction", ""), "SCMP_ACT_ERRNO");
	assert_null(json_object_get(out, "flags"));
	assert_string_equal(
		json_get_str(json_array_get(json_object_get(out, "syscalls"), 0), "action", ""),
		"SCMP_ACT_ERRNO");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(out, "architectures"), 0)),
		json_string_value(json_array_get(native, 0)));
	rule = json_array_get(json_object_get(out, "syscalls"), 0);
	assert_int_equal(json_get_int(rule, "errnoRet", 0), 7);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(rule, "names"), 0)), "clone");
	arg = json_array_get(json_object_get(rule, "args"), 0);
	assert_int_equal(json_get_int(arg, "index", 0), 1);
	assert_int_equal(json_get_int(arg, "value", 0), 2);
	assert_int_equal(json_get_int(arg, "valueTwo", 0), 3);
	assert_string_equal(json_get_str(arg, "op", ""), "SCMP_CMP_MASKED_EQ");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"defaultAction\":\"ALLOW\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrno\":\"ENOSUCH\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":\"1\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_"
		"ALLOW\"}]}",
		RULE(",\"args\":[{\"index\":6,\"op\":\"SCMP_CMP_EQ\"}]"),
		RULE(",\"args\":[{\"index\":-1,\"op\":\"SCMP_CMP_EQ\"}]"),
		RULE(",\"args\":[{\"op\":\"SCMP_CMP_EQ\"}]"),
		RULE(",\"args\":[{\"index\":0,\"op\":\"==\"}]"),
		RULE(",\"excludes\":{\"minKernel\":\"x\"}"),
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"x\"],\"action\":"
		"\"y\"}]}",
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

static void test_listener(void **state)
{
	json_t *out = NULL;

	(void)state;
	assert_int_equal(convert("{\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/x\","
				 "\"listenerMetadata\":\"m\",\"defaultErrno\":\"EPERM\"}",
				 0, &out, NULL),
		0);
	assert_string_equal(json_get_str(out, "listenerPath", ""), "/x");
	assert_string_equal(json_get_str(out, "listenerMetadata", ""), "m");
	assert_int_equal(json_get_int(out, "defaultErrnoRet", 0), 1);
	json_decref(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_arches),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
