#include "tests/unit/unit.h"

#include "storage/transfer/index.h"
#include "storage/transfer/manifest.h"

#define A "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define B "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static json_t *config(const char *arch)
{
	return json_pack("{s:s,s:s,s:s,s:[s,s],s:{}}", "architecture", arch, "os", "linux",
		"os.version", "1", "os.features", "x", "bad one", "config");
}

static void add(json_t *index, const char *digest, const char *arch)
{
	json_t *c = config(arch), *e = index_entry(manifest_type(false, false), digest, 5, c);

	assert_int_equal(index_add(index, e, NULL), 0);
	json_decref(e);
	json_decref(c);
}

static char *text_of(const json_t *index, bool docker)
{
	struct buf b = {0};

	assert_int_equal(index_bytes(index, docker, &b, NULL), 0);
	return buf_take(&b);
}

/* the platform is what the configuration says, without what does not belong into one */
static void test_entry(void **state)
{
	_cleanup_json_ json_t *index = index_new();
	_cleanup_free_ char *text = NULL;

	(void)state;
	add(index, A, "arm64");
	text = text_of(index, false);
	assert_string_equal(text,
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
		"\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"digest\":\"" A "\",\"size\":5,\"platform\":{\"architecture\":\"arm64\","
		"\"os\":\"linux\",\"os.version\":\"1\",\"os.features\":[\"x\"]}}]}");
}

static void test_hostile_platform(void **state)
{
	_cleanup_json_ json_t *c =
		json_pack("{s:s,s:i,s:s}", "architecture", "a/../b", "os", 5, "variant", "v\x01");
	_cleanup_json_ json_t *e = index_entry("t", A, 5, c), *none = index_entry("t", A, 5, NULL);

	(void)state;
	assert_null(json_object_get(e, "platform"));
	assert_null(json_object_get(none, "platform"));
}

static void test_add_find_remove(void **state)
{
	_cleanup_json_ json_t *index = index_new();
	struct err err = {0};

	(void)state;
	add(index, A, "arm64");
	add(index, B, "amd64");
	/* the same again takes its place */
	add(index, A, "s390x");
	assert_int_equal(json_array_size(json_object_get(index, "manifests")), 2);
	assert_string_equal(
		json_get_str(json_object_get(index_find(index, A), "platform"), "architecture", ""),
		"s390x");
	assert_int_equal(index_remove(index, A, &err), 0);
	assert_null(index_find(index, A));
	assert_non_null(index_find(index, B));
	assert_int_equal(index_remove(index, A, &err), -ERR_NO_OBJECT);
}

static void test_many(void **state)
{
	_cleanup_json_ json_t *index = index_new();
	json_t *e = NULL;

	(void)state;
	for (size_t i = 0; i <= MANIFEST_ENTRIES_MAX; i++) {
		char digest[72];

		snprintf(digest, sizeof(digest), "sha256:%064zx", i);
		e = json_pack("{s:s}", "digest", digest);
		/* without looking for each: only the number counts */
		if (i < MANIFEST_ENTRIES_MAX)
			json_array_append(json_object_get(index, "manifests"), e);
		else
			assert_int_equal(index_add(index, e, NULL), -E2BIG);
		json_decref(e);
	}
}

static int change(json_t *entry, const char *text)
{
	_cleanup_json_ json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return index_change(entry, j, NULL);
}

static void test_change(void **state)
{
	_cleanup_json_ json_t *index = index_new();
	_cleanup_free_ char *long_value = xmalloc(5000), *text = NULL, *before = NULL,
			    *after = NULL;
	json_t *e;

	(void)state;
	add(index, A, "arm64");
	e = index_find(index, A);
	assert_int_equal(change(e, "{}"), 0);
	assert_int_equal(change(e, "{\"arch\":\"armhf\",\"os\":\"linux\",\"osVersion\":\"2\","
				   "\"features\":[\"a\"],\"osFeatures\":[\"b\"],"
				   "\"annotations\":{\"k\":\"v\"}}"),
		0);
	assert_int_equal(change(e, "{\"variant\":\"v6\",\"annotations\":{\"l\":\"w\"}}"), 0);
	before = json_text(e);
	assert_non_null(strstr(before, "\"architecture\":\"arm\""));
	assert_non_null(strstr(before, "\"variant\":\"v6\""));
	assert_non_null(strstr(before, "\"os.features\":[\"b\"]"));
	assert_non_null(strstr(before, "\"annotations\":{\"k\":\"v\",\"l\":\"w\"}"));
	/* one that fails changes nothing */
	memset(long_value, 'x', 4999);
	long_value[4999] = '\0';
	text = xasprintf("{\"os\":\"plan9\",\"annotations\":{\"k\":\"%s\"}}", long_value);
	assert_int_equal(change(e, text), -ERR_USAGE);
	assert_int_equal(change(e, "{\"os\":\"a b\"}"), -ERR_USAGE);
	assert_int_equal(change(e, "{\"os\":\"\"}"), -ERR_USAGE);
	assert_int_equal(change(e, "{\"arch\":\"../x\"}"), -ERR_USAGE);
	assert_int_equal(change(e, "{\"features\":[\"ok\",\"no\\n\"]}"), -ERR_USAGE);
	assert_int_equal(change(e, "{\"annotations\":{\"\":\"v\"}}"), -ERR_USAGE);
	after = json_text(e);
	assert_string_equal(before, after);
}

/* Docker's format has no annotations: nothing is dropped in silence */
static void test_docker(void **state)
{
	_cleanup_json_ json_t *index = index_new(), *notes = json_pack("{s:s}", "a", "b");
	_cleanup_free_ char *text = NULL;
	struct buf b = {0};
	struct err err = {0};

	(void)state;
	add(index, A, "arm64");
	text = text_of(index, true);
	assert_non_null(strstr(text, "application/vnd.docker.distribution.manifest.list.v2+json"));
	assert_int_equal(index_annotate(index, notes, NULL), 0);
	assert_int_equal(index_bytes(index, true, &b, &err), -EINVAL);
	assert_true(err.hint[0]);
	json_object_del(index, "annotations");
	assert_int_equal(change(index_find(index, A), "{\"annotations\":{\"k\":\"v\"}}"), 0);
	assert_int_equal(index_bytes(index, true, &b, &err), -EINVAL);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

static void test_copy(void **state)
{
	_cleanup_json_ json_t *raw = json_loads(
		"{\"mediaType\":\"t\",\"digest\":\"" A "\",\"size\":3,\"urls\":[\"file:///x\"],"
		"\"data\":\"eA==\",\"artifactType\":\"z\",\"platform\":{\"os\":\"linux\","
		"\"architecture\":\"arm\",\"secret\":1},\"annotations\":{\"a\":\"b\",\"c\":[1]}}",
		0, NULL);
	_cleanup_json_ json_t *e = index_copy_entry(raw);
	_cleanup_free_ char *text = json_text(e);

	(void)state;
	assert_string_equal(text, "{\"mediaType\":\"t\",\"digest\":\"" A
				  "\",\"size\":3,\"platform\":{\"architecture\":\"arm\","
				  "\"os\":\"linux\"},\"artifactType\":\"z\","
				  "\"annotations\":{\"a\":\"b\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_hostile_platform),
		cmocka_unit_test(test_add_find_remove),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
