#include "tests/unit/unit.h"

#include "cmd/table.h"

static void check(const char *text, const char *want)
{
	_cleanup_buf_ struct buf out = {0};

	table_align(text, &out);
	assert_string_equal(buf_str(&out), want);
}

static void test_align(void **state)
{
	(void)state;
	check("", "");
	check("one\n", "one\n");
	check("one", "one");
	check("\n\n", "\n\n");
	/* at least twelve wide */
	check("A\tB\n1\t2\n", "A           B\n1           2\n");
	check("A\tB\n1234567890\t2\n", "A           B\n1234567890  2\n");
	/* wider cells get a padding of two */
	check("A\tB\n12345678901\t2\n", "A            B\n12345678901  2\n");
	/* the last cell is not padded; an empty one is kept */
	check("A\tB\tC\n\t\tx\n", "A           B           C\n                        x\n");
}

/* a line without the column ends it: below, its width is found anew */
static void test_blocks(void **state)
{
	(void)state;
	check("aaaaaaaaaaaaaaaaaaaa\tb\nnone\nc\td\n",
		"aaaaaaaaaaaaaaaaaaaa  b\nnone\nc           d\n");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(table_width("abc", 3), 3);
	assert_int_equal(table_width("h\xc3\xa9", 3), 2);
	assert_int_equal(table_width("e\xcc\x81", 3), 1);
	assert_int_equal(table_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
	assert_int_equal(table_width("\xff\xfe", 2), 2);
	check("h\xc3\xa9\tx\n", "h\xc3\xa9          x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
