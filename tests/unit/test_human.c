#include "tests/unit/unit.h"

#include "cmd/human.h"

static void test_sizes(void **state)
{
	char b[HUMAN_MAX];

	(void)state;
	assert_string_equal(human_size(0, b), "0 B");
	assert_string_equal(human_size(999, b), "999 B");
	assert_string_equal(human_size(1000, b), "1 kB");
	assert_string_equal(human_size(7948123, b), "7.95 MB");
	assert_string_equal(human_size(123456789, b), "123 MB");
	assert_string_equal(human_size(999999, b), "1 MB");
	assert_string_equal(human_size(UINT64_MAX, b), "18.4 EB");
	assert_string_equal(human_size_iec(1 << 20, b), "1MiB");
	assert_string_equal(human_size_iec(1263600, b), "1.205MiB");
}

static void test_durations(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {{-5, "Less than a second"}, {0, "Less than a second"}, {1, "1 second"},
		{59, "59 seconds"}, {60, "About a minute"}, {119, "About a minute"},
		{120, "2 minutes"}, {3599, "59 minutes"}, {3600, "About an hour"},
		{5399, "About an hour"}, {5400, "2 hours"}, {47 * 3600, "47 hours"},
		{48 * 3600, "2 days"}, {14 * 86400, "2 weeks"}, {60 * 86400, "2 months"},
		{730 * 86400, "2 years"}};
	char b[HUMAN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(human_duration(rows[i].seconds, b), rows[i].text);
	assert_string_equal(human_ago(130, b), "2 minutes ago");
}

static void test_exact_durations(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {{0, "0s"}, {1, "1ns"}, {1500, "1.5\u00b5s"}, {300000000, "300ms"},
		{999999999, "999.999999ms"}, {1000000000, "1s"}, {1500000000, "1.5s"},
		{60000000000, "1m0s"}, {3600000000000, "1h0m0s"}, {5430050000000, "1h30m30.05s"},
		{-2000000000, "-2s"}, {INT64_MAX, "2562047h47m16.854775807s"},
		{INT64_MIN, "-2562047h47m16.854775808s"}};
	char b[HUMAN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(human_exact(rows[i].ns, b), rows[i].text);
}

static void test_times(void **state)
{
	char b[HUMAN_MAX];

	(void)state;
	assert_string_equal(human_time("2026-01-02T15:04:05Z", b), "2026-01-02 15:04:05 +0000 UTC");
	assert_string_equal(
		human_time("2026-01-02T15:04:05.120Z", b), "2026-01-02 15:04:05.12 +0000 UTC");
	assert_string_equal(
		human_time("2026-01-02T15:04:05+01:00", b), "2026-01-02 14:04:05 +0000 UTC");
	assert_string_equal(human_time("rubbish", b), "");
	assert_string_equal(human_time(NULL, b), "");
	assert_string_equal(human_since("", b), "");
	assert_int_equal(human_unix("1970-01-01T00:01:00Z"), 60);
	assert_string_equal(human_since("2001-01-01T00:00:00Z", b) + strlen(b) - 9, "years ago");
}

static void test_ids(void **state)
{
	char b[80];

	(void)state;
	assert_string_equal(human_id("sha256:0123456789abcdef", false, b), "0123456789ab");
	assert_string_equal(human_id("0123456789abcdef", true, b), "0123456789abcdef");
	assert_string_equal(human_id("", false, b), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_exact_durations),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
