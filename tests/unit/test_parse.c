#include "runtime/base/parse.h"

#include "runtime/base/clock.h"
#include "runtime/base/str.h"
#include "tests/unit/unit.h"

#include <signal.h>

static void test_numbers(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1.0", "a", NULL};
	uint64_t u = 77;
	int64_t i = 77;

	(void)state;
	for (size_t n = 0; bad[n]; n++) {
		assert_int_equal(parse_u64(bad[n], &u), -EINVAL);
		assert_int_equal(u, 77);
	}
	assert_int_equal(parse_u64(NULL, &u), -EINVAL);
	assert_int_equal(parse_u64("18446744073709551615", &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", &u), -ERANGE);
	assert_int_equal(parse_u64("99999999999999999999999", &u), -ERANGE);
	assert_int_equal(parse_u64_max("65535", 65535, &u), 0);
	assert_int_equal(parse_u64_max("65536", 65535, &u), -ERANGE);
	assert_int_equal(parse_u64_max("9", 5, &u), -ERANGE);
	assert_int_equal(parse_u64_max("5", 5, &u), 0);
	assert_int_equal(parse_u64_max("000000000000000000000000000000000007", 7, &u), 0);
	assert_int_equal(parse_i64("-9223372036854775808", &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(parse_i64("-9223372036854775809", &i), -ERANGE);
	assert_int_equal(parse_i64("9223372036854775808", &i), -ERANGE);
	assert_int_equal(parse_i64("-", &i), -EINVAL);
	assert_int_equal(parse_i64("--1", &i), -EINVAL);
	assert_int_equal(parse_i64(NULL, &i), -EINVAL);
}

static void test_octal_bool(void **state)
{
	unsigned mode = 7;
	bool b = true;

	(void)state;
	assert_int_equal(parse_octal("0755", &mode), 0);
	assert_int_equal(mode, 0755);
	assert_int_equal(parse_octal("7777", &mode), 0);
	assert_int_equal(parse_octal("000755", &mode), 0);
	assert_int_equal(mode, 0755);
	assert_int_equal(parse_octal("0000755", &mode), -EINVAL);
	assert_int_equal(parse_octal("10000", &mode), -ERANGE);
	assert_int_equal(parse_octal("8", &mode), -EINVAL);
	assert_int_equal(parse_octal("", &mode), -EINVAL);
	assert_int_equal(parse_octal(NULL, &mode), -EINVAL);
	assert_int_equal(parse_bool("F", &b), 0);
	assert_false(b);
	assert_int_equal(parse_bool("True", &b), 0);
	assert_true(b);
	assert_int_equal(parse_bool("yes", &b), -EINVAL);
	assert_int_equal(parse_bool("tRUE", &b), -EINVAL);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		uint64_t want;
	} good[] = {
		{"0", 0},
		{"18446744073709551615", UINT64_MAX},
		{"1b", 1},
		{"1k", 1024},
		{"1K", 1024},
		{"1kb", 1024},
		{"1KiB", 1024},
		{"1.5m", 1572864},
		{"64m", 64 << 20},
		{"2 g", 2ULL << 30},
		{"1T", 1ULL << 40},
		{"1p", 1ULL << 50},
		{".5k", 512},
		{"0000000000000000000000000000000000000001k", 1024},
		{"00000000000000000000000000000000000001.5k", 1536},
	};
	static const char *const bad[] = {"", "m", "-1m", "1e3", "1x", "0x10", "1kbb", "1bb",
		"1.2.3k", " 1k", "1k ", "nan", "inf", "1.5", "99999999999p", "16384p",
		"00000000000000000000000000000000000000001k", NULL};
	uint64_t v = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(parse_size(good[i].text, &v), 0);
		assert_true(v == good[i].want);
	}
	v = 77;
	for (size_t i = 0; bad[i]; i++) {
		assert_true(parse_size(bad[i], &v) < 0);
		assert_int_equal(v, 77);
	}
	assert_int_equal(parse_size(NULL, &v), -EINVAL);
	assert_int_equal(parse_size_decimal("7.5m", &v), 0);
	assert_true(v == 7500000);
	assert_int_equal(parse_size_decimal("64k", &v), 0);
	assert_true(v == 64000);
	assert_int_equal(parse_size_decimal("1234", &v), 0);
	assert_true(v == 1234);
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} good[] = {
		{"0", 0},
		{"1ns", 1},
		{"1us", 1000},
		{"300ms", 300000000},
		{"1.5s", 1500000000},
		{"1h30m", 5400000000000},
		{"1m1s", 61000000000},
		{"-2s", -2000000000},
		{"+2s", 2000000000},
		{".5s", 500000000},
	};
	static const char *const bad[] = {"", "1", "s", "1s1", "1x", "-", "+", "--1s", "1 s", ".s",
		"1e3s", "0x1s", "9999999999999h", NULL};
	int64_t v = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(parse_duration(good[i].text, &v), 0);
		assert_true(v == good[i].want);
	}
	v = 77;
	for (size_t i = 0; bad[i]; i++) {
		assert_true(parse_duration(bad[i], &v) < 0);
		assert_int_equal(v, 77);
	}
	assert_int_equal(parse_duration(NULL, &v), -EINVAL);
}

static void test_time(void **state)
{
	static const char *const bad[] = {"", "x", "2024-13-01", "2024-00-01", "2024-01-32",
		"2024-02-31", "2024-02-30T00:00:00Z", "2023-02-29", "1900-02-29", "2024-04-31",
		"2024-01-00", "2024-1-1", "2024-01-01T", "2024-01-01T25:00:00Z",
		"2024-01-01T00:60:00Z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00+00:60", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00Zx",
		" 2024-01-01", "+202-01-01", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00,Z",
		"1700000000,5", "9999999999999999999", "1234567890123456", "1700000000.", "-",
		NULL};
	struct timespec now = {.tv_sec = 1000000, .tv_nsec = 5}, ts;
	const struct timespec today = {.tv_sec = 1760000000, .tv_nsec = 999999999};
	char text[CLOCK_TEXT_MAX];

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(parse_time("2024-02-29T12:34:56.5Z", &now, &ts), 0);
	assert_string_equal(clock_text(&ts, text), "2024-02-29T12:34:56.500000000Z");
	assert_int_equal(parse_time("2024-02-29T12:34:56,25Z", &now, &ts), 0);
	assert_int_equal(ts.tv_nsec, 250000000);
	assert_int_equal(parse_time("2024-02-29T12:34:56+02:30", &now, &ts), 0);
	assert_string_equal(clock_text(&ts, text), "2024-02-29T10:04:56.000000000Z");
	assert_int_equal(parse_time("2024-02-29T23:34:56-02:30", &now, &ts), 0);
	assert_string_equal(clock_text(&ts, text), "2024-03-01T02:04:56.000000000Z");
	assert_int_equal(parse_time("2024-03-01", &now, &ts), 0);
	assert_string_equal(clock_text(&ts, text), "2024-03-01T00:00:00.000000000Z");
	assert_int_equal(parse_time("2000-02-29", &now, &ts), 0);
	assert_int_equal(parse_time("1700000000.25", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 1700000000);
	assert_int_equal(ts.tv_nsec, 250000000);
	assert_int_equal(parse_time("10m", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 1000000 - 600);
	assert_int_equal(ts.tv_nsec, 5);
	/* before 1970, further away than 64 bits of nanoseconds, and across a second on both sides */
	assert_int_equal(parse_time("1000h0.5s", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 1000000 - 3600001);
	assert_int_equal(ts.tv_nsec, 500000005);
	assert_int_equal(parse_time("-2500000h", &today, &ts), 0);
	assert_int_equal(ts.tv_sec, 1760000000 + 9000000000);
	assert_int_equal(ts.tv_nsec, 999999999);
	assert_int_equal(parse_time("-1ns", &today, &ts), 0);
	assert_int_equal(ts.tv_sec, 1760000001);
	assert_int_equal(ts.tv_nsec, 0);
	assert_int_equal(parse_time_ahead("10m", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 1000000 + 600);
	assert_int_equal(ts.tv_nsec, 5);
	assert_int_equal(parse_time_ahead("1ns", &today, &ts), 0);
	assert_int_equal(ts.tv_sec, 1760000001);
	assert_int_equal(ts.tv_nsec, 0);
	assert_int_equal(parse_time_ahead("-6ns", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 999999);
	assert_int_equal(ts.tv_nsec, 999999999);
	/* no duration: the same */
	assert_int_equal(parse_time_ahead("1700000000", &now, &ts), 0);
	assert_int_equal(ts.tv_sec, 1700000000);
	assert_true(parse_time_ahead("x", &now, &ts) < 0);
	for (size_t i = 0; bad[i]; i++) {
		if (parse_time(bad[i], &now, &ts) == 0)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void test_signal(void **state)
{
	static const char *const bad[] = {"", "0", "65", "9999", "-9", "TER", "SIG", "RTMIN+31",
		"RTMAX-31", "RTMIN-1", "RTMINx", NULL};
	int sig = 77;

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		assert_true(parse_signal(bad[i], &sig) < 0);
		assert_int_equal(sig, 77);
	}
	assert_int_equal(parse_signal("15", &sig), 0);
	assert_int_equal(sig, SIGTERM);
	assert_int_equal(parse_signal("sigkill", &sig), 0);
	assert_int_equal(sig, SIGKILL);
	assert_int_equal(parse_signal("HUP", &sig), 0);
	assert_int_equal(sig, SIGHUP);
	assert_int_equal(parse_signal("SIGRTMIN+3", &sig), 0);
	assert_int_equal(sig, SIGRTMIN + 3);
	assert_int_equal(parse_signal("rtmax", &sig), 0);
	assert_int_equal(sig, SIGRTMAX);
	assert_int_equal(parse_signal("RTMAX-30", &sig), 0);
	assert_int_equal(sig, SIGRTMIN);
	assert_int_equal(parse_signal("RTMIN+30", &sig), 0);
	assert_int_equal(sig, SIGRTMAX);
	assert_int_equal(parse_signal("64", &sig), 0);
	assert_int_equal(sig, 64);
	assert_int_equal(parse_signal("cld", &sig), 0);
	assert_int_equal(sig, SIGCHLD);
	assert_int_equal(parse_signal("SIGIOT", &sig), 0);
	assert_int_equal(sig, SIGABRT);
	assert_string_equal(parse_signal_name(SIGTERM), "SIGTERM");
	assert_null(parse_signal_name(0));
	assert_null(parse_signal_name(99));
	for (int n = 1; n <= 64; n++) {
		const char *name = parse_signal_name(n);

		if (n == 32 || n == 33) {
			assert_null(name); /* they belong to the C library */
			continue;
		}
		assert_non_null(name);
		assert_int_equal(parse_signal(name, &sig), 0);
		assert_int_equal(sig, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_octal_bool),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
