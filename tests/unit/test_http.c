#include "tests/unit/unit.h"

#include "storage/transfer/http.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
