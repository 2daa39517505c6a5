#include "runtime/base/json.h"

#include "tests/unit/unit.h"

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"", "{", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "'a'", "{\"a\":\"\xff\"}", "nul", NULL};
	_cleanup_buf_ struct buf deep = {0};
	struct err err = {0};
	json_t *j = NULL;

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		assert_int_equal(json_parse(bad[i], strlen(bad[i]), "test", &j, &err), -EBADMSG);
		assert_null(j);
		assert_non_null(strstr(err.msg, "test"));
	}
	for (int i = 0; i < 100000; i++)
		buf_addc(&deep, '[');
	assert_int_equal(json_parse(buf_str(&deep), deep.len, "deep", &j, &err), -EBADMSG);
	assert_int_equal(json_parse("{\"a\":[1]}", 9, "test", &j, &err), 0);
	json_decref(j);
}

static void test_getters(void **state)
{
	static const char text[] = "{\"s\":\"v\",\"i\":-5,\"b\":true,\"n\":null,\"l\":[\"a\",1,"
				   "\"b\"],\"o\":{\"p\":{\"q\":\"deep\"}}}";
	_cleanup_json_ json_t *j = NULL;
	_cleanup_strv_ struct strv v = {0};
	_cleanup_free_ char *out = NULL;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), "test", &j, NULL), 0);
	assert_string_equal(json_get_str(j, "s", "d"), "v");
	assert_string_equal(json_get_str(j, "i", "d"), "d");
	assert_string_equal(json_get_str(j, "none", "d"), "d");
	assert_string_equal(json_get_str(NULL, "s", "d"), "d");
	assert_int_equal(json_get_int(j, "i", 1), -5);
	assert_int_equal(json_get_int(j, "s", 1), 1);
	assert_true(json_get_bool(j, "b", false));
	assert_true(json_get_bool(j, "i", true));
	json_get_strv(j, "l", &v);
	json_get_strv(j, "s", &v);
	assert_int_equal(v.n, 2);
	assert_string_equal(json_string_value(json_path(j, "o", "p", "q", NULL)), "deep");
	assert_null(json_path(j, "o", "x", "q", NULL));
	assert_null(json_path(j, "s", "x", NULL));
	out = json_text(j);
	assert_string_equal(out, text);
}

/* environment variables and host names may hold any bytes; records must stay readable */
static void test_not_utf8(void **state)
{
	static const char *const cases[][2] = {
		{"plain", "plain"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"a\xff"
		 "b",
			"a\xef\xbf\xbd"
			"b"},
		{"\xc3", "\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_t *j = json_str(cases[i][0]);

		assert_non_null(j);
		assert_string_equal(json_string_value(j), cases[i][1]);
	}
}

static void test_files(void **state)
{
	_cleanup_json_ json_t *j = json_pack("{s:i,s:s}", "version", 1, "name", "x"), *back = NULL,
			      *none = NULL;
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path), fd;

	(void)state;
	assert_int_equal(json_write_at(dir, "r.json", j, 0, &err), 0);
	assert_int_equal(json_read_at(dir, "r.json", &back, &err), 0);
	assert_true(json_equal(j, back));
	assert_int_equal(json_read_at(dir, "none.json", &none, &err), -ENOENT);
	assert_null(none);
	fd = openat(dir, "big.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)JSON_RECORD_CAP + 1), 0);
	fd_close(fd);
	assert_int_equal(json_read_at(dir, "big.json", &none, &err), -EFBIG);
	assert_null(none);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
