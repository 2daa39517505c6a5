#include "tests/unit/unit.h"

#include "storage/transfer/chunked.h"

#define PREFIX "io.github.containers.zstd-chunked."

static void test_annotations(void **state)
{
	struct chunked c = {"sha256:1", "2:3:4:1", "5:6:7"}, none = {0}, got;
	_cleanup_json_ json_t *j = json_pack("{s:s,s:s,s:s}", "keep", "y", PREFIX "old", "x",
		"io.containers.zstd-chunked.old", "x");

	(void)state;
	chunked_annotate(j, &c);
	assert_int_equal(json_object_size(j), 4);
	got = chunked_from(j);
	assert_memory_equal(&got, &c, sizeof(c));
	/* a table that nobody can find is none */
	json_object_del(j, PREFIX "manifest-position");
	got = chunked_from(j);
	assert_false(chunked_is(&got));
	assert_string_equal(got.toc, "");
	chunked_annotate(j, &none);
	assert_int_equal(json_object_size(j), 1);
	assert_string_equal(json_get_str(j, "keep", ""), "y");
	got = chunked_from(NULL);
	assert_false(chunked_is(&got));
}

static void test_long(void **state)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = xasprintf("%0500d", 1);
	struct chunked got;

	(void)state;
	json_set_str(j, PREFIX "manifest-checksum", text);
	json_set_str(j, PREFIX "manifest-position", text);
	got = chunked_from(j);
	assert_false(chunked_is(&got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
