#include "tests/unit/unit.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define HEX "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define ID  "sha256:" HEX
#define A   "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B   "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void test_places(void **state)
{
	char dir[] = "/tmp/rl-test-XXXXXX", layer[96];
	struct store s = {.path = dir};
	struct places p;

	(void)state;
	assert_non_null(mkdtemp(dir));
	s.fd = fs_opendir_at(AT_FDCWD, dir, NULL);
	snprintf(layer, sizeof(layer), "layers/%s", HEX);
	assert_int_equal(fs_mkdirs_at(s.fd, layer, 0700, NULL), 0);
	places_read(&s, ID, &p);
	assert_int_equal(p.n, 0);
	places_add(&s, ID, A, 5, "x+gzip", NULL, "h:1", "one/a");
	places_add(&s, ID, B, 6, "x+zstd", NULL, "h:1", "two");
	places_add(&s, ID, A, 5, "x+gzip", NULL, "h:12", "three");
	places_read(&s, ID, &p);
	assert_int_equal(p.n, 2);
	/* newest first */
	assert_string_equal(p.v[0].digest, A);
	assert_int_equal(p.v[0].size, 5);
	assert_string_equal(p.v[1].media_type, "x+zstd");
	assert_string_equal(places_on(&p.v[0], "h:1", "two"), "one/a");
	assert_string_equal(places_on(&p.v[0], "h:12", "two"), "three");
	assert_null(places_on(&p.v[0], "h:1", "one/a"));
	assert_null(places_on(&p.v[0], "h", "x"));
	places_done(&p);
	places_remove(&s, ID, A, "h:1", "one/a");
	places_read(&s, ID, &p);
	assert_null(places_on(&p.v[0], "h:1", "x"));
	places_done(&p);
	/* what is known of a table of contents stays with the bytes, whoever has them too */
	{
		const struct chunked table = {"sha256:1", "2:3:4:1", "5:6:7"};

		places_add(&s, ID, B, 6, "x+zstd", &table, "h:1", "two");
		places_add(&s, ID, B, 6, "x+zstd", NULL, "h:1", "four");
		places_read(&s, ID, &p);
		assert_string_equal(p.v[0].chunked.position, "2:3:4:1");
		assert_false(chunked_is(&p.v[1].chunked));
		places_done(&p);
	}
	/* bounded */
	for (int i = 0; i < 40; i++) {
		char path[16], digest[72];

		snprintf(path, sizeof(path), "r%d", i);
		snprintf(digest, sizeof(digest), "sha256:%064d", i);
		places_add(&s, ID, A, 5, "x+gzip", NULL, "h:1", path);
		places_add(&s, ID, digest, 5, "x+gzip", NULL, "h:1", path);
	}
	places_read(&s, ID, &p);
	assert_int_equal(p.n, PLACES_BLOBS_MAX);
	assert_string_equal(p.v[1].digest, A);
	assert_int_equal(p.v[1].at.n, PLACES_MAX);
	places_done(&p);
	/* a damaged record is none */
	snprintf(layer, sizeof(layer), "layers/%s/places.json", HEX);
	assert_int_equal(fs_write_at(s.fd, layer, "{\"version\":1,\"blobs\":[{\"digest\":\"../x\"",
				 37, 0600, 0, NULL),
		0);
	places_read(&s, ID, &p);
	assert_int_equal(p.n, 0);
	fs_remove_tree_at(AT_FDCWD, dir, NULL);
	fd_close(s.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
