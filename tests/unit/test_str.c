#include "runtime/base/str.h"

#include "tests/unit/unit.h"

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq("a", NULL));
	assert_true(str_eq("a", "a"));
	assert_string_equal(str_after("foobar", "foo"), "bar");
	assert_null(str_after("fo", "foo"));
	assert_true(str_ends("a.tar", ".tar"));
	assert_false(str_ends("tar", ".tar"));
	assert_true(str_ends(".tar", ".tar"));
	assert_true(str_ends("a", ""));
	assert_string_equal(str_after("foo", "foo"), "");
}

static void test_distance(void **state)
{
	char a[200], b[200];

	(void)state;
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("ab", "ba"), 1);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("abc", ""), 3);
	assert_int_equal(str_distance("volume", "volmue"), 1);
	assert_int_equal(str_distance("abc", "ac"), 1);
	assert_int_equal(str_distance("ac", "abc"), 1);
	assert_int_equal(str_distance("abcd", "bc"), 2);
	assert_int_equal(str_distance("bc", "abcd"), 2);
	assert_int_equal(str_distance("ca", "abc"), 3);
	assert_int_equal(str_distance("abcd", "badc"), 2);
	assert_int_equal(str_distance("xaby", "ybax"), 3);
	assert_int_equal(str_distance("aab", "aba"), 1);
	assert_int_equal(str_distance("b", "ab"), 1);
	assert_int_equal(str_distance("abcdef", "abcdxyef"), 2);
	assert_int_equal(str_distance("abcdxyef", "abcdef"), 2);
	assert_int_equal(str_distance("aaaa", "aaaabbbb"), 4);
	assert_int_equal(str_distance("same", "same"), 0);
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	a[199] = b[199] = '\0';
	assert_int_equal(str_distance(a, b), 63);
}

static void test_names(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "-a", "_a", ".a", "a/b", "a b", "a\n", "\xc3\xa9", "a:b", NULL};
	char name[300];

	(void)state;
	for (size_t i = 0; bad[i]; i++)
		assert_false(str_is_name(bad[i]));
	assert_false(str_is_name(NULL));
	assert_true(str_is_name("a"));
	assert_true(str_is_name("0.web_1-x"));
	memset(name, 'a', sizeof(name));
	name[253] = '\0';
	assert_true(str_is_name(name));
	name[253] = 'a';
	name[254] = '\0';
	assert_false(str_is_name(name));
	for (int c = 0; c < 256; c++) {
		const char *digits = "0123456789abcdef", *upper = "0123456789ABCDEF";
		const char *at = c ? strchr(digits, c) : NULL, *big = c ? strchr(upper, c) : NULL;

		assert_int_equal(str_hex_digit((char)c), at ? at - digits : big ? big - upper : -1);
	}
	assert_true(str_is_hex("0af9", 4));
	assert_false(str_is_hex("0aF9", 4));
	assert_false(str_is_hex("0af", 4));
}

static void test_buf(void **state)
{
	struct buf b = {.cap = 10};
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_adds(&b, "hello"), 0);
	assert_int_equal(buf_addf(&b, "%d", 42), 0);
	assert_string_equal(buf_str(&b), "hello42");
	assert_int_equal(buf_adds(&b, "toolong"), -E2BIG);
	assert_true(b.full);
	assert_string_equal(buf_str(&b), "hello42");
	assert_int_equal(buf_adds(&b, "abc"), 0);
	assert_int_equal(b.len, 10);
	assert_int_equal(buf_addc(&b, 'x'), -E2BIG);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	s = buf_take(&b);
	assert_string_equal(s, "hello42abc");
	free(s);
	assert_int_equal(b.len, 0);
	assert_false(b.full);
	assert_int_equal(buf_add(&b, "\0x", 2), 0);
	assert_int_equal(b.len, 2);
	assert_int_equal(buf_adds(&b, "more than ten"), -E2BIG);
	assert_true(b.full);
	buf_clear(&b);
	assert_false(b.full);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_adds(&b, "tenletters"), 0);
	assert_false(b.full);
	buf_clear(&b);
	buf_drop(&b, 1);
	buf_adds(&b, "abcd");
	buf_drop(&b, 0);
	buf_drop(&b, 3);
	assert_string_equal(buf_str(&b), "d");
	buf_drop(&b, 2);
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
	buf_drop(&b, 1);
	s = buf_take(&b);
	assert_string_equal(s, "");
	free(s);
}

static void test_strv(void **state)
{
	_cleanup_strv_ struct strv v = {0};
	_cleanup_free_ char *joined = NULL;

	(void)state;
	for (int i = 0; i < 100; i++) {
		strv_addf(&v, "K%d=%d", i, i);
		assert_int_equal(v.n, i + 1);
		assert_null(v.v[v.n]);
	}
	assert_string_equal(strv_find_key(&v, "K7"), "7");
	assert_null(strv_find_key(&v, "K"));
	assert_null(strv_find_key(&v, "K7=7"));
	strv_set_key(&v, "K7", "seven");
	strv_set_key(&v, "NEW", "");
	assert_int_equal(v.n, 101);
	assert_string_equal(strv_find_key(&v, "K7"), "seven");
	assert_string_equal(strv_find_key(&v, "NEW"), "");
	strv_done(&v);
	assert_int_equal(v.n, 0);
	strv_split(&v, "b,,a;c", ",;");
	assert_int_equal(v.n, 4);
	assert_true(strv_has(&v, ""));
	assert_true(strv_equal(&v, &v));
	assert_false(strv_equal(&v, &(struct strv){0}));
	strv_sort(&v);
	joined = strv_join(&v, "|");
	assert_string_equal(joined, "|a|b|c");
	strv_done(&v);
	strv_split(&v, "b,a", ",");
	strv_sort(&v);
	assert_string_equal(v.v[0], "a");
	assert_string_equal(v.v[1], "b");
	assert_null(v.v[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_strv),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
