#include "tests/unit/unit.h"

#include "storage/transfer/upload.h"

static void test_range(void **state)
{
	(void)state;
	assert_int_equal(upload_range("0-99"), 100);
	assert_int_equal(upload_range("bytes=0-99"), 100);
	assert_int_equal(upload_range("0-0"), 1);
	assert_int_equal(upload_range("1-99"), 0);
	assert_int_equal(upload_range("0--1"), 0);
	assert_int_equal(upload_range("0-18446744073709551615"), 0);
	assert_int_equal(upload_range(""), 0);
	assert_int_equal(upload_range(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_range)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
