#include "tests/unit/unit.h"

#include "runtime/base/utf8.h"

static void valid(void **state)
{
	static const uint32_t points[] = {
		1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		char text[4];
		uint32_t back = 0;
		size_t n = utf8_put(points[i], text);

		assert_int_equal(utf8_decode(text, n, &back), n);
		assert_int_equal(back, points[i]);
		assert_int_equal(utf8_len(text, n), n);
		assert_int_equal(utf8_len(text, n - 1), 0);
	}
}

static void invalid(void **state)
{
	static const char *const texts[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff"};
	char text[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(utf8_len(texts[i], 4), 0);
	/* what is no character is written as U+FFFD */
	assert_int_equal(utf8_put(0xd800, text), 3);
	assert_memory_equal(text, "\xef\xbf\xbd", 3);
	assert_int_equal(utf8_put(0x110000, text), 3);
	assert_memory_equal(text, "\xef\xbf\xbd", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
