#include "tests/unit/unit.h"

#include "runtime/base/clock.h"
#include "storage/transfer/http.h"

static void test_retry_after(void **state)
{
	(void)state;
	assert_int_equal(http_retry_after("0", 1000), 0);
	assert_int_equal(http_retry_after("120", 1000), 120000);
	assert_int_equal(http_retry_after("Thu, 01 Jan 1970 00:20:00 GMT", 1000), 200000);
	assert_int_equal(http_retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 1000), 0);
	assert_int_equal(http_retry_after("-5", 1000), -1);
	assert_int_equal(http_retry_after("soon", 1000), -1);
	assert_true(http_retry_after("18446744073709551615", 1000) > HTTP_RETRY_AFTER_MAX);
}

static void test_retry(void **state)
{
	static const long final[] = {200, 301, 400, 401, 404, 499, 501, 505};
	static const long again[] = {408, 429, 500, 502, 503, 504};
	struct http_retry r = {.max = 2, .delay_ms = 1}, slow = {.max = 1, .delay_ms = 1100};
	int64_t start;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(final); i++) {
		assert_false(http_retry(&r, final[i], HTTP_FAIL_NONE, -1, 0));
		assert_int_equal(r.tries, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(again); i++) {
		struct http_retry one = {.max = 1, .delay_ms = 1};

		assert_true(http_retry(&one, again[i], HTTP_FAIL_NONE, -1, 0));
		assert_false(http_retry(&one, again[i], HTTP_FAIL_NONE, -1, 0));
	}
	/* it really waits, as long as it is told and a quarter more at most */
	start = clock_ms();
	assert_true(http_retry(&slow, 503, HTTP_FAIL_NONE, -1, 0));
	assert_in_range(clock_ms() - start, 1100, 2500);
	assert_false(http_retry(&r, 404, HTTP_FAIL_NONE, -1, 0));
	assert_false(http_retry(&r, 0, HTTP_FAIL_FATAL, -1, 0));
	assert_false(http_retry(&r, 503, HTTP_FAIL_NONE, HTTP_RETRY_AFTER_MAX + 1, 0));
	assert_true(http_retry(&r, 503, HTTP_FAIL_NONE, -1, 0));
	assert_true(http_retry(&r, 0, HTTP_FAIL_BROKEN, -1, 0));
	assert_false(http_retry(&r, 503, HTTP_FAIL_NONE, -1, 0));
	assert_int_equal(r.tries, 2);
	/* it moved on, so earlier failures are forgiven */
	assert_true(http_retry(&r, 0, HTTP_FAIL_BROKEN, -1, 1 << 20));
	assert_false(http_retry(&r, 0, HTTP_FAIL_STALL, -1, 1 << 20));
}

static void test_wait(void **state)
{
	struct http_retry r = {.delay_ms = 1000};

	(void)state;
	assert_int_equal(http_retry_wait(&r, -1), 1000);
	r.tries = 2;
	assert_int_equal(http_retry_wait(&r, -1), 4000);
	r.tries = 1000;
	assert_int_equal(http_retry_wait(&r, -1), 30000);
	assert_int_equal(http_retry_wait(&r, 50000), 50000);
}

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

static void test_certs(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	_cleanup_free_ char *none = xasprintf("%s/none", path),
			    *cert = xasprintf("%s/a.cert", path),
			    *key = xasprintf("%s/a.key", path);
	struct err err = {0};
	struct http h;

	(void)state;
	assert_int_equal(http_init(&h, &err), 0);
	/* verified unless it is said otherwise */
	assert_true(h.verify);
	assert_int_equal(http_add_certs(&h, none, &err), 0);
	unit_file(dir, "one.crt", "ONE");
	unit_file(dir, "two.crt", "TWO");
	unit_file(dir, "other.txt", "OTHER");
	assert_int_equal(http_add_certs(&h, path, &err), 0);
	assert_string_equal(buf_str(&h.ca), "ONE\nTWO\n");
	assert_null(h.cert);
	unit_file(dir, "a.cert", "CERT");
	assert_int_equal(http_add_certs(&h, path, &err), -ENOENT);
	assert_true(*err.hint);
	assert_null(h.cert);
	unit_file(dir, "a.key", "KEY");
	assert_int_equal(http_add_certs(&h, path, &err), 0);
	assert_string_equal(h.cert, cert);
	assert_string_equal(h.key, key);
	http_done(&h);
	unit_scratch_done(dir, path);
}

static void test_small(void **state)
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
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_certs),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
