#include "tests/unit/unit.h"

#include "storage/platform.h"

static void check(const char *text, const char *want)
{
	struct platform p = {0};
	_cleanup_free_ char *got = NULL;

	assert_int_equal(platform_parse(text, &p, NULL), 0);
	got = platform_text(&p);
	assert_string_equal(got, want);
	platform_done(&p);
}

static void test_parse(void **state)
{
	static const char *const bad[] = {"", "/", "linux/", "/amd64", "a/b/c/d", "linux/amd64/",
		"linux amd64", "linux/amd\n64"};

	(void)state;
	check("amd64", "linux/amd64");
	check("x86_64", "linux/amd64");
	check("X86_64", "linux/amd64");
	check("linux/aarch64", "linux/arm64");
	check("linux/armhf", "linux/arm/v7");
	check("linux/arm/v6", "linux/arm/v6");
	check("linux/armhf/v6", "linux/arm/v6");
	check("windows/amd64", "windows/amd64");
	check("linux/riscv64", "linux/riscv64");
	check("plan9/made-up_1.2/v3", "plan9/made-up_1.2/v3");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct platform p = {0};
		struct err err = {0};

		assert_int_equal(platform_parse(bad[i], &p, &err), -ERR_USAGE);
		assert_true(*err.hint);
		assert_null(p.os);
	}
}

static void test_text(void **state)
{
	char nothing[] = "";
	const struct platform said_nothing = {nothing, nothing, nothing};
	_cleanup_free_ char *none = platform_text(&(struct platform){0});
	_cleanup_free_ char *empty = platform_text(&said_nothing);
	struct platform host = {0};
	_cleanup_free_ char *own = NULL;

	(void)state;
	assert_string_equal(none, "?/?");
	assert_string_equal(empty, "?/?");
	platform_host(&host);
	own = platform_text(&host);
	assert_non_null(str_after(own, "linux/"));
	assert_true(platform_rank(&host, &host) >= 99);
	platform_done(&host);
}

static unsigned rank(const char *want, const char *have)
{
	struct platform w = {0}, h = {0};
	unsigned r;

	assert_int_equal(platform_parse(want, &w, NULL), 0);
	assert_int_equal(platform_parse(have, &h, NULL), 0);
	r = platform_rank(&w, &h);
	platform_done(&w);
	platform_done(&h);
	return r;
}

static void test_rank(void **state)
{
	static const char *const never[][2] = {
		{"linux/amd64", "linux/arm64"},
		{"linux/amd64", "windows/amd64"},
		{"linux/amd64", "linux/amd64/v2"},
		{"linux/amd64/v2", "linux/amd64/v3"},
		{"linux/arm/v6", "linux/arm/v7"},
		{"linux/arm/v6", "linux/arm"},
		{"linux/arm64/v9", "linux/arm64/v8"},
		{"linux/arm64", "linux/arm64/v9"},
		{"linux/amd64/odd", "linux/amd64"},
		{"linux/amd64", "linux/amd64/odd"},
		{"linux/amd64/v10", "linux/amd64/v1"},
		{"linux/amd64/v2x", "linux/amd64/v2"},
		{"linux/amd64/x2", "linux/amd64"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (rank(never[i][0], never[i][1]) != 0)
			fail_msg("%s runs on %s", never[i][1], never[i][0]);
	/* the same, then what means the same, then what is older, the newest of that first */
	assert_int_equal(rank("linux/amd64", "linux/amd64"), 100);
	assert_int_equal(rank("linux/made-up/odd", "linux/made-up/odd"), 100);
	assert_int_equal(rank("linux/amd64", "linux/amd64/v1"), 99);
	assert_int_equal(rank("linux/arm", "linux/arm/v7"), 99);
	assert_int_equal(rank("linux/arm64", "linux/arm64/v8"), 99);
	assert_true(rank("linux/amd64/v3", "linux/amd64/v2") < 99);
	assert_true(
		rank("linux/amd64/v3", "linux/amd64/v2") > rank("linux/amd64/v3", "linux/amd64"));
	assert_true(rank("linux/amd64/v3", "linux/amd64") > 0);
	assert_true(rank("linux/arm/v7", "linux/arm/v6") > rank("linux/arm/v7", "linux/arm/v5"));
	assert_true(rank("linux/arm/v7", "linux/arm/v5") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_rank),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
