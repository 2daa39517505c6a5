#include "runtime/spec.h"

#include "tests/unit/unit.h"

static const char config_text[] =
	"{\"process\":{\"args\":[\"sh\"],\"terminal\":true,\"cwd\":\"/"
	"w\",\"env\":[\"A=1\",\"B=2\"],"
	"\"user\":{\"uid\":0,\"gid\":0,\"username\":\"0\",\"umask\":63,\"additionalGids\":[5]},"
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"]},"
	"\"noNewPrivileges\":true}}";

static int make(const struct exec_opts *o, json_t **ret)
{
	_cleanup_json_ json_t *config = NULL;
	struct container c = {.name = NULL};
	struct err err = {0};

	assert_int_equal(json_parse(config_text, strlen(config_text), "test", &config, &err), 0);
	return spec_exec(&c, config, o, ret, &err);
}

static void test_inherits(void **state)
{
	char ls[] = "ls", set[] = "B=3";
	char *args[] = {ls, NULL}, *env[] = {set, NULL};
	const struct exec_opts o = {.args = {args, 1}, .env = {env, 1}};
	_cleanup_json_ json_t *p = NULL;
	_cleanup_strv_ struct strv got = {0};

	(void)state;
	assert_int_equal(make(&o, &p), 0);
	json_get_strv(p, "env", &got);
	assert_int_equal(got.n, 2);
	assert_true(strv_has(&got, "A=1") && strv_has(&got, "B=3"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(p, "args"), 0)), "ls");
	assert_false(json_get_bool(p, "terminal", true));
	assert_true(json_get_bool(p, "noNewPrivileges", false));
	assert_string_equal(json_get_str(p, "cwd", ""), "/w");
	assert_int_equal(json_array_size(json_path(p, "capabilities", "bounding", NULL)), 1);
}

static void test_user(void **state)
{
	char ls[] = "ls", user[] = "nobody", dir[] = "/x/../y";
	char *args[] = {ls, NULL};
	const struct exec_opts o = {
		.args = {args, 1}, .user = user, .workdir = dir, .tty = true, .privileged = true};
	_cleanup_json_ json_t *p = NULL;
	_cleanup_strv_ struct strv env = {0};
	const json_t *u;

	(void)state;
	assert_int_equal(make(&o, &p), 0);
	u = json_object_get(p, "user");
	assert_string_equal(json_get_str(u, "username", ""), "nobody");
	assert_int_equal(json_get_int(u, "umask", 0), 63);
	assert_int_equal(json_array_size(json_object_get(u, "additionalGids")), 1);
	assert_string_equal(json_get_str(p, "cwd", ""), "/y");
	json_get_strv(p, "env", &env);
	assert_true(strv_has(&env, "TERM=xterm"));
	assert_true(json_array_size(json_path(p, "capabilities", "bounding", NULL)) > 30);
	assert_int_equal(json_array_size(json_path(p, "capabilities", "ambient", NULL)), 0);
}

static void test_refused(void **state)
{
	char ls[] = "ls", bad[] = "a:b:c", rel[] = "x";
	char *args[] = {ls, NULL};
	const struct exec_opts cases[] = {{.user = NULL}, {.args = {args, 1}, .user = bad},
		{.args = {args, 1}, .workdir = rel}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *p = NULL;

		assert_int_equal(make(&cases[i], &p), -ERR_USAGE);
		assert_null(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherits),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
