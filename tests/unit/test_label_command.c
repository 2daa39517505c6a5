#include "cmd/label_command.h"

#include "tests/unit/unit.h"

static const struct label_names names = {
	.image = "im age", .name = "n", .pwd = "/w", .opt = {"o 1", NULL, "$NAME"}};

/* the words, each in brackets; "!" for an error */
static const char *command(const char *text, struct buf *out)
{
	_cleanup_strv_ struct strv v = {0};

	buf_clear(out);
	if (label_command(text, &names, &v, NULL) < 0)
		return "!";
	strv_foreach (i, word, &v)
		buf_addf(out, "[%s]", word);
	return buf_str(out);
}

static void test_words(void **state)
{
	static const char *const cases[][2] = {{"a b", "[a][b]"}, {"  a\tb\n", "[a][b]"},
		{"'a b' c\"d e\"f", "[a b][cd ef]"},
		{"a\\ b '\\n' \"\\\"\\x\"", "[a b][\\n][\"\\x]"}, {"'' \"\"", "[][]"}, {"", ""},
		{"a\\", "[a\\]"}, {"; && | > $(x) `y` *", "[;][&&][|][>][$(x)][`y`][*]"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ struct strv v = {0};
		_cleanup_buf_ struct buf b = {0};

		assert_int_equal(label_words(cases[i][0], &v, NULL), 0);
		strv_foreach (k, word, &v)
			buf_addf(&b, "[%s]", word);
		assert_string_equal(buf_str(&b), cases[i][1]);
	}
	for (int i = 0; i < 2; i++) {
		_cleanup_strv_ struct strv v = {0};

		assert_int_equal(label_words(i ? "a 'b" : "a \"b\\\"", &v, NULL), -EINVAL);
	}
}

/* what is put in is one word, and is not looked at again */
static void test_replaced(void **state)
{
	static const char *const cases[][2] = {{"rl run IMAGE", "[run][im age]"},
		{"/usr/bin/podman x$IMAGE ${NAME}y $PWD/z", "[xim age][ny][/w/z]"},
		{"docker NAME=NAME NAME=$NAME IMAGE=IMAGE", "[NAME=n][NAME=n][IMAGE=im age]"},
		{"rl $OPT1 $OPT2 ${OPT3}", "[o 1][][$NAME]"},
		{"rl $HOME $NAMES ${NAME $ IMAGES", "[$HOME][$NAMES][${NAME][$][IMAGES]"}};
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(command(cases[i][0], &b), cases[i][1]);
}

static void test_refused(void **state)
{
	static const char *const cases[] = {"", " ", "sh -c x", "/bin/rm -rf /", "rl/x", "'rl run",
		"xpodman run", "podman/../sh"};
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(command(cases[i], &b), "!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words),
		cmocka_unit_test(test_replaced), cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
