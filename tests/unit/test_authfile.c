#include "tests/unit/unit.h"

#include "runtime/base/fs.h"
#include "storage/authfile.h"
#include "storage/base64.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static void test_base64(void **state)
{
	static const char *const pairs[][2] = {{"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_free_ char *coded = base64_encode(pairs[i][0], strlen(pairs[i][0]));
		_cleanup_free_ char *plain = base64_decode(pairs[i][1]);

		assert_string_equal(coded, pairs[i][1]);
		assert_string_equal(plain, pairs[i][0]);
	}
	assert_null(base64_decode("a b"));
	assert_null(base64_decode("Zg=x"));
	assert_null(base64_decode("AAAA"));
}

static void test_key(void **state)
{
	(void)state;
	assert_true(credentials_is_key("https://index.docker.io/v1/", "docker.io"));
	assert_true(credentials_is_key("HOST:1", "host:1"));
	assert_true(credentials_is_key("host/ns", "host/ns"));
	assert_false(credentials_is_key("host/ns", "host"));
	assert_false(credentials_is_key("host", "host/ns"));
	assert_false(credentials_is_key("host", "host2"));
}

static void test_file(void **state)
{
	struct credentials c = {.user = (char[]){"u"}, .password = (char[]){"p"}};
	_cleanup_buf_ struct buf b = {0};
	char dir[] = "/tmp/rl-test-XXXXXX", path[64];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub/auth.json", dir);
	assert_int_equal(authfile_remove(path, "h", NULL), 0);
	assert_int_equal(authfile_set(path, false, "h", &c, NULL), 0);
	assert_int_equal(authfile_set(path, true, "docker.io", &c, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fs_read_at(AT_FDCWD, path, &b, NULL), 0);
	assert_string_equal(buf_str(&b),
		"{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t},\n"
		"\t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}");
	assert_int_equal(authfile_remove(path, "other", NULL), 0);
	assert_int_equal(authfile_remove(path, "docker.io", NULL), 1);
	assert_int_equal(authfile_remove(path, NULL, NULL), 1);
	assert_int_equal(authfile_remove(path, NULL, NULL), 0);
	fs_remove_tree_at(AT_FDCWD, dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
