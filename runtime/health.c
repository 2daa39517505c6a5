#include "runtime/health.h"

#define NS_PER_MS 1000000

/* ms of a member in ns; @dflt if it is missing or shorter than can be waited for */
static int64_t ms_of(const json_t *j, const char *key, int64_t dflt)
{
	int64_t ns = json_get_int(j, key, 0);

	return ns < NS_PER_MS ? dflt : ns / NS_PER_MS;
}

static unsigned number_of(const json_t *j, const char *key, unsigned dflt)
{
	int64_t n = json_get_int(j, key, dflt);

	return n < 0 || n > INT32_MAX ? dflt : (unsigned)n;
}

static struct health_timing timing_of(const json_t *j)
{
	const json_t *interval = json_object_get(j, "Interval");
	struct health_timing t = {.interval = ms_of(j, "Interval", HEALTH_INTERVAL),
		.timeout = ms_of(j, "Timeout", HEALTH_TIMEOUT),
		.retries = number_of(j, "Retries", 0)};

	if (json_is_integer(interval) && json_integer_value(interval) == 0)
		t.interval = 0;
	return t;
}

static enum health_action action_of(const char *word)
{
	return str_eq(word, "kill")	 ? HEALTH_KILL
	       : str_eq(word, "restart") ? HEALTH_RESTART
	       : str_eq(word, "stop")	 ? HEALTH_STOP
					 : HEALTH_NOTHING;
}

static bool has_command(const json_t *check)
{
	_cleanup_strv_ struct strv test = {0};

	json_get_strv(check, "Test", &test);
	return test.n > 0 && !str_eq(test.v[0], "NONE");
}

void health_conf_read(const json_t *record, struct health_conf *ret)
{
	const json_t *j = json_object_get(record, "health"), *startup;

	*ret = (struct health_conf){0};
	if (!j || !has_command(j))
		return;
	startup = json_object_get(j, "Startup");
	ret->on = true;
	ret->startup = has_command(startup);
	ret->usual = timing_of(j);
	if (ret->usual.retries == 0)
		ret->usual.retries = HEALTH_RETRIES;
	ret->first = timing_of(startup);
	ret->successes = number_of(startup, "Successes", 1);
	ret->start_period = ms_of(j, "StartPeriod", 0);
	ret->start_interval = ms_of(j, "StartInterval", 0);
	/* who looks more often anyway does so from the beginning */
	if (ret->start_interval == 0)
		ret->start_interval =
			ret->usual.interval && ret->usual.interval < HEALTH_START_INTERVAL
				? ret->usual.interval
				: HEALTH_START_INTERVAL;
	ret->action = action_of(json_get_str(j, "OnFailure", ""));
	ret->events = str_eq(json_get_str(j, "LogDestination", ""), "events_logger");
	ret->log_count = number_of(j, "MaxLogCount", HEALTH_LOG_COUNT);
	ret->log_size = number_of(j, "MaxLogSize", HEALTH_LOG_SIZE);
	if (ret->log_size == 0 || ret->log_size > HEALTH_OUTPUT_MAX)
		ret->log_size = HEALTH_OUTPUT_MAX;
}

const char *health_status_name(enum health_status s)
{
	return s == HEALTH_HEALTHY ? "healthy" : s == HEALTH_UNHEALTHY ? "unhealthy" : "starting";
}

bool health_is_startup(const struct health *h, const struct health_conf *c)
{
	return c->startup && !h->begun;
}

const struct health_timing *health_timing(const struct health *h, const struct health_conf *c)
{
	return health_is_startup(h, c) ? &c->first : &c->usual;
}

/* as long as nothing has succeeded, and it is given time */
static bool in_start_period(const struct health *h, const struct health_conf *c, int64_t ran)
{
	return h->status == HEALTH_STARTING && ran < c->start_period;
}

int64_t health_pause(const struct health *h, const struct health_conf *c, int64_t ran)
{
	int64_t interval = health_timing(h, c)->interval;

	if (interval == 0 || health_is_startup(h, c))
		return interval;
	return in_start_period(h, c, ran) ? c->start_interval : interval;
}

bool health_is_lenient(const struct health *h, const struct health_conf *c, int64_t ran)
{
	return !health_is_startup(h, c) && in_start_period(h, c, ran);
}

/* all the while it is starting; what comes then is the check itself */
static enum health_action count_startup(
	struct health *h, const struct health_conf *c, bool passed, bool lenient)
{
	if (passed) {
		h->begun = ++h->passes >= c->successes;
		return HEALTH_NOTHING;
	}
	h->passes = 0;
	if (!lenient)
		h->tries++;
	return c->first.retries && h->tries >= c->first.retries ? HEALTH_RESTART : HEALTH_NOTHING;
}

enum health_action health_count(
	struct health *h, const struct health_conf *c, bool passed, bool lenient)
{
	if (health_is_startup(h, c))
		return count_startup(h, c, passed, lenient);
	if (passed) {
		h->streak = 0;
		h->status = HEALTH_HEALTHY;
		return HEALTH_NOTHING;
	}
	if (lenient)
		return HEALTH_NOTHING;
	if (h->streak < UINT32_MAX)
		h->streak++;
	if (h->streak < c->usual.retries)
		return HEALTH_NOTHING;
	h->status = HEALTH_UNHEALTHY;
	return c->action;
}

void health_command(const json_t *record, bool startup, struct strv *ret)
{
	const json_t *j = json_object_get(record, "health");
	_cleanup_strv_ struct strv test = {0}, shell = {0};
	_cleanup_free_ char *text = NULL;
	size_t skip;

	json_get_strv(j, "Shell", &shell);
	json_get_strv(startup ? json_object_get(j, "Startup") : j, "Test", &test);
	/* without a word in front of it, a list is a command */
	skip = test.n && (str_eq(test.v[0], "CMD") || str_eq(test.v[0], "CMD-SHELL"));
	if (!skip || str_eq(test.v[0], "CMD")) {
		for (size_t i = skip; i < test.n; i++)
			strv_add(ret, test.v[i]);
		return;
	}
	if (shell.n == 0)
		strv_split(&shell, "/bin/sh -c", " ");
	strv_addv(ret, &shell);
	text = strv_join(&(struct strv){.v = test.v + 1, .n = test.n - 1}, " ");
	strv_add(ret, text ? text : "");
}
