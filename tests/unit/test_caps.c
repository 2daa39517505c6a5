#include "tests/unit/unit.h"

#include "runtime/caps.h"

static int parse(const char *text, struct caps *c)
{
	_cleanup_json_ json_t *o = json_loads(text, 0, NULL);

	return caps_parse(o, c, NULL);
}

static void test_parse(void **state)
{
	struct caps c = {0};

	(void)state;
	assert_int_equal(
		parse("{\"bounding\":[\"CAP_CHOWN\",\"cap_sys_admin\"],\"ambient\":[\"CAP_KILL\"]}",
			&c),
		0);
	assert_true(c.bounding == (UINT64_C(1) | UINT64_C(1) << 21));
	assert_true(c.ambient == UINT64_C(1) << 5);
	assert_true(c.permitted == 0 && c.effective == 0 && c.inheritable == 0);
	/* without an object there are none */
	assert_int_equal(caps_parse(NULL, &c, NULL), 0);
	assert_true(c.bounding == 0 && c.ambient == 0);
}

static void test_refused(void **state)
{
	struct caps c = {.bounding = 3};

	(void)state;
	assert_true(parse("{\"bounding\":[\"CAP_FROB\"]}", &c) < 0);
	assert_true(parse("{\"bounding\":[7]}", &c) < 0);
	assert_true(parse("{\"effective\":[\"\"]}", &c) < 0);
	assert_true(
		parse("{\"effective\":[\"CAP_"
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]}",
			&c) < 0);
	assert_true(c.bounding == 3);
	assert_true(caps_all() & 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
