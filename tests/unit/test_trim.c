#include "runtime/base/trim.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* pages of files that this process has mapped in */
static long file_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size, resident, shared = -1;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld %ld", &size, &resident, &shared), 3);
	fclose(f);
	return shared;
}

static const char constant[] = "constants are there";
static char written[] = "what was written stays";

static void test_trim(void **state)
{
	long before = file_pages();

	(void)state;
	written[0] = 'W';
	trim_text();
	assert_true(file_pages() < before);
	assert_string_equal(constant, "constants are there");
	assert_string_equal(written, "What was written stays");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_trim)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
