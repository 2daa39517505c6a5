#include "tests/unit/unit.h"

#include "storage/transfer/auth.h"

static void parses(const char *header, const char *expected)
{
	struct challenges c = {0};
	struct buf b = {0};

	auth_parse(header, &c);
	for (size_t i = 0; i < c.n; i++) {
		buf_addf(&b, "%s[", c.v[i].scheme);
		for (size_t k = 0; k < c.v[i].params.n; k++)
			buf_addf(&b, "%s%s", k ? "|" : "", c.v[i].params.v[k]);
		buf_addc(&b, ']');
	}
	assert_string_equal(buf_str(&b), expected);
	buf_done(&b);
	challenges_done(&c);
}

static void test_parse(void **state)
{
	(void)state;
	parses("Bearer realm=\"https://a/token\",service=\"s x\",scope=\"repository:a:pull\"",
		"Bearer[realm=https://a/token|service=s x|scope=repository:a:pull]");
	parses("Basic realm=\"x\", Bearer Realm = y , z=\"1\\\"2\"",
		"Basic[realm=x]Bearer[realm=y|z=1\"2]");
	parses("Negotiate abc/d==, Basic realm=x", "Negotiate[]Basic[realm=x]");
	parses("Bearer realm=\"a\",realm=\"b\"", "Bearer[realm=a]");
	parses("Bearer realm=\"a", "Bearer[]");
	parses("Bearer realm=\"a\\\"", "Bearer[]");
	parses("Bearer realm=\"a\\\\\",b=c", "Bearer[realm=a\\|b=c]");
	parses("Bearer realm=\"\"", "Bearer[realm=]");
	parses("realm=x", "");
	parses("", "");
	parses(",,, ,", "");
	parses("Bearer", "Bearer[]");
}

static void test_basic(void **state)
{
	char *s = auth_basic("user", "pass");

	(void)state;
	assert_string_equal(s, "Basic dXNlcjpwYXNz");
	free(s);
	s = auth_basic("u", "pw");
	assert_string_equal(s, "Basic dTpwdw==");
	free(s);
	s = auth_basic("ab", "cd");
	assert_string_equal(s, "Basic YWI6Y2Q=");
	free(s);
	s = auth_basic("\xff\xfe\xfd", "\xfb");
	assert_string_equal(s, "Basic //79Ovs=");
	free(s);
	s = auth_basic("u", "");
	assert_string_equal(s, "Basic dTo=");
	free(s);
}

/* @want: what is answered, if not NULL */
static int answer_is(
	const char *header, bool plain, const char *user, const char *want, struct err *err)
{
	struct auth_login login = {.user = user, .password = user ? "p" : NULL};
	struct strv headers = {0};
	struct http_retry retry = {0};
	struct http h = {0};
	char *value = NULL;
	int r;

	strv_add(&headers, header);
	r = auth_answer(&h, &headers, &login, "repository:a:pull", plain, &retry, &value, err);
	if (want)
		assert_string_equal(value, want);
	free(value);
	strv_done(&headers);
	return r;
}

static int answer(const char *header, bool plain, const char *user, struct err *err)
{
	return answer_is(header, plain, user, NULL, err);
}

static void test_answer(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(answer("Basic realm=x", false, "u", &err), 0);
	assert_int_equal(answer_is("Basic realm=x", false, "u", "Basic dTpw", &err), 0);
	assert_int_equal(
		answer_is("bearer service=x, BASIC realm=x", false, "u", "Basic dTpw", &err), 0);
	assert_int_equal(answer("Basic realm=x", false, NULL, &err), -EACCES);
	assert_int_equal(answer("Digest realm=x", false, "u", &err), -EACCES);
	/* nothing is sent to realms like these */
	assert_int_equal(
		answer("Bearer realm=\"http://a/token\"", false, "u", &err), -ERR_REGISTRY);
	assert_non_null(strstr(err.msg, "over plain http"));
	assert_int_equal(
		answer("Bearer realm=\"file:///etc/passwd\"", true, "u", &err), -ERR_REGISTRY);
	assert_int_equal(
		answer("Bearer realm=\"https://x@a/token\"", false, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"https://a/ b\"", false, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"https://\"", false, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"http://\"", true, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"http://x@a/\"", true, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"https://a\tb\"", true, "u", &err), -ERR_REGISTRY);
	assert_int_equal(answer("Bearer realm=\"\"", true, "u", &err), -ERR_REGISTRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
