#include "tests/unit/unit.h"

#include "storage/credentials.h"

static const char file[] =
	"{\"auths\":{\"h.example\":{\"auth\":\"YTpi\"},\"h.example/team\":{\"auth\":\"Yzpk\"},"
	"\"https://index.docker.io/v1/"
	"\":{\"auth\":\"ZTpm\"},\"t.example\":{\"identitytoken\":\"tok\"},"
	"\"bad.example\":{\"auth\":\"!!\"},\"nul.example\":{\"auth\":\"YQA6Yg==\"}}}";

static void finds(
	const char *host, const char *path, int expected, const char *user, const char *password)
{
	struct credentials c = {0};
	struct err err = {0};
	json_t *j = NULL;

	assert_int_equal(json_parse(file, strlen(file), "t", &j, &err), 0);
	assert_int_equal(credentials_lookup(j, "t", host, path, &c, &err), expected);
	assert_true(str_eq(c.user, user));
	assert_true(str_eq(c.password, password));
	credentials_done(&c);
	json_decref(j);
}

static void test_lookup(void **state)
{
	(void)state;
	finds("h.example", "x", 1, "a", "b");
	finds("h.example", "team/x", 1, "c", "d");
	finds("h.example", "teams/x", 1, "a", "b");
	finds("h.example:5000", "x", 0, NULL, NULL);
	finds("docker.io", "library/alpine", 1, "e", "f");
	finds("t.example", "x", 1, NULL, NULL);
	finds("other.example", "x", 0, NULL, NULL);
	finds("bad.example", "x", -ERR_REGISTRY, NULL, NULL);
	finds("nul.example", "x", -ERR_REGISTRY, NULL, NULL);
}

static void test_flag(void **state)
{
	struct credentials c = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(credentials_parse("u:p:q", &c, &err), 0);
	assert_string_equal(c.user, "u");
	assert_string_equal(c.password, "p:q");
	credentials_done(&c);
	assert_true(credentials_parse("u", &c, &err) < 0);
	assert_true(credentials_parse(":p", &c, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
