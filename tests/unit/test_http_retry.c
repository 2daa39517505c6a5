#include "tests/unit/unit.h"

#include "runtime/base/clock.h"
#include "storage/transfer/http_retry.h"

static void test_retry_after(void **state)
{
	(void)state;
	assert_int_equal(http_retry_after("0", 1000), 0);
	assert_int_equal(http_retry_after("120", 1000), 120000);
	assert_int_equal(http_retry_after("Thu, 01 Jan 1970 00:20:00 GMT", 1000), 200000);
	assert_int_equal(http_retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 1000), 0);
	assert_int_equal(http_retry_after("-5", 1000), -1);
	assert_int_equal(http_retry_after("soon", 1000), -1);
	assert_true(http_retry_after("18446744073709551615", 1000) > HTTP_RETRY_AFTER_MAX);
}

static void test_retry(void **state)
{
	static const long final[] = {200, 301, 400, 401, 404, 499, 501, 505};
	static const long again[] = {408, 429, 500, 502, 503, 504};
	struct http_retry r = {.max = 2, .delay_ms = 1}, slow = {.max = 1, .delay_ms = 1100};
	int64_t start;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(final); i++) {
		assert_false(http_retry(&r, final[i], HTTP_FAIL_NONE, -1, 0));
		assert_int_equal(r.tries, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(again); i++) {
		struct http_retry one = {.max = 1, .delay_ms = 1};

		assert_true(http_retry(&one, again[i], HTTP_FAIL_NONE, -1, 0));
		assert_false(http_retry(&one, again[i], HTTP_FAIL_NONE, -1, 0));
	}
	/* it really waits, as long as it is told and a quarter more at most */
	start = clock_ms();
	assert_true(http_retry(&slow, 503, HTTP_FAIL_NONE, -1, 0));
	assert_in_range(clock_ms() - start, 1100, 2500);
	assert_false(http_retry(&r, 404, HTTP_FAIL_NONE, -1, 0));
	assert_false(http_retry(&r, 0, HTTP_FAIL_FATAL, -1, 0));
	assert_false(http_retry(&r, 503, HTTP_FAIL_NONE, HTTP_RETRY_AFTER_MAX + 1, 0));
	assert_true(http_retry(&r, 503, HTTP_FAIL_NONE, -1, 0));
	assert_true(http_retry(&r, 0, HTTP_FAIL_BROKEN, -1, 0));
	assert_false(http_retry(&r, 503, HTTP_FAIL_NONE, -1, 0));
	assert_int_equal(r.tries, 2);
	/* it moved on, so earlier failures are forgiven */
	assert_true(http_retry(&r, 0, HTTP_FAIL_BROKEN, -1, 1 << 20));
	assert_false(http_retry(&r, 0, HTTP_FAIL_STALL, -1, 1 << 20));
}

static void test_wait(void **state)
{
	struct http_retry r = {.delay_ms = 1000};

	(void)state;
	assert_int_equal(http_retry_wait(&r, -1), 1000);
	r.tries = 2;
	assert_int_equal(http_retry_wait(&r, -1), 4000);
	r.tries = 1000;
	assert_int_equal(http_retry_wait(&r, -1), 30000);
	assert_int_equal(http_retry_wait(&r, 50000), 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
