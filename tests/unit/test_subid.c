#include "userns/subid.h"

#include "runtime/base/json.h"
#include "tests/unit/unit.h"

static char *maps_of(const char *text)
{
	_cleanup_json_ json_t *j = json_loads(text, 0, NULL);
	struct idmap m = {0};
	char *got;

	if (subid_from_json(j, 1000, &m, NULL) < 0)
		return xstrdup("error");
	got = idmap_format(&m);
	idmap_done(&m);
	return got;
}

static void check(const char *json, const char *want)
{
	_cleanup_free_ char *got = maps_of(json);

	assert_string_equal(got, want);
}

static void test_ranges(void **state)
{
	(void)state;
	check("[]", "0 1000 1\n");
	check("[[100000,65536]]", "0 1000 1\n1 100000 65536\n");
	check("[[100000,10],[300000,5]]", "0 1000 1\n1 100000 10\n11 300000 5\n");
	/* the same range for the name and for the number, and one that holds the user's own id */
	check("[[100000,10],[100000,10],[100005,10]]", "0 1000 1\n1 100000 10\n");
	check("[[999,5],[200000,1]]", "0 1000 1\n1 200000 1\n");
	/* root's own id and nonsense are left out */
	check("[[0,10],[-5,10],[5,0],[4294967295,1],[\"a\",1],[],7,[200000,1]]",
		"0 1000 1\n1 200000 1\n");
	check("{}", "error");
}

static void test_many(void **state)
{
	_cleanup_json_ json_t *j = json_array();
	struct idmap m = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		json_array_append_new(j, json_pack("[i,i]", 100000 + 10 * i, 5));
	assert_int_equal(subid_from_json(j, 1000, &m, NULL), 0);
	/* the kernel takes no more */
	assert_int_equal(m.n, 340);
	idmap_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
