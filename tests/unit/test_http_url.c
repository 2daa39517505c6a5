#include "tests/unit/unit.h"

#include "storage/transfer/http_url.h"

static void redirects(const char *from, const char *to, const char *url, bool same)
{
	struct err err = {0};
	char *got = NULL;
	bool is_same = !same;
	int r = http_redirect(from, to, &got, &is_same, &err);

	if (!url) {
		assert_int_equal(r, -ERR_REGISTRY);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(got, url);
	assert_int_equal(is_same, same);
	free(got);
}

static void test_redirect(void **state)
{
	(void)state;
	redirects("https://a/b", "/c?d", "https://a/c?d", true);
	redirects("https://a/b", "https://a:443/c", "https://a:443/c", true);
	redirects("https://a/b", "https://a:444/c", "https://a:444/c", false);
	redirects("https://a/b", "https://b/c", "https://b/c", false);
	redirects("http://a/b", "https://a/c", "https://a/c", false);
	redirects("https://a/b", "http://a/c", NULL, false);
	redirects("https://a/b", "file:///etc/passwd", NULL, false);
	redirects("https://a/b", "https://u:p@b/", NULL, false);
}

static void test_text(void **state)
{
	char *s;

	(void)state;
	assert_true(http_is_loopback("localhost"));
	assert_true(http_is_loopback("127.1.2.3:5000"));
	assert_true(http_is_loopback("[::1]:5000"));
	assert_false(http_is_loopback("127.0.0.1.example.com"));
	assert_false(http_is_loopback("localhost.example"));
	assert_false(http_is_loopback("[::1].x"));
	assert_false(http_is_loopback("10.0.0.1"));
	s = http_link_next("</a>; rel=\"prev\", </b?n=1>; rel=\"next\"");
	assert_string_equal(s, "/b?n=1");
	free(s);
	assert_null(http_link_next("</a>; rel=\"prev\""));
	assert_null(http_link_next("nonsense"));
	s = http_printable("a\033[1mb\xff", 100);
	assert_string_equal(s, "a?[1mb?");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
