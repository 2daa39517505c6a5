#include "tests/unit/unit.h"

#include "storage/transfer/manifest.h"

#define OCI   "application/vnd.oci.image."
#define TYPE  OCI "manifest.v1+json"
#define INDEX OCI "index.v1+json"
#define D     "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define CONF  "\"config\":{\"mediaType\":\"" OCI "config.v1+json\",\"digest\":\"" D "\",\"size\":2}"
#define LAYER "{\"mediaType\":\"" OCI "layer.v1.tar+gzip\",\"digest\":\"" D "\",\"size\":3}"
#define GOOD  "{\"schemaVersion\":2,\"mediaType\":\"" TYPE "\"," CONF ",\"layers\":[" LAYER "]}"
#define ENTRY(arch, variant)                                                                       \
	"{\"mediaType\":\"" TYPE "\",\"digest\":\"" D                                              \
	"\",\"size\":3,\"platform\":{\"os\":\"linux\","                                            \
	"\"architecture\":\"" arch "\",\"variant\":\"" variant "\"}}"

static int parse(const char *text, const char *type)
{
	struct manifest m = {0};
	struct err err = {0};
	int r = manifest_parse(text, strlen(text), type, "t", &m, &err);

	if (r == 0)
		manifest_done(&m);
	return r;
}

static void test_good(void **state)
{
	struct manifest m = {0};

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), TYPE, "t", &m, NULL), 0);
	assert_false(m.is_index);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.entries[0].size, 3);
	assert_string_equal(m.config.digest, D);
	manifest_done(&m);
	assert_int_equal(parse(GOOD, ""), 0);
	assert_int_equal(parse(GOOD, "application/json"), 0);
	assert_int_equal(parse(GOOD, "text/plain"), 0);
	assert_int_equal(parse(GOOD, "application/octet-stream"), 0);
	assert_int_equal(parse("{\"schemaVersion\":2," CONF ",\"layers\":[]}", TYPE), 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"schemaVersion\":2}",
		"{\"schemaVersion\":2," CONF "}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[],\"manifests\":[]}",
		"{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\"," CONF ",\"layers\":[]}",
		"{\"schemaVersion\":2,\"mediaType\":5," CONF ",\"layers\":[]}",
		"{\"schemaVersion\":1," CONF ",\"layers\":[]}",
		"{\"schemaVersion\":2,\"fsLayers\":[]," CONF ",\"layers\":[]}",
		"{\"schemaVersion\":2,\"signatures\":[]," CONF ",\"layers\":[]}",
		"{\"schemaVersion\":3," CONF ",\"layers\":[]}", "{" CONF ",\"layers\":[]}",
		"{\"schemaVersion\":2," CONF ",\"manifests\":[]}",
		"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.v1.tar\",\"digest\":\"" D "\",\"size\":0}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.v1.tar\",\"digest\":\"" D "\"}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.v1.rar\",\"digest\":\"" D "\",\"size\":3}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[" LAYER ",{\"mediaType\":\"" OCI
		"layer.v1.tar\",\"digest\":\"sha256:../x\",\"size\":3}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":{}}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[1]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[],\"layers\":[]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.v1.tar\",\"digest\":\"sha256:../x\",\"size\":3}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.v1.tar\",\"digest\":\"" D "\",\"size\":-3}]}",
		"{\"schemaVersion\":2," CONF ",\"layers\":[{\"mediaType\":\"" OCI
		"layer.nondistributable.v1.tar\",\"digest\":\"" D "\",\"size\":3}]}",
		"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x\",\"digest\":\"" D
		"\",\"size\":2},\"layers\":[]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(parse(bad[i], "") < 0);
	assert_true(parse(GOOD, INDEX) < 0);
	assert_true(parse(GOOD, "text/html") < 0);
	assert_true(parse(GOOD, "application/vnd.docker.distribution.manifest.v2+json") < 0);
}

/* as many layers as are allowed, and one more */
static void test_many(void **state)
{
	(void)state;
	for (size_t n = MANIFEST_LAYERS_MAX; n <= MANIFEST_LAYERS_MAX + 1; n++) {
		_cleanup_buf_ struct buf b = {.cap = 4 << 20};

		buf_adds(&b, "{\"schemaVersion\":2," CONF ",\"layers\":[" LAYER);
		for (size_t i = 1; i < n; i++)
			buf_adds(&b, "," LAYER);
		buf_adds(&b, "]}");
		assert_int_equal(parse(buf_str(&b), ""), n > MANIFEST_LAYERS_MAX ? -EBADMSG : 0);
	}
	for (size_t n = MANIFEST_ENTRIES_MAX; n <= MANIFEST_ENTRIES_MAX + 1; n++) {
		_cleanup_buf_ struct buf b = {.cap = 4 << 20};

		buf_adds(&b, "{\"schemaVersion\":2,\"manifests\":[" LAYER);
		for (size_t i = 1; i < n; i++)
			buf_adds(&b, "," LAYER);
		buf_adds(&b, "]}");
		assert_int_equal(parse(buf_str(&b), ""), n > MANIFEST_ENTRIES_MAX ? -EBADMSG : 0);
	}
}

static void test_types(void **state)
{
	(void)state;
	assert_true(manifest_is_type(TYPE));
	assert_true(manifest_is_type(INDEX));
	assert_true(manifest_is_type("application/vnd.docker.distribution.manifest.list.v2+json"));
	assert_false(manifest_is_type("application/json"));
	assert_false(manifest_is_type(""));
}

static void refuses(const char *layer_type, const char *why)
{
	_cleanup_free_ char *text =
		xasprintf("{\"schemaVersion\":2," CONF
			  ",\"layers\":[{\"mediaType\":\"%s\",\"digest\":\"" D "\",\"size\":3}]}",
			layer_type);
	struct manifest m = {0};
	struct err err = {0};

	assert_int_equal(manifest_parse(text, strlen(text), "", "t", &m, &err), -ERR_REGISTRY);
	if (!strstr(err.msg, why))
		fail_msg("'%s' lacks '%s'", err.msg, why);
}

static void test_layers(void **state)
{
	(void)state;
	refuses(OCI "layer.nondistributable.v1.tar", "does not hand out");
	refuses("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "does not hand out");
	refuses(OCI "layer.v1.rar", "is not known");
}

static void artifact(const char *members, const char *config_type, const char *why)
{
	_cleanup_free_ char *text = xasprintf(
		"{\"schemaVersion\":2,%s\"config\":{\"mediaType\":"
		"\"%s\",\"digest\":\"" D "\",\"size\":2},\"layers\":[{\"mediaType\":\"text/plain\","
		"\"digest\":\"" D "\",\"size\":3}]}",
		members, config_type);
	struct manifest m = {0};
	struct err err = {0};

	assert_int_equal(manifest_parse(text, strlen(text), "", "t", &m, &err), -ERR_REGISTRY);
	if (!strstr(err.msg, why))
		fail_msg("'%s' lacks '%s'", err.msg, why);
	/* it can be looked at all the same */
	assert_int_equal(manifest_read(text, strlen(text), "", "t", &m, &err), 0);
	manifest_done(&m);
}

static void test_artifacts(void **state)
{
	struct manifest m = {0};
	struct err err = {0};
	const char *typed =
		"{\"schemaVersion\":2,\"artifactType\":\"a/b\"," CONF ",\"layers\":[" LAYER "]}";

	(void)state;
	artifact("", "application/vnd.cncf.helm.config.v1+json",
		"is an OCI artifact of type \"application/vnd.cncf.helm.config.v1+json\", not a "
		"container image");
	artifact("\"artifactType\":\"a/b\",", "application/vnd.oci.empty.v1+json",
		"is an OCI artifact of type \"a/b\", not a container image");
	artifact("", "application/vnd.oci.empty.v1+json", "is an OCI artifact of no type");
	artifact("\"artifactType\":\"a\\u001b[31mb\",", "application/x", "of type \"a?[31mb\"");
	artifact("\"artifactType\":\"a/b\",", OCI "config.v1+json", "of type \"a/b\"");
	artifact("", OCI "config.v1+json", "has a type that is not known: \"text/plain\"");
	/* an image that calls itself something besides is still one */
	assert_int_equal(manifest_parse(typed, strlen(typed), "", "t", &m, &err), 0);
	assert_true(manifest_is_image(&m));
	manifest_done(&m);
}

/* what there is instead is said, without what is no platform, and once */
static void test_alternatives(void **state)
{
	const char *text =
		"{\"schemaVersion\":2,\"manifests\":[" ENTRY("arm64", "v8") "," ENTRY("arm64",
			"v8") "," ENTRY("amd64", "") ",{\"mediaType\":\"" TYPE "\",\"digest\":\"" D
						     "\",\"size\":3,\"platform\":{\"os\":"
						     "\"unknown\",\"architecture\":\"unknown\"}}]}";
	struct manifest m = {0};
	struct platform p = {0};
	const struct descriptor *d = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(manifest_parse(text, strlen(text), INDEX, "t", &m, NULL), 0);
	assert_int_equal(platform_parse("linux/riscv64", &p, NULL), 0);
	assert_int_equal(manifest_choose(&m, &p, "t", &d, &err), -ERR_REGISTRY);
	assert_non_null(strstr(err.msg, "linux/riscv64"));
	assert_non_null(strstr(err.hint, "there are: linux/arm64/v8, linux/amd64; choose"));
	assert_null(d);
	platform_done(&p);
	manifest_done(&m);
}

static void chooses(const char *entries, const char *platform, int expected)
{
	_cleanup_free_ char *text = xasprintf("{\"schemaVersion\":2,\"manifests\":[%s]}", entries);
	struct manifest m = {0};
	struct platform p = {0};
	const struct descriptor *d;
	struct err err = {0};

	assert_int_equal(manifest_parse(text, strlen(text), INDEX, "t", &m, NULL), 0);
	assert_int_equal(platform_parse(platform, &p, &err), 0);
	if (manifest_choose(&m, &p, "t", &d, &err) < 0)
		assert_int_equal(expected, -1);
	else
		assert_int_equal(expected, (int)(d - m.entries));
	platform_done(&p);
	manifest_done(&m);
}

static void test_choice(void **state)
{
	const char *all = ENTRY("unknown", "") "," ENTRY("arm", "v6") "," ENTRY(
		"arm", "v7") "," ENTRY("arm64", "v8") "," ENTRY("amd64", "");

	(void)state;
	chooses(all, "linux/amd64", 4);
	chooses(all, "x86_64", 4);
	chooses(all, "linux/amd64/v3", 4);
	chooses(all, "linux/arm64", 3);
	chooses(all, "linux/arm", 2);
	chooses(all, "linux/arm/v6", 1);
	chooses(all, "linux/arm/v5", -1);
	chooses(all, "linux/riscv64", -1);
	chooses(all, "windows/amd64", -1);
	/* what fits best, wherever it stands */
	chooses(ENTRY("amd64", "") "," ENTRY("amd64", "v2") "," ENTRY("amd64", "v3"),
		"linux/amd64/v2", 1);
	chooses(ENTRY("amd64", "") "," ENTRY("amd64", ""), "linux/amd64", 0);
	/* an entry that is no manifest is never chosen */
	chooses("{\"mediaType\":\"" INDEX "\",\"digest\":\"" D "\",\"size\":3,\"platform\":{\"os\":"
		"\"linux\",\"architecture\":\"amd64\"}}",
		"linux/amd64", -1);
	chooses("", "linux/amd64", -1);
}

static void test_config(void **state)
{
	struct manifest m = {0};
	json_t *j = json_pack("{s:{s:s,s:[s]}}", "rootfs", "type", "layers", "diff_ids", D);
	struct strv ids = {0}, none = {0}, more = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(manifest_parse(GOOD, strlen(GOOD), TYPE, "t", &m, NULL), 0);
	assert_int_equal(manifest_check_config(j, &m, "t", &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	json_array_append_new(
		json_object_get(json_object_get(j, "rootfs"), "diff_ids"), json_integer(1));
	assert_int_equal(manifest_check_config(j, &m, "t", &more, &err), -EBADMSG);
	json_object_clear(j);
	assert_int_equal(manifest_check_config(j, &m, "t", &none, &err), -EBADMSG);
	json_decref(j);
	strv_done(&more);
	j = json_pack("{s:{s:s,s:[s]}}", "rootfs", "type", "layers", "diff_ids", "sha256:../x");
	assert_int_equal(manifest_check_config(j, &m, "t", &more, &err), -EBADMSG);
	json_decref(j);
	strv_done(&more);
	j = json_pack("{s:{s:s,s:[s]}}", "rootfs", "type", "squashfs", "diff_ids", D);
	assert_int_equal(manifest_check_config(j, &m, "t", &more, &err), -EBADMSG);
	json_decref(j);
	strv_done(&ids);
	strv_done(&more);
	manifest_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_artifacts),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
