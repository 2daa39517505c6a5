#include "tests/unit/unit.h"

#include "runtime/health_opts.h"

#include <string.h>

/* what "health" of a record becomes, as text, "" for none */
static char *applied(json_t *record, const struct health_opts *o)
{
	struct err err = {0};

	assert_int_equal(health_opts_apply(o, record, &err), 0);
	return json_object_get(record, "health") ? json_text(json_object_get(record, "health"))
						 : xstrdup("");
}

static void gives(const struct health_opts *o, const char *expected)
{
	_cleanup_json_ json_t *record = json_object();
	_cleanup_free_ char *text = applied(record, o);

	assert_string_equal(text, expected);
}

static void refuses(const struct health_opts *o, const char *part)
{
	_cleanup_json_ json_t *record = json_object();
	struct err err = {0};

	assert_true(health_opts_apply(o, record, &err) < 0);
	assert_non_null(strstr(err.msg, part));
}

#define OPTS(...) (&(const struct health_opts){__VA_ARGS__})
#define S(text)	  (char *)(uintptr_t)(text)

static void commands(void **state)
{
	static const char *const cases[][2] = {
		{"curl -f x || exit 1", "[\"CMD-SHELL\",\"curl -f x || exit 1\"]"},
		{"[\"a\", \"b c\"]", "[\"CMD\",\"a\",\"b c\"]"},
		{"[\"a b\"]", "[\"CMD-SHELL\",\"a b\"]"},
		{"[\"CMD\", \"a\"]", "[\"CMD\",\"a\"]"},
		{"[\"cmd-shell\", \"a b\"]", "[\"CMD-SHELL\",\"a b\"]"},
		{"CMD a  b", "[\"CMD\",\"a\",\"b\"]"},
		{"CMD-SHELL a  b", "[\"CMD-SHELL\",\"a  b\"]"},
		/* a shell's own brackets */
		{"[ -e /x ]", "[\"CMD-SHELL\",\"[ -e /x ]\"]"},
		{"[1]", "[\"CMD-SHELL\",\"[1]\"]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *expected = xasprintf("{\"Test\":%s}", cases[i][1]);

		gives(OPTS(.cmd = S(cases[i][0])), expected);
	}
	gives(OPTS(.cmd = S("none")), "");
	gives(OPTS(.none = true), "");
	gives(OPTS(0), "");
	refuses(OPTS(.cmd = S("")), "no command");
	refuses(OPTS(.cmd = S("CMD ")), "no command");
	refuses(OPTS(.cmd = S("[\"CMD\"]")), "no command");
}

static void numbers(void **state)
{
	(void)state;
	gives(OPTS(.cmd = S("x"), .interval = S("1m30s"), .timeout = S("500ms"), .retries = S("7"),
		      .start_period = S("10s"), .start_interval = S("1ms")),
		"{\"Test\":[\"CMD-SHELL\",\"x\"],\"Interval\":90000000000,\"Timeout\":500000000,"
		"\"StartPeriod\":10000000000,\"StartInterval\":1000000,\"Retries\":7}");
	gives(OPTS(.cmd = S("x"), .interval = S("disable"), .timeout = S("0")),
		"{\"Test\":[\"CMD-SHELL\",\"x\"],\"Interval\":0}");
	gives(OPTS(.cmd = S("x"), .log_count = S("0"), .log_size = S("65536"),
		      .on_failure = S("kill"), .log_destination = S("events_logger")),
		"{\"Test\":[\"CMD-SHELL\",\"x\"],\"MaxLogCount\":0,\"MaxLogSize\":65536,"
		"\"OnFailure\":\"kill\",\"LogDestination\":\"events_logger\"}");
	gives(OPTS(.cmd = S("x"), .on_failure = S("none"), .log_destination = S("local")),
		"{\"Test\":[\"CMD-SHELL\",\"x\"]}");
	gives(OPTS(.cmd = S("x"), .startup_cmd = S("y"), .startup_interval = S("1s"),
		      .startup_retries = S("2"), .startup_success = S("3"),
		      .startup_timeout = S("4s")),
		"{\"Test\":[\"CMD-SHELL\",\"x\"],\"Startup\":{\"Test\":[\"CMD-SHELL\",\"y\"],"
		"\"Interval\":1000000000,\"Timeout\":4000000000,\"Retries\":2,\"Successes\":3}}");
}

static void wrong_ones(void **state)
{
	(void)state;
	refuses(OPTS(.cmd = S("x"), .interval = S("30")), "--health-interval");
	refuses(OPTS(.cmd = S("x"), .interval = S("999us")), "--health-interval");
	refuses(OPTS(.cmd = S("x"), .interval = S("-1s")), "--health-interval");
	refuses(OPTS(.cmd = S("x"), .timeout = S("disable")), "--health-timeout");
	refuses(OPTS(.cmd = S("x"), .retries = S("0")), "--health-retries");
	refuses(OPTS(.cmd = S("x"), .retries = S("-1")), "--health-retries");
	refuses(OPTS(.cmd = S("x"), .log_size = S("65537")), "--health-max-log-size");
	refuses(OPTS(.cmd = S("x"), .on_failure = S("panic")), "--health-on-failure");
	refuses(OPTS(.cmd = S("x"), .log_destination = S("/nowhere/at/all")),
		"--health-log-destination");
	refuses(OPTS(.cmd = S("x"), .log_destination = S("/dev/null")), "--health-log-destination");
	refuses(OPTS(.interval = S("1s")), "no health check");
	refuses(OPTS(.startup_cmd = S("x")), "no health check");
	refuses(OPTS(.cmd = S("x"), .startup_retries = S("1")), "no start-up check");
	refuses(OPTS(.none = true, .cmd = S("x")), "no health check is wanted");
	refuses(OPTS(.none = true, .retries = S("1")), "no health check is wanted");
	refuses(OPTS(.cmd = S("none"), .retries = S("1")), "no health check is wanted");
}

static json_t *from_image(const char *text)
{
	_cleanup_json_ json_t *config = json_loads(text, 0, NULL);
	json_t *record = json_object();

	assert_non_null(config);
	health_opts_image(config, record);
	return record;
}

static void of_an_image(void **state)
{
	_cleanup_json_ json_t *record = from_image("{\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"],"
						   "\"Interval\":5000000000,\"Retries\":9,"
						   "\"Timeout\":12,\"Unknown\":1},"
						   "\"Shell\":[\"/bin/ash\",\"-c\"]}"),
			      *none = NULL, *odd = NULL;
	_cleanup_free_ char *text = NULL, *more = NULL, *off = NULL;

	(void)state;
	text = applied(record, OPTS(0));
	assert_string_equal(text, "{\"Test\":[\"CMD\",\"a\"],\"Shell\":[\"/bin/ash\",\"-c\"],"
				  "\"Interval\":5000000000,\"Retries\":9}");
	/* what is given replaces only that; another command is for the usual shell */
	more = applied(record, OPTS(.cmd = S("b"), .retries = S("2")));
	assert_string_equal(more, "{\"Test\":[\"CMD-SHELL\",\"b\"],\"Interval\":5000000000,"
				  "\"Retries\":2}");
	off = applied(record, OPTS(.none = true));
	assert_string_equal(off, "{\"Test\":[\"NONE\"]}");
	none = from_image("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}");
	assert_int_equal(json_object_size(none), 0);
	odd = from_image("{\"Healthcheck\":[\"CMD\",\"x\"]}");
	assert_int_equal(json_object_size(odd), 0);
}

static void of_an_image_too_long(void **state)
{
	_cleanup_free_ char *word = xmalloc(70001);
	_cleanup_json_ json_t *config = NULL, *record = json_object();

	(void)state;
	memset(word, 'x', 70000);
	word[70000] = '\0';
	config = json_pack("{s:{s:[s,s]}}", "Healthcheck", "Test", "CMD", word);
	health_opts_image(config, record);
	assert_int_equal(json_object_size(record), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(numbers),
		cmocka_unit_test(wrong_ones),
		cmocka_unit_test(of_an_image),
		cmocka_unit_test(of_an_image_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
