#include "tests/unit/unit.h"

#include "storage/transfer/compress.h"

static void test_compression(void **state)
{
	(void)state;
	assert_int_equal(
		compression_of("application/vnd.oci.image.layer.v1.tar"), COMPRESSION_NONE);
	assert_int_equal(
		compression_of("application/vnd.oci.image.layer.v1.tar+gzip"), COMPRESSION_GZIP);
	assert_int_equal(
		compression_of("application/vnd.oci.image.layer.v1.tar+zstd"), COMPRESSION_ZSTD);
	assert_int_equal(compression_of("application/vnd.docker.image.rootfs.diff.tar.gzip"),
		COMPRESSION_GZIP);
	assert_int_equal(compression_of("text/plain"), COMPRESSION_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_compression)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
