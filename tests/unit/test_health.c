#include "tests/unit/unit.h"

#include "runtime/health.h"

#include <string.h>

static struct health_conf conf(const char *text)
{
	_cleanup_json_ json_t *health = json_loads(text, 0, NULL),
			      *record = json_pack("{s:O}", "health", health);
	struct health_conf c;

	assert_non_null(health);
	health_conf_read(record, &c);
	return c;
}

static void without_a_check(void **state)
{
	_cleanup_json_ json_t *record = json_object();
	struct health_conf c;

	(void)state;
	health_conf_read(record, &c);
	assert_false(c.on);
	assert_false(conf("{\"Test\":[\"NONE\"]}").on);
	assert_false(conf("{\"Test\":[]}").on);
	assert_false(conf("{\"Interval\":1000000000}").on);
}

static void usual_numbers(void **state)
{
	struct health_conf c = conf("{\"Test\":[\"CMD\",\"true\"]}");

	(void)state;
	assert_true(c.on);
	assert_false(c.startup);
	assert_int_equal(c.usual.interval, 30000);
	assert_int_equal(c.usual.timeout, 30000);
	assert_int_equal(c.usual.retries, 3);
	assert_int_equal(c.start_period, 0);
	assert_int_equal(c.start_interval, 5000);
	assert_int_equal(c.log_count, 5);
	assert_int_equal(c.log_size, 500);
	assert_int_equal(c.action, HEALTH_NOTHING);
}

static void numbers_that_make_no_sense(void **state)
{
	struct health_conf c =
		conf("{\"Test\":[\"CMD\",\"true\"],\"Interval\":-5,\"Timeout\":999999,"
		     "\"Retries\":-1,\"MaxLogSize\":99999999,\"OnFailure\":\"dance\"}");

	(void)state;
	assert_int_equal(c.usual.interval, 30000);
	assert_int_equal(c.usual.timeout, 30000);
	assert_int_equal(c.usual.retries, 3);
	assert_int_equal(c.log_size, HEALTH_OUTPUT_MAX);
	assert_int_equal(c.action, HEALTH_NOTHING);
	/* given as 0 it means never; not given, or as another type, it is as usual */
	assert_int_equal(conf("{\"Test\":[\"x\"],\"Interval\":0}").usual.interval, 0);
	assert_int_equal(conf("{\"Test\":[\"x\"],\"Interval\":\"0\"}").usual.interval, 30000);
}

/* @results: a letter for each check: y and n, capital for one whose failure does not count; Return: the last action */
static enum health_action play(struct health *h, const struct health_conf *c, const char *results)
{
	enum health_action a = HEALTH_NOTHING;

	for (const char *p = results; *p; p++)
		a = health_count(h, c, *p == 'y' || *p == 'Y', *p == 'N' || *p == 'Y');
	return a;
}

static void successes_and_failures(void **state)
{
	static const struct {
		const char *results;
		enum health_status status;
		unsigned streak;
	} cases[] = {{"", HEALTH_STARTING, 0}, {"y", HEALTH_HEALTHY, 0}, {"n", HEALTH_STARTING, 1},
		{"nn", HEALTH_STARTING, 2}, {"nnn", HEALTH_UNHEALTHY, 3},
		{"ynn", HEALTH_HEALTHY, 2}, {"ynny", HEALTH_HEALTHY, 0},
		{"ynnn", HEALTH_UNHEALTHY, 3}, {"nnnn", HEALTH_UNHEALTHY, 4},
		{"nnny", HEALTH_HEALTHY, 0}, {"NNNNNN", HEALTH_STARTING, 0},
		{"NNnn", HEALTH_STARTING, 2}, {"Y", HEALTH_HEALTHY, 0}};
	struct health_conf c = conf("{\"Test\":[\"CMD\",\"true\"]}");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct health h = {0};

		play(&h, &c, cases[i].results);
		assert_int_equal(h.status, cases[i].status);
		assert_int_equal(h.streak, cases[i].streak);
	}
}

static void actions(void **state)
{
	struct health_conf c = conf("{\"Test\":[\"x\"],\"Retries\":2,\"OnFailure\":\"restart\"}");
	struct health h = {0};

	(void)state;
	assert_int_equal(play(&h, &c, "n"), HEALTH_NOTHING);
	assert_int_equal(play(&h, &c, "n"), HEALTH_RESTART);
	/* as long as it is unhealthy */
	assert_int_equal(play(&h, &c, "n"), HEALTH_RESTART);
	assert_int_equal(play(&h, &c, "y"), HEALTH_NOTHING);
	assert_int_equal(play(&h, &c, "n"), HEALTH_NOTHING);
	assert_int_equal(conf("{\"Test\":[\"x\"],\"OnFailure\":\"kill\"}").action, HEALTH_KILL);
	assert_int_equal(conf("{\"Test\":[\"x\"],\"OnFailure\":\"stop\"}").action, HEALTH_STOP);
}

static void start_period(void **state)
{
	struct health_conf c = conf("{\"Test\":[\"x\"],\"Interval\":20000000000,"
				    "\"StartPeriod\":60000000000,\"StartInterval\":2000000000}");
	struct health h = {0};

	(void)state;
	assert_true(health_is_lenient(&h, &c, 59999));
	assert_false(health_is_lenient(&h, &c, 60000));
	assert_int_equal(health_pause(&h, &c, 0), 2000);
	assert_int_equal(health_pause(&h, &c, 60000), 20000);
	play(&h, &c, "Y");
	/* the first success is its end */
	assert_false(health_is_lenient(&h, &c, 1000));
	assert_int_equal(health_pause(&h, &c, 1000), 20000);
	/* who looks more often anyway does so in the start period, too */
	c = conf("{\"Test\":[\"x\"],\"Interval\":1000000000,\"StartPeriod\":60000000000}");
	h = (struct health){0};
	assert_int_equal(health_pause(&h, &c, 0), 1000);
	c = conf("{\"Test\":[\"x\"],\"Interval\":0,\"StartPeriod\":60000000000}");
	assert_int_equal(health_pause(&h, &c, 0), 0);
}

static void startup_check(void **state)
{
	struct health_conf c =
		conf("{\"Test\":[\"x\"],\"Interval\":7000000000,\"Startup\":{\"Test\":[\"y\"],"
		     "\"Interval\":1000000000,\"Retries\":3,\"Successes\":2}}");
	struct health h = {0};

	(void)state;
	assert_true(c.startup);
	assert_int_equal(health_pause(&h, &c, 0), 1000);
	assert_int_equal(play(&h, &c, "nny"), HEALTH_NOTHING);
	assert_true(health_is_startup(&h, &c));
	/* successes count in a row, failures all together */
	assert_int_equal(play(&h, &c, "n"), HEALTH_RESTART);
	h = (struct health){0};
	play(&h, &c, "ynyy");
	assert_false(health_is_startup(&h, &c));
	assert_int_equal(h.status, HEALTH_STARTING);
	assert_int_equal(h.streak, 0);
	assert_int_equal(health_pause(&h, &c, 0), 7000);
	play(&h, &c, "y");
	assert_int_equal(h.status, HEALTH_HEALTHY);
	/* without a number of retries it goes on for ever */
	c = conf("{\"Test\":[\"x\"],\"Startup\":{\"Test\":[\"y\"]}}");
	h = (struct health){0};
	assert_int_equal(play(&h, &c, "nnnnnnnnnn"), HEALTH_NOTHING);
	play(&h, &c, "y");
	assert_false(health_is_startup(&h, &c));
}

static void command_is(const char *health, bool startup, const char *expected)
{
	_cleanup_json_ json_t *j = json_loads(health, 0, NULL),
			      *record = json_pack("{s:O}", "health", j);
	_cleanup_strv_ struct strv args = {0};
	_cleanup_free_ char *text = NULL;

	health_command(record, startup, &args);
	text = strv_join(&args, "|");
	assert_string_equal(text, expected);
}

static void commands(void **state)
{
	(void)state;
	command_is("{\"Test\":[\"CMD\",\"a\",\"b c\"]}", false, "a|b c");
	command_is("{\"Test\":[\"CMD-SHELL\",\"a b\"]}", false, "/bin/sh|-c|a b");
	command_is("{\"Test\":[\"CMD-SHELL\",\"a b\",\"c\"]}", false, "/bin/sh|-c|a b c");
	command_is("{\"Test\":[\"a\",\"b\"]}", false, "a|b");
	command_is("{\"Test\":[\"CMD-SHELL\",\"a\"],\"Shell\":[\"/bin/ash\",\"-ec\"]}", false,
		"/bin/ash|-ec|a");
	command_is("{\"Test\":[\"x\"],\"Startup\":{\"Test\":[\"CMD\",\"s\"]}}", true, "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_check),
		cmocka_unit_test(usual_numbers),
		cmocka_unit_test(numbers_that_make_no_sense),
		cmocka_unit_test(successes_and_failures),
		cmocka_unit_test(actions),
		cmocka_unit_test(start_period),
		cmocka_unit_test(startup_check),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
