#include "runtime/words.h"

#include "runtime/base/mem.h"
#include "tests/unit/unit.h"

/* the words of @text, with '|' between */
static char *split(const char *text, enum words_escape how)
{
	_cleanup_strv_ struct strv words = {0};

	if (words_split(text, how, &words, NULL) < 0)
		return xstrdup("error");
	return words.n ? strv_join(&words, "|") : xstrdup("");
}

static void check(const char *text, enum words_escape how, const char *want)
{
	_cleanup_free_ char *got = split(text, how);

	assert_string_equal(got, want);
}

static void test_split(void **state)
{
	(void)state;
	check("", WORDS_UNESCAPE, "");
	check("  a\tb  ", WORDS_UNESCAPE, "a|b");
	check("a\"b c\"d 'e \"f' \"\"", WORDS_UNESCAPE, "ab cd|e \"f|");
	check("it\\'s \\\"x\\\" \\\\", WORDS_UNESCAPE, "it's|\"x\"|\\");
	check("a\\sb \\x41 \\101 \\u00e9 \\U0001F600", WORDS_UNESCAPE, "a b|A|A|é|😀");
	check("a\\tb a\\nb", WORDS_UNESCAPE, "a\tb|a\nb");
	/* no escape sequence: stays, as a NUL and half a surrogate pair do */
	check("test\\.com \\x00 \\ud800 \\9", WORDS_UNESCAPE, "test\\.com|\\x00|\\ud800|\\9");
	check("a\\nb\\\"c", WORDS_RETAIN, "a\\nb\\\"c");
	check("\"a", WORDS_UNESCAPE, "error");
	check("a\\", WORDS_UNESCAPE, "error");
	check("'a\"", WORDS_RETAIN, "error");
}

static void test_quote(void **state)
{
	static const char *const words[] = {"plain", "", "a b", "it's", "say \"x\"", "back\\slash",
		"tab\tnew\nline", "\x01\x7f", ";", "é", "%h/$HOME"};
	_cleanup_strv_ struct strv all = {0}, back = {0};
	_cleanup_free_ char *line = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&all, words[i]);
	line = words_join(&all);
	assert_null(strchr(line, '\n'));
	assert_non_null(strstr(line, "plain \"\" \"a b\""));
	assert_non_null(strstr(line, " \";\" é %h/$HOME"));
	assert_int_equal(words_split(line, WORDS_UNESCAPE, &back, NULL), 0);
	assert_true(strv_equal(&all, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
