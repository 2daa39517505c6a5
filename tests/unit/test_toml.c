#include "tests/unit/unit.h"

#include "storage/toml.h"

static json_t *ok(const char *text)
{
	struct err err = {0};
	json_t *j = NULL;

	if (toml_parse(text, "t", &j, &err) < 0)
		fail_msg("%s", err.msg);
	return j;
}

static void same(const char *text, const char *json)
{
	json_t *j = ok(text);
	char *got = json_text(j);

	assert_string_equal(got, json);
	free(got);
	json_decref(j);
}

static void refused(const char *text)
{
	struct err err = {0};
	json_t *j = NULL;

	assert_true(toml_parse(text, "t", &j, &err) < 0);
	assert_null(j);
}

static void test_values(void **state)
{
	(void)state;
	same("", "{}");
	same("\xef\xbb\xbf# c\n", "{}");
	same("a = 1 # c\r\nb = \"x\\n\\u00e9\\\"\"\nc = 'raw\\n'\nd = true\ne=-5",
		"{\"a\":1,\"b\":\"x\\n\xc3\xa9\\\"\",\"c\":\"raw\\\\n\",\"d\":true,\"e\":-5}");
	same("a = [\n 1, # one\n 2,\n]\n", "{\"a\":[1,2]}");
	same("a = {b = 1, c = \"d\"}", "{\"a\":{\"b\":1,\"c\":\"d\"}}");
	same("a.b.\"c d\" = \"\"", "{\"a\":{\"b\":{\"c d\":\"\"}}}");
}

static void test_tables(void **state)
{
	(void)state;
	same("[a]\nx=1\n[a.b]\ny=2", "{\"a\":{\"x\":1,\"b\":{\"y\":2}}}");
	same("[[r]]\nx=1\n[[r.m]]\ny=1\n[[r.m]]\ny=2\n[[r]]\nx=2\n[[r.m]]\ny=3",
		"{\"r\":[{\"x\":1,\"m\":[{\"y\":1},{\"y\":2}]},{\"x\":2,\"m\":[{\"y\":3}]}]}");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"a", "a =", "= 1", "a = 1 b = 2", "a = \"x",
		"a = \"\"\"x\"\"\"", "a = 1.5", "a = 1979-05-27", "a = \"\\q\"", "a = \"\\ud800\"",
		"a = [1", "a = {b = 1", "a = 1\na = 2", "[a]\nx=1\n[a]\ny=1", "[a", "[[a]",
		"a = 1\n[a]", "a = 1\n[[a]]", "[]", "a..b = 1", "\xff = 1", "\"\xff\" = 1",
		"a = [1]\n[[a]]", "a=[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
