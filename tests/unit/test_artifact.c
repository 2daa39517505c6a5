#include "tests/unit/unit.h"

#include "storage/artifact.h"

#include <sys/stat.h>
#include <unistd.h>

static void test_type(void **state)
{
	static const char *const good[] = {
		"a/b", "text/plain", "application/vnd.oci.empty.v1+json", "x-y/z_1.2$3"};
	static const char *const bad[] = {"", "/", "a", "a/", "/b", "a/b/c", "a b/c", "a/b ",
		"a/b;c=d", ".a/b", "a/+b", "a/b\n", "a/\xc3\xa4"};
	char name[260];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(artifact_type_ok(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(artifact_type_ok(bad[i]));
	/* 127 characters a name */
	memset(name, 'x', sizeof(name));
	name[127] = '/';
	name[255] = '\0';
	assert_true(artifact_type_ok(name));
	name[255] = 'x';
	name[256] = '\0';
	assert_false(artifact_type_ok(name));
}

static void test_file_type(void **state)
{
	(void)state;
	assert_string_equal(artifact_file_type("a.json", "\0", 1), "application/json");
	assert_string_equal(artifact_file_type("A.JSON", "", 0), "application/json");
	assert_string_equal(artifact_file_type("a.tar.gz", "", 0), "application/gzip");
	assert_string_equal(artifact_file_type("a.unknown", "words\n", 6), "text/plain");
	assert_string_equal(artifact_file_type("json", "{}", 2), "text/plain");
	assert_string_equal(artifact_file_type("empty", "", 0), "text/plain");
	assert_string_equal(artifact_file_type("utf8", "\xc3\xa4", 2), "text/plain");
	assert_string_equal(artifact_file_type("a", "a\0b", 3), "application/octet-stream");
	assert_string_equal(artifact_file_type("a",
				    "\x7f"
				    "ELF",
				    4),
		"application/octet-stream");
}

static void test_store(void **state)
{
	static const char digest[] =
		"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
	char path[64];
	int dir = unit_scratch(path), fd;
	struct store s = {.fd = dir, .path = path};
	struct buf b = {0};
	struct err err = {0};

	(void)state;
	b.cap = 100;
	assert_int_equal(artifact_manifest(&s, digest, &b, &err), -ERR_NO_OBJECT);
	assert_int_equal(artifact_manifest(&s, "sha256:../../x", &b, &err), -EBADMSG);
	assert_int_equal(
		artifact_blob(&s, digest, "sha256:../../../manifest.json", &err), -EBADMSG);
	for (int i = 0; i < 2; i++) {
		/* the second takes the first one's place */
		assert_int_equal(mkdirat(dir, "new", 0700), 0);
		assert_int_equal(mkdirat(dir, "new/blobs", 0700), 0);
		unit_file(dir, "new/manifest.json", i ? "two" : "one");
		unit_file(dir,
			"new/blobs/"
			"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
			"{}");
		assert_int_equal(artifact_publish(&s, "new", digest, &err), 0);
		buf_clear(&b);
		assert_int_equal(artifact_manifest(&s, digest, &b, &err), 0);
		assert_string_equal(buf_str(&b), i ? "two" : "one");
	}
	fd = artifact_blob(&s, digest, digest, &err);
	assert_true(fd >= 0);
	close(fd);
	buf_done(&b);
	unit_scratch_done(dir, path);
}

static void test_title(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "/", "a/b", "../a", "a/", "a\nb", "\033[31m", "a\177"};
	char name[258];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(artifact_title_ok(bad[i]));
	assert_true(artifact_title_ok("..."));
	assert_true(artifact_title_ok("-rf \xc3\xa4"));
	memset(name, 'n', 256);
	name[256] = '\0';
	assert_false(artifact_title_ok(name));
	assert_true(artifact_title_ok(name + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_file_type),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
