#include "tests/unit/unit.h"

#include "runtime/restart.h"

#include <string.h>

static struct restart_policy policy(const char *text)
{
	struct restart_policy p = {0};

	assert_int_equal(restart_parse(text, &p, NULL), 0);
	return p;
}

static void forms(void **state)
{
	static const struct {
		const char *text, *again;
		enum restart_when when;
		unsigned max;
	} good[] = {{"", "no", RESTART_NO, 0}, {"no", "no", RESTART_NO, 0},
		{"never", "no", RESTART_NO, 0}, {"always", "always", RESTART_ALWAYS, 0},
		{"unless-stopped", "unless-stopped", RESTART_UNLESS_STOPPED, 0},
		{"on-failure", "on-failure", RESTART_ON_FAILURE, 0},
		{"on-failure:0", "on-failure", RESTART_ON_FAILURE, 0},
		{"on-failure:7", "on-failure:7", RESTART_ON_FAILURE, 7}};
	static const char *const bad[] = {"Always", "on-failure:", "on-failure:-1", "on-failure:x",
		"on-failure:99999999999", "always:3", "no:1", "maybe", " no"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct restart_policy p = policy(good[i].text);
		char buf[RESTART_TEXT_MAX];

		assert_int_equal(p.when, good[i].when);
		assert_int_equal(p.max, good[i].max);
		assert_string_equal(restart_format(&p, buf), good[i].again);
		assert_memory_equal(
			restart_name(p.when), good[i].again, strlen(restart_name(p.when)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct restart_policy p = {RESTART_ALWAYS, 5};
		struct err err = {0};

		assert_int_equal(restart_parse(bad[i], &p, &err), -ERR_USAGE);
		assert_true(err.msg[0] && err.hint[0]);
		/* a failed call leaves it as it was */
		assert_int_equal(p.when, RESTART_ALWAYS);
		assert_int_equal(p.max, 5);
	}
}

static void when(void **state)
{
	static const struct {
		const char *policy;
		int code;
		bool again;
	} cases[] = {{"no", 0, false}, {"no", 1, false}, {"on-failure", 0, false},
		{"on-failure", 1, true}, {"on-failure", 137, true}, {"always", 0, true},
		{"always", 1, true}, {"unless-stopped", 0, true}, {"unless-stopped", 3, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct restart_policy p = policy(cases[i].policy);
		struct restart r = {0};

		assert_int_equal(restart_after(&r, &p, cases[i].code, 0),
			cases[i].again ? RESTART_DELAY_MIN : -1);
		assert_int_equal(r.count, cases[i].again);
	}
}

static void backs_off(void **state)
{
	static const int64_t want[] = {
		100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000, 60000};
	struct restart_policy p = policy("always");
	struct restart r = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(restart_after(&r, &p, 1, RESTART_GOOD_MS - 1), want[i]);
	/* a good run makes up for all before, whatever came of it */
	assert_int_equal(restart_after(&r, &p, 1, RESTART_GOOD_MS), 100);
	assert_int_equal(restart_after(&r, &p, 1, 0), 200);
	assert_int_equal(r.count, ARRAY_SIZE(want) + 2);
}

static void counts(void **state)
{
	struct restart_policy p = policy("on-failure:3");
	struct restart r = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(restart_after(&r, &p, 1, 0) > 0);
	assert_int_equal(restart_after(&r, &p, 1, 0), -1);
	assert_int_equal(r.count, 3);
	/* good runs are no pardon: it is a number of restarts */
	assert_int_equal(restart_after(&r, &p, 1, RESTART_GOOD_MS), -1);
}

static void boot(void **state)
{
	static const struct {
		const char *policy;
		bool stopped, start;
	} cases[] = {{"no", false, false}, {"on-failure", false, false}, {"always", false, true},
		{"always", true, true}, {"unless-stopped", false, true},
		{"unless-stopped", true, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct restart_policy p = policy(cases[i].policy);

		assert_int_equal(restart_at_boot(&p, cases[i].stopped), cases[i].start);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(when),
		cmocka_unit_test(backs_off), cmocka_unit_test(counts), cmocka_unit_test(boot)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
