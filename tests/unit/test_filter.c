#include "cmd/filter.h"

#include "tests/unit/unit.h"

#define RECORD                                                                                     \
	"{\"created\":\"2024-05-05T00:00:00Z\",\"image\":\"docker.io/library/alpine:latest\","     \
	"\"imageId\":\"abcdef0123\",\"labels\":{\"a\":\"1\",\"empty\":\"\"},"                      \
	"\"network\":{\"mode\":\"slirp4netns\"},\"hostConfig\":{\"Binds\":[\"/src:/"               \
	"dst:ro\",\"vol:/data\"],"                                                                 \
	"\"Tmpfs\":{\"/scratch\":\"\"}}}"

struct world {
	struct container v[3];
	struct container_list all;
};

static int setup(void **state)
{
	static const char *const created[] = {"2024-05-04T00:00:00Z", "2024-05-06T00:00:00Z"};
	struct world *w = xcalloc(1, sizeof(*w));

	w->v[0] = (struct container){.id = "1234567890",
		.name = xstrdup("web-1"),
		.record = json_loads(RECORD, 0, NULL),
		.status = CONTAINER_EXITED,
		.exit_code = 3};
	w->v[1] = (struct container){.id = "aaaa",
		.name = xstrdup("old"),
		.record = json_pack("{s:s}", "created", created[0])};
	w->v[2] = (struct container){.id = "bbbb",
		.name = xstrdup("new"),
		.record = json_pack("{s:s}", "created", created[1])};
	assert_non_null(w->v[0].record);
	w->all = (struct container_list){w->v, 3};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++) {
		free(w->v[i].name);
		json_decref(w->v[i].record);
	}
	free(w);
	return 0;
}

/* @filters: separated by blanks */
static bool matches(const struct world *w, const char *filters)
{
	_cleanup_strv_ struct strv v = {0};

	strv_split(&v, filters, " ");
	assert_int_equal(filter_check(&v, NULL), 0);
	return filter_match(&v, &w->v[0], &w->all);
}

static void test_each(void **state)
{
	static const char *const yes[] = {"id=123", "id=1234567890", "name=web", "name=eb-",
		"name=^web", "name=^/web-1$", "name=1$", "name=(web|db)-[0-9]", "label=a",
		"label=a=1", "label=empty", "label=empty=", "label!=b", "label!=a=2",
		"status=exited", "status=stopped", "exited=3", "ancestor=alpine",
		"ancestor=alpine:latest", "ancestor=library/alpine",
		"ancestor=docker.io/library/alpine:latest", "ancestor=abc", "ancestor=sha256:abcd",
		"network=slirp4netns", "volume=/src", "volume=/dst", "volume=vol", "volume=/data",
		"volume=/scratch", "until=2024-05-06", "until=1h", "before=new", "before=bbb",
		"since=old", "since=aaaa"};
	static const char *const no[] = {"id=23", "id=12345678901", "name=db", "name=^eb",
		"name=web$", "label=b", "label=a=2", "label=a=", "label!=a", "label!=a=1",
		"status=running", "status=created", "exited=0", "exited=4", "ancestor=alp",
		"ancestor=pine", "ancestor=alpine:3", "ancestor=ab", "ancestor=sha256:ab",
		"ancestor=brary/alpine", "ancestor=sha256:abce", "network=none", "volume=/sr",
		"volume=/ds", "volume=dst", "volume=/scratch/x", "volume=ro", "until=2024-05-04",
		"before=old", "before=none", "since=new", "since=web-1", "before=web-1"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!matches(*state, yes[i]))
			fail_msg("%s does not choose it", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (matches(*state, no[i]))
			fail_msg("%s chooses it", no[i]);
}

/* values of one key are alternatives, keys are not, and each label counts */
static void test_several(void **state)
{
	struct world *w = *state;
	struct strv none = {0};

	assert_true(filter_match(&none, &w->v[0], &w->all));
	assert_true(matches(w, "name=db name=web"));
	assert_true(matches(w, "name=web name=db"));
	assert_false(matches(w, "name=web id=99"));
	assert_false(matches(w, "id=99 name=web"));
	assert_true(matches(w, "name=web id=12 label=a label=empty"));
	assert_false(matches(w, "label=a label=b"));
	assert_false(matches(w, "label=b label=a"));
	assert_false(matches(w, "label!=a label!=b"));
	assert_false(matches(w, "label!=b label!=a"));
	assert_false(matches(w, "label=a label!=empty"));
}

/* a code is asked of those that have ended only, and what has no name matches none */
static void test_states(void **state)
{
	struct world *w = *state;

	w->v[0].status = CONTAINER_RUNNING;
	assert_false(matches(w, "exited=3"));
	assert_false(matches(w, "status=stopped"));
	assert_true(matches(w, "status=running"));
	free(w->v[0].name);
	w->v[0].name = NULL;
	assert_false(matches(w, "name=web"));
	assert_true(matches(w, "id=1234"));
	w->v[0].status = CONTAINER_EXITED;
	w->v[0].exit_code = -1;
	assert_true(matches(w, "exited=-1"));
}

static void test_check(void **state)
{
	static const char *const bad[] = {"", "name", "name!=x", "colour=red", "=x", "id",
		"labels=a", "status=frob", "status=", "exited=x", "exited=", "until=x",
		"until=", "name=[", "name=("};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_strv_ struct strv v = {0};
		struct err err = {0};

		strv_add(&v, "id=1");
		strv_add(&v, bad[i]);
		if (filter_check(&v, &err) != -ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(*err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several, setup, teardown),
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
