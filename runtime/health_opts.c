#include "runtime/health_opts.h"

#include "runtime/base/parse.h"
#include "runtime/health.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define NS_PER_MS 1000000

enum kind { DURATION, NUMBER };

/*
 * What is given as a number, where it goes, and which numbers are fine.  ZERO_USUAL: 0 is another way to say that it is as
 * usual; ZERO_MEANS: 0 is recorded.
 */
enum zero { ZERO_WRONG, ZERO_USUAL, ZERO_MEANS };
#define V(m, f, k, in, kind, zero, max)                                                            \
	{                                                                                          \
		offsetof(struct health_opts, m), f, k, in, kind, zero, max                         \
	}
static const struct value {
	size_t offset;
	const char *flag, *key;
	bool startup; /* of the start-up check */
	enum kind kind;
	enum zero zero;
	int64_t max;
} values[] = {
	V(interval, "--health-interval", "Interval", false, DURATION, ZERO_MEANS, INT64_MAX),
	V(timeout, "--health-timeout", "Timeout", false, DURATION, ZERO_USUAL, INT64_MAX),
	V(start_period, "--health-start-period", "StartPeriod", false, DURATION, ZERO_USUAL,
		INT64_MAX),
	V(start_interval, "--health-start-interval", "StartInterval", false, DURATION, ZERO_USUAL,
		INT64_MAX),
	V(retries, "--health-retries", "Retries", false, NUMBER, ZERO_WRONG, INT32_MAX),
	V(startup_interval, "--health-startup-interval", "Interval", true, DURATION, ZERO_MEANS,
		INT64_MAX),
	V(startup_timeout, "--health-startup-timeout", "Timeout", true, DURATION, ZERO_USUAL,
		INT64_MAX),
	V(startup_retries, "--health-startup-retries", "Retries", true, NUMBER, ZERO_USUAL,
		INT32_MAX),
	V(startup_success, "--health-startup-success", "Successes", true, NUMBER, ZERO_USUAL,
		INT32_MAX),
	V(log_count, "--health-max-log-count", "MaxLogCount", false, NUMBER, ZERO_MEANS, INT32_MAX),
	V(log_size, "--health-max-log-size", "MaxLogSize", false, NUMBER, ZERO_MEANS,
		HEALTH_OUTPUT_MAX),
};
#undef V

static const char *given(const struct health_opts *o, const struct value *v)
{
	return *(char *const *)((const char *)o + v->offset);
}

bool health_opts_given(const struct health_opts *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (given(o, &values[i]))
			return true;
	return o->none || o->cmd || o->startup_cmd || o->on_failure || o->log_destination;
}

static size_t text_length(const json_t *list)
{
	size_t i, n = 0;
	json_t *s;

	json_array_foreach (list, i, s)
		n += json_string_length(s) + 1;
	return n;
}

static bool is_none(const json_t *check)
{
	const char *word = json_string_value(json_array_get(json_object_get(check, "Test"), 0));

	return word && strcasecmp(word, "NONE") == 0;
}

void health_opts_image(const json_t *image_config, json_t *record)
{
	static const char *const spans[] = {"Interval", "Timeout", "StartPeriod", "StartInterval"};
	const json_t *check = json_object_get(image_config, "Healthcheck");
	_cleanup_strv_ struct strv test = {0}, shell = {0};
	json_t *j;
	int64_t n;

	json_get_strv(check, "Test", &test);
	if (test.n == 0 || is_none(check))
		return;
	j = json_object();
	json_set_strv(j, "Test", &test);
	json_get_strv(image_config, "Shell", &shell);
	json_set_strv(j, "Shell", &shell);
	if (text_length(json_object_get(j, "Test")) + text_length(json_object_get(j, "Shell")) >
		HEALTH_TEST_MAX) {
		json_decref(j);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		n = json_get_int(check, spans[i], 0);
		if (n >= NS_PER_MS)
			json_object_set_new(j, spans[i], json_integer(n));
	}
	n = json_get_int(check, "Retries", 0);
	if (n > 0 && n <= INT32_MAX)
		json_object_set_new(j, "Retries", json_integer(n));
	json_object_set_new(record, "health", j);
}

/* words between blanks */
static json_t *words(const char *text)
{
	_cleanup_strv_ struct strv all = {0}, some = {0};

	strv_split(&all, text, " \t\n");
	strv_foreach (i, w, &all) {
		if (*w)
			strv_add(&some, w);
	}
	return json_from_strv(&some);
}

/* Return: the list, NULL if it is none of strings alone */
static json_t *list_of(const char *text)
{
	_cleanup_json_ json_t *list = NULL;
	json_t *s;
	size_t i;

	if (*text != '[' || json_parse(text, strlen(text), "the list", &list, NULL) < 0)
		return NULL;
	json_array_foreach (list, i, s)
		if (!json_is_string(s))
			return NULL;
	return json_is_array(list) && json_array_size(list) ? json_incref(list) : NULL;
}

static bool is_word(const char *s)
{
	return strcasecmp(s, "CMD") == 0 || strcasecmp(s, "CMD-SHELL") == 0 ||
	       strcasecmp(s, "NONE") == 0;
}

/* the words are written in capitals, however they were given */
static void capitals(json_t *list)
{
	_cleanup_free_ char *word = xstrdup(json_string_value(json_array_get(list, 0)));

	for (char *p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	json_array_set_new(list, 0, json_string(word));
}

/* A list of one is a line for the shell as well, as podman has it. */
static json_t *test_of(const char *text)
{
	json_t *list = list_of(text);
	const char *rest;

	if (list && is_word(json_string_value(json_array_get(list, 0)))) {
		capitals(list);
		return list;
	}
	if (list && json_array_size(list) > 1) {
		json_array_insert_new(list, 0, json_string("CMD"));
		return list;
	}
	if (list) {
		json_array_insert_new(list, 0, json_string("CMD-SHELL"));
		return list;
	}
	rest = text + strcspn(text, " ");
	if (strncasecmp(text, "CMD ", 4) == 0 || strcasecmp(text, "NONE") == 0) {
		list = words(text);
		capitals(list);
		return list;
	}
	if (strncasecmp(text, "CMD-SHELL ", 10) == 0)
		text = rest + strspn(rest, " ");
	return json_pack("[s, o]", "CMD-SHELL", json_str(text));
}

static int set_test(const char *flag, const char *text, json_t *check, struct err *err)
{
	json_t *test = test_of(text);

	json_object_set_new(check, "Test", test);
	if (json_array_size(test) < 2 || str_empty(json_string_value(json_array_get(test, 1)))) {
		err_say(err, ERR_USAGE, "%s: there is no command in it", flag);
		return err_hint(
			err, "write a line for the shell, or a list: '[\"CMD\", \"/check\"]'");
	}
	if (text_length(test) > HEALTH_TEST_MAX)
		return err_say(err, ERR_USAGE, "%s: the command is longer than %d bytes", flag,
			HEALTH_TEST_MAX);
	return 0;
}

static int set_value(const struct value *v, const char *text, json_t *check, struct err *err)
{
	uint64_t u = 0;
	int64_t n = 0;
	int r;

	if (v->kind == NUMBER) {
		r = parse_u64_max(text, (uint64_t)v->max, &u);
		n = (int64_t)u;
	} else if (v->zero == ZERO_MEANS && str_eq(text, "disable")) {
		r = 0;
	} else {
		r = parse_duration(text, &n);
		if (r == 0 && (n < 0 || (n > 0 && n < NS_PER_MS)))
			r = -EINVAL;
	}
	if (r < 0 || (n == 0 && v->zero == ZERO_WRONG)) {
		err_say(err, ERR_USAGE, "%s '%.40s' is not a %s", v->flag, text,
			v->kind == NUMBER ? "number that it can be" : "duration");
		if (v->kind == DURATION)
			return err_hint(err, "write 30s, 1m30s or 500ms; 1ms at least");
		return err_hint(err, "it is a number from %d to %lld", v->zero == ZERO_WRONG,
			(long long)v->max);
	}
	if (n == 0 && v->zero == ZERO_USUAL)
		json_object_del(check, v->key);
	else
		json_object_set_new(check, v->key, json_integer(n));
	return 0;
}

static int set_action(const char *word, json_t *check, struct err *err)
{
	if (str_eq(word, "none")) {
		json_object_del(check, "OnFailure");
		return 0;
	}
	if (!str_eq(word, "kill") && !str_eq(word, "restart") && !str_eq(word, "stop"))
		return err_say(err, ERR_USAGE,
			"--health-on-failure '%.40s' is not none, kill, restart or stop", word);
	return json_object_set_new(check, "OnFailure", json_string(word));
}

static int set_destination(const char *text, json_t *check, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (str_eq(text, "local")) {
		json_object_del(check, "LogDestination");
		return 0;
	}
	if (str_eq(text, "events_logger"))
		return json_object_set_new(check, "LogDestination", json_string(text));
	path = realpath(text, NULL);
	if (!path || stat(path, &st) < 0)
		err_set(err, errno, "--health-log-destination %s", text);
	else if (!S_ISDIR(st.st_mode))
		err_set(err, ENOTDIR, "--health-log-destination %s", text);
	else {
		json_set_str(check, "LogDestination", path);
		return 0;
	}
	return err_hint(err, "it is local, events_logger, or a directory that is there");
}

static int set_values(const struct health_opts *o, bool startup, json_t *check, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *text = given(o, &values[i]);
		int r;

		if (!text || values[i].startup != startup)
			continue;
		if (!json_object_get(check, "Test")) {
			err_say(err, ERR_USAGE, "%s: there is no %scheck", values[i].flag,
				startup ? "start-up " : "");
			return err_hint(err, "give its command with --health-%scmd",
				startup ? "startup-" : "");
		}
		r = set_value(&values[i], text, check, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_startup(const struct health_opts *o, json_t *check, struct err *err)
{
	json_t *startup = json_object_get(check, "Startup");
	int r = 0;

	startup = startup ? json_copy(startup) : json_object();
	json_object_set_new(check, "Startup", startup);
	if (o->startup_cmd)
		r = set_test("--health-startup-cmd", o->startup_cmd, startup, err);
	if (r == 0)
		r = set_values(o, true, startup, err);
	if (r == 0 && json_object_size(startup) == 0)
		json_object_del(check, "Startup");
	return r;
}

static bool wants_none(const struct health_opts *o)
{
	_cleanup_json_ json_t *test = o->cmd ? json_pack("{s:o}", "Test", test_of(o->cmd)) : NULL;

	return o->none || is_none(test);
}

static int no_check(const struct health_opts *o, json_t *record, struct err *err)
{
	struct health_opts others = *o;

	others.none = false;
	if (!o->none)
		others.cmd = NULL;
	if (health_opts_given(&others)) {
		err_say(err, ERR_USAGE, "no health check is wanted, but it is described");
		return err_hint(err, "give either --no-healthcheck or the other --health options");
	}
	/* what an image has is switched off, visibly */
	if (json_object_get(record, "health"))
		json_object_set_new(record, "health", json_pack("{s:[s]}", "Test", "NONE"));
	return 0;
}

int health_opts_apply(const struct health_opts *o, json_t *record, struct err *err)
{
	json_t *old = json_object_get(record, "health"), *check;
	int r = 0;

	if (!health_opts_given(o))
		return 0;
	if (wants_none(o))
		return no_check(o, record, err);
	check = old && !is_none(old) ? json_copy(old) : json_object();
	json_object_set_new(record, "health", check);
	if (o->cmd) {
		/* the image's shell is for the image's check */
		json_object_del(check, "Shell");
		r = set_test("--health-cmd", o->cmd, check, err);
	}
	if (r == 0 && !json_object_get(check, "Test")) {
		err_say(err, ERR_USAGE, "there is no health check that this could be about");
		r = err_hint(err, "give its command with --health-cmd: neither the image nor the "
				  "container has one");
	}
	if (r == 0)
		r = set_values(o, false, check, err);
	if (r == 0)
		r = set_startup(o, check, err);
	if (r == 0 && o->on_failure)
		r = set_action(o->on_failure, check, err);
	if (r == 0 && o->log_destination)
		r = set_destination(o->log_destination, check, err);
	return r;
}
