#include "tests/unit/unit.h"

#include "storage/transfer/push_manifest.h"

#include <stdio.h>

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const char oci[] =
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
	"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"" C
	"\",\"size\":3},"
	"\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\",\"digest\":\"" A
	"\",\"size\":1,"
	"\"annotations\":{\"io.github.containers.zstd-chunked.manifest-checksum\":\"x\",\"keep\":"
	"\"y\"}}],"
	"\"annotations\":{\"k\":\"v\"}}";

static void makes(
	bool docker, const char *digest, enum compression c, bool fits, const char *expected)
{
	struct push_blob blob = {.size = 2, .compression = c};
	_cleanup_json_ json_t *m = NULL;
	_cleanup_buf_ struct buf b = {0};

	snprintf(blob.digest, sizeof(blob.digest), "%s", digest);
	assert_int_equal(json_parse(oci, sizeof(oci) - 1, "test", &m, NULL), 0);
	assert_int_equal(push_manifest_fits(m, docker, &blob, 1), fits);
	push_manifest_make(m, docker, &blob, 1, &b);
	assert_string_equal(buf_str(&b), expected);
}

static void test_manifest(void **state)
{
	(void)state;
	/* the same blob: all that is said of it stays */
	makes(false, A, COMPRESSION_ZSTD, true,
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/"
		"vnd.oci.image.config.v1+json\",\"digest\":\"" C "\",\"size\":3},"
		"\"layers\":[{\"mediaType\":\"application/"
		"vnd.oci.image.layer.v1.tar+zstd\",\"digest\":\"" A "\",\"size\":2,"
		"\"annotations\":{\"io.github.containers.zstd-chunked.manifest-checksum\":\"x\","
		"\"keep\":\"y\"}}],"
		"\"annotations\":{\"k\":\"v\"}}");
	makes(false, B, COMPRESSION_GZIP, false,
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/"
		"vnd.oci.image.config.v1+json\",\"digest\":\"" C "\",\"size\":3},"
		"\"layers\":[{\"mediaType\":\"application/"
		"vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"" B "\",\"size\":2,"
		"\"annotations\":{\"keep\":\"y\"}}],\"annotations\":{\"k\":\"v\"}}");
	makes(true, B, COMPRESSION_GZIP, false,
		"{\"schemaVersion\":2,\"mediaType\":\"application/"
		"vnd.docker.distribution.manifest.v2+json\","
		"\"config\":{\"mediaType\":\"application/"
		"vnd.docker.container.image.v1+json\",\"digest\":\"" C "\",\"size\":3},"
		"\"layers\":[{\"mediaType\":\"application/"
		"vnd.docker.image.rootfs.diff.tar.gzip\",\"digest\":\"" B "\",\"size\":2}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_manifest)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
