#include "tests/unit/unit.h"

#include "storage/secret.h"

static int add(const struct store *s, const char *name, const char *value, bool replace,
	struct secret *ret, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = SECRET_MAX + 1};

	buf_adds(&b, value);
	return secret_create(s, name, &b, NULL, replace, ret, err);
}

static void check_value(const struct store *s, const char *name, const char *want)
{
	_cleanup_(secret_done) struct secret secret = {0};
	_cleanup_buf_ struct buf b = {.cap = SECRET_MAX};
	struct err err = {0};

	assert_int_equal(secret_find(s, name, &secret, &err), 0);
	assert_int_equal(secret_read(s, &secret, &b, &err), 0);
	assert_string_equal(buf_str(&b), want);
}

static void test_life(void **state)
{
	char path[64], id[SECRET_ID_DIGITS + 1];
	int fd = unit_scratch(path);
	const struct store s = {.fd = fd, .path = path};
	struct secret a = {0}, b = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(secret_find(&s, "a", &a, &err), -ERR_NO_OBJECT);
	assert_int_equal(add(&s, "a", "one\ntwo", false, &a, &err), 0);
	assert_int_equal(strlen(a.id), SECRET_ID_DIGITS);
	memcpy(id, a.id, sizeof(id));
	check_value(&s, "a", "one\ntwo");
	check_value(&s, id, "one\ntwo");
	id[20] = '\0';
	check_value(&s, id, "one\ntwo");
	assert_int_equal(add(&s, "a", "x", false, &b, &err), -EEXIST);
	assert_int_equal(add(&s, "a", "three", true, &b, &err), 0);
	assert_string_equal(a.id, b.id);
	check_value(&s, "a", "three");
	assert_int_equal(secret_remove(&s, &a, &err), 0);
	assert_int_equal(secret_remove(&s, &a, &err), 0);
	assert_int_equal(secret_find(&s, "a", &a, &err), -ERR_NO_OBJECT);
	secret_done(&a);
	secret_done(&b);
	unit_scratch_done(fd, path);
}

static void test_refused(void **state)
{
	static const char *const names[] = {"", ".", "..", "-a", "a/b", "../a", "a\n", "a=b"};
	char path[64];
	int fd = unit_scratch(path);
	const struct store s = {.fd = fd, .path = path};
	_cleanup_buf_ struct buf big = {.cap = SECRET_MAX + 1};
	struct secret a = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(add(&s, names[i], "x", false, &a, &err), -ERR_USAGE);
	assert_int_equal(add(&s, "a", "", false, &a, &err), -ERR_USAGE);
	while (big.len <= SECRET_MAX)
		buf_addc(&big, 'x');
	assert_int_equal(secret_create(&s, "a", &big, NULL, false, &a, &err), -ERR_USAGE);
	big.len--;
	assert_int_equal(secret_create(&s, "a", &big, NULL, false, &a, &err), 0);
	secret_done(&a);
	unit_scratch_done(fd, path);
}

/* a damaged one costs its own place in the list, and can be replaced */
static void test_damaged(void **state)
{
	static const char *const damaged[] = {"", "{", "{}\n",
		"{\"version\":1,\"id\":\"0123456789abcdef012345678\",\"name\":\"other\"}\nx",
		"{\"version\":2,\"id\":\"0123456789abcdef012345678\",\"name\":\"a\"}\nx"};
	char path[64];
	int fd = unit_scratch(path);
	const struct store s = {.fd = fd, .path = path};
	struct secret a = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(add(&s, "b", "x", false, &a, &err), 0);
	secret_done(&a);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		struct secret_list list = {0};

		unit_file(fd, "secrets/a", damaged[i]);
		assert_int_equal(secret_find(&s, "a", &a, &err), -EBADMSG);
		assert_int_equal(secret_list(&s, &list, &err), 0);
		assert_int_equal(list.n, 1);
		secret_list_done(&list);
	}
	assert_int_equal(add(&s, "a", "x", true, &a, &err), 0);
	secret_done(&a);
	check_value(&s, "a", "x");
	unit_scratch_done(fd, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
