#include "storage/policy.h"

#include "tests/unit/unit.h"

#define ACCEPT "[{\"type\":\"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\":\"reject\"}]"

static const char file[] = "{\"default\":" REJECT ",\"transports\":{\"docker\":{"
			   "\"example.org/team/app:1\":[{\"type\":\"signedBy\",\"n\":1}],"
			   "\"example.org/team/app\":[{\"type\":\"signedBy\",\"n\":2}],"
			   "\"example.org/team\":[{\"type\":\"signedBy\",\"n\":3}],"
			   "\"example.org\":[{\"type\":\"signedBy\",\"n\":4}],"
			   "\"*.example.org\":[{\"type\":\"signedBy\",\"n\":5}],"
			   "\"*.org\":[{\"type\":\"signedBy\",\"n\":6}],"
			   "\"\":[{\"type\":\"signedBy\",\"n\":7}]},"
			   "\"oci-archive\":{\"/srv/images\":" ACCEPT "}}}";

/* which of the requirements above holds for @name; 0 for none of them */
static int scope(const char *name)
{
	_cleanup_(policy_done) struct policy p = {0};
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_json_ json_t *list = NULL;

	assert_int_equal(policy_parse(file, strlen(file), "p", &p, NULL), 0);
	assert_int_equal(ref_parse(name, &ref, NULL), 0);
	assert_int_equal(policy_for_ref(&p, &ref, &list, NULL), 0);
	return (int)json_get_int(json_array_get(list, 0), "n", 0);
}

static void test_scopes(void **state)
{
	(void)state;
	assert_int_equal(scope("example.org/team/app:1"), 1);
	assert_int_equal(scope("example.org/team/app:2"), 2);
	assert_int_equal(scope("example.org/team/app2:1"), 3);
	assert_int_equal(scope("example.org/team/sub/x"), 3);
	assert_int_equal(scope("example.org/teams/x"), 4);
	assert_int_equal(scope("a.example.org/x"), 5);
	assert_int_equal(scope("a.b.example.org:5000/x"), 5);
	assert_int_equal(scope("badexample.org/x"), 6);
	assert_int_equal(scope("example.com/x"), 7);
	assert_int_equal(scope("alpine"), 7);
}

static int archive(const char *transport, const char *path)
{
	_cleanup_(policy_done) struct policy p = {0};
	_cleanup_json_ json_t *list = NULL;

	assert_int_equal(policy_parse(file, strlen(file), "p", &p, NULL), 0);
	assert_int_equal(policy_for_archive(&p, transport, path, &list, NULL), 0);
	return policy_check_unsigned(list, "x", NULL);
}

static void test_archives(void **state)
{
	(void)state;
	assert_int_equal(archive("oci-archive", "/srv/images/a.tar"), 0);
	assert_int_equal(archive("oci-archive", "/srv/images2/a.tar"), -EACCES);
	assert_int_equal(archive("oci-archive", NULL), -EACCES);
	assert_int_equal(archive("docker-archive", "/srv/images/a.tar"), -EACCES);
}

static void test_malformed(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "{\"default\":[]}",
		"{\"default\":[{}]}", "{\"default\":[{\"type\":\"accept\"}]}",
		"{\"default\":{\"type\":\"reject\"}}",
		"{\"default\":" ACCEPT ",\"transports\":{\"docker\":{\"a\":[]}}}",
		"{\"default\":" ACCEPT
		",\"transports\":{\"docker\":{\"a\":[{\"type\":\"reject\"},{\"type\":\"no\"}]}}}"};
	struct policy p = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(policy_parse(texts[i], strlen(texts[i]), "p", &p, NULL), -EBADMSG);
}

static void test_none(void **state)
{
	_cleanup_(ref_done) struct ref ref = {0};
	json_t *list = (json_t *)1;
	struct policy p = {0};

	(void)state;
	ref_parse("alpine", &ref, NULL);
	assert_int_equal(policy_for_ref(&p, &ref, &list, NULL), 0);
	assert_null(list);
	assert_int_equal(policy_check_unsigned(NULL, "x", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
