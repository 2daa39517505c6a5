#include "runtime/spec_parts.h"

#include "tests/unit/unit.h"

#include <sys/resource.h>

/* entry point and arguments, each word in brackets */
static char *args(const char *flag, const char *behind, const char *image)
{
	_cleanup_strv_ struct strv entry = {0}, cmd = {0};
	_cleanup_json_ json_t *config = NULL;
	_cleanup_free_ char *text = flag ? xstrdup(flag) : NULL;
	struct spec_opts o = {.entrypoint = text};
	struct err err = {0};
	char *s;

	assert_int_equal(json_parse(image, strlen(image), "test", &config, NULL), 0);
	if (behind)
		strv_split(&o.args, behind, " ");
	if (spec_args(&o, config, &entry, &cmd, &err) < 0) {
		s = xstrdup("error");
	} else {
		_cleanup_free_ char *e = strv_join(&entry, "]["), *c = strv_join(&cmd, "][");

		s = xasprintf("[%s] [%s]", e, c);
	}
	strv_done(&o.args);
	return s;
}

static void test_args(void **state)
{
	static const char both[] = "{\"Entrypoint\":[\"e\",\"1\"],\"Cmd\":[\"c\",\"2\"]}";
	static const struct {
		const char *flag, *behind, *image, *want;
	} cases[] = {
		{NULL, NULL, both, "[e][1] [c][2]"},
		{NULL, "x y", both, "[e][1] [x][y]"},
		{"n", NULL, both, "[n] []"},
		{"n", "x", both, "[n] [x]"},
		{"n -x", "x", both, "[n -x] [x]"},
		{"[\"n\", \"-v\"]", "x", both, "[n][-v] [x]"},
		{"[", "x", both, "[[] [x]"},
		{"[1]", "x", both, "[[1]] [x]"},
		{"", "x", both, "[] [x]"},
		{"", NULL, both, "error"},
		{NULL, NULL, "{\"Cmd\":[\"c\"]}", "[] [c]"},
		{NULL, "x", "{\"Cmd\":[\"c\"]}", "[] [x]"},
		{NULL, NULL, "{\"Entrypoint\":[\"e\"],\"Cmd\":null}", "[e] []"},
		{NULL, NULL, "{\"Entrypoint\":\"sh\",\"Cmd\":7}", "error"},
		{NULL, NULL, "{}", "error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *got = args(cases[i].flag, cases[i].behind, cases[i].image);

		assert_string_equal(got, cases[i].want);
	}
}

static int env_apply(struct strv *env, const char *file, const char *flags, struct err *err)
{
	_cleanup_strv_ struct strv files = {0}, list = {0};
	char path[64];
	_cleanup_close_ int dir = unit_scratch(path);
	int r;

	if (file) {
		assert_int_equal(fs_write_at(dir, "env", file, strlen(file), 0600, 0, NULL), 0);
		strv_addf(&files, "%s/env", path);
	}
	if (flags)
		strv_split(&list, flags, "|");
	r = spec_env(env, &files, &list, err);
	unlinkat(dir, "env", 0);
	rmdir(path);
	return r;
}

static void test_env(void **state)
{
	_cleanup_strv_ struct strv env = {0};
	_cleanup_free_ char *text = NULL;

	(void)state;
	setenv("UNIT_ONE", "1", 1);
	setenv("UNIT_TWO", "two=2", 1);
	unsetenv("UNIT_NONE");
	strv_add(&env, "A=image");
	strv_add(&env, "B=image");
	assert_int_equal(
		env_apply(&env, "# comment\n\n  A=file\r\nC= spaced \nUNIT_ONE\nUNIT_NONE\nD=a#b\n",
			"C=flag|E=|F=x=y|UNIT_T*|UNIT_NONE|B=", NULL),
		0);
	text = strv_join(&env, "|");
	assert_string_equal(text, "A=file|B=|C=flag|UNIT_ONE=1|D=a#b|E=|F=x=y|UNIT_TWO=two=2");
}

static void test_env_refused(void **state)
{
	static const char *const files[] = {"=x\n", "A B=c\n", "A=1\nB C\n"};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_strv_ struct strv env = {0};

		assert_int_equal(env_apply(&env, files[i], NULL, &err), -ERR_USAGE);
	}
	for (size_t i = 0; i < 2; i++) {
		_cleanup_strv_ struct strv env = {0};

		assert_int_equal(env_apply(&env, NULL, i ? "=x" : "|", &err), -ERR_USAGE);
	}
}

static void test_user(void **state)
{
	static const char *const bad[] = {
		"a:b:c", "::", "a::", "4294967295", "0:4294967295", "a b", "a\nb", "../x"};
	static const char *const halves[][2] = {
		{":", "0"}, {"app:", "app"}, {":50", "0:50"}, {":a", "0:a"}, {"", "0"}};
	struct strv groups = {0};
	json_t *j = NULL;

	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		assert_int_equal(spec_user(halves[i][0], NULL, NULL, &j, &err), 0);
		assert_string_equal(json_get_str(j, "username", ""), halves[i][1]);
		json_decref(j);
	}
	strv_add(&groups, "5");
	strv_add(&groups, "audio");
	assert_int_equal(spec_user("1000:1001", &groups, "0077", &j, &err), 0);
	assert_int_equal(json_get_int(j, "uid", -1), 1000);
	assert_int_equal(json_get_int(j, "gid", -1), 1001);
	assert_int_equal(json_get_int(j, "umask", -1), 077);
	assert_string_equal(json_get_str(j, "username", ""), "1000:1001");
	assert_int_equal(
		json_integer_value(json_array_get(json_object_get(j, "additionalGids"), 0)), 5);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(j, "additionalGroups"), 0)),
		"audio");
	json_decref(j);
	assert_int_equal(spec_user(NULL, NULL, NULL, &j, &err), 0);
	assert_string_equal(json_get_str(j, "username", ""), "0");
	json_decref(j);
	j = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(spec_user(bad[i], NULL, NULL, &j, &err), -ERR_USAGE);
	assert_int_equal(spec_user("0", NULL, "999", &j, &err), -ERR_USAGE);
	strv_add(&groups, "keep-groups");
	assert_int_equal(spec_user("0", &groups, NULL, &j, &err), -ERR_USAGE);
	strv_done(&groups);
}

static void test_ulimits(void **state)
{
	static const char *const bad[] = {"nofile", "nofile=", "nofile=a", "nofile=2:1",
		"nofile=1:2:3", "nofiles=1", "=1", "nofile=-2", "nofile=1=2", "core=unlimited:5"};
	_cleanup_strv_ struct strv flags = {0};
	_cleanup_json_ json_t *j = NULL;
	const json_t *first;

	(void)state;
	strv_add(&flags, "nofile=10");
	strv_add(&flags, "host");
	strv_add(&flags, "core=0:0");
	strv_add(&flags, "nofile=11:12");
	assert_int_equal(spec_ulimits(&flags, &j, NULL), 0);
	assert_int_equal(json_array_size(j), 2);
	first = json_array_get(j, 1);
	assert_string_equal(json_get_str(first, "type", ""), "RLIMIT_NOFILE");
	assert_int_equal(json_get_int(first, "soft", 0), 11);
	assert_int_equal(json_get_int(first, "hard", 0), 12);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_strv_ struct strv one = {0};
		struct err err = {0};
		json_t *none = NULL;

		strv_add(&one, bad[i]);
		assert_int_equal(spec_ulimits(&one, &none, &err), -ERR_USAGE);
		assert_null(none);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_env_refused),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_ulimits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
