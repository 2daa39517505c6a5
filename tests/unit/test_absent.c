#include "tests/unit/unit.h"

#include "cmd/absent.h"

static void test_add(void **state)
{
	static const struct absent table[] = {
		{"A", "\"other\""},
		{"New", "7"},
		{"Deep.In.It", "[]"},
		{"Null.In", "1"},
		{"Text.In", "1"},
		{"Same", "=Obj.B"},
		{"Obj.C", "=A"},
		{"Nothing", "=Obj.Z"},
		{0},
	};
	_cleanup_json_ json_t *j =
		json_pack("{s:s, s:n, s:s, s:{s:i}}", "A", "a", "Null", "Text", "t", "Obj", "B", 3);
	_cleanup_free_ char *text = NULL;

	(void)state;
	absent_add(j, table);
	text = json_text(j);
	assert_string_equal(text,
		"{\"A\":\"a\",\"Null\":null,\"Text\":\"t\",\"Obj\":{\"B\":3,\"C\":\"a\"},"
		"\"New\":7,\"Deep\":{\"In\":{\"It\":[]}},\"Same\":3,\"Nothing\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_add)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
