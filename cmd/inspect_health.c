#include "cmd/inspect.h"

#include "runtime/health_record.h"

json_t *inspect_health(const struct container *c)
{
	json_t *j = health_read(c);

	json_object_del(j, "version");
	return j;
}

/* as an image's configuration has it: durations in ns, what is as usual left out */
static json_t *check_of(const json_t *health)
{
	static const char *const keys[] = {"Test", "Interval", "Timeout", "StartPeriod",
		"StartInterval", "Retries", "Successes"};
	json_t *out = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(health, keys[i]))
			json_object_set(out, keys[i], json_object_get(health, keys[i]));
	return out;
}

static void set_number(json_t *out, const char *key, int64_t n)
{
	json_object_set_new(out, key, json_integer((json_int_t)n));
}

/* with its numbers, also where they are as usual */
static json_t *whole_check(const json_t *health, const struct health_timing *t)
{
	json_t *out = check_of(health);

	set_number(out, "Interval", t->interval * 1000000);
	set_number(out, "Timeout", t->timeout * 1000000);
	if (t->retries)
		set_number(out, "Retries", t->retries);
	return out;
}

void inspect_health_config(const json_t *record, json_t *out)
{
	const json_t *health = json_object_get(record, "health");
	struct health_conf conf;

	/* scripts ask {{if .Config.Healthcheck}} */
	json_object_set_new(out, "Healthcheck", json_null());
	json_object_set_new(out, "StartupHealthCheck", json_null());
	if (!health)
		return;
	health_conf_read(record, &conf);
	json_object_set_new(
		out, "Healthcheck", conf.on ? whole_check(health, &conf.usual) : check_of(health));
	if (!conf.on)
		return;
	if (conf.startup)
		json_object_set_new(out, "StartupHealthCheck",
			whole_check(json_object_get(health, "Startup"), &conf.first));
	json_set_str(out, "HealthcheckOnFailureAction", json_get_str(health, "OnFailure", "none"));
	json_set_str(out, "HealthLogDestination", json_get_str(health, "LogDestination", "local"));
	set_number(out, "HealthcheckMaxLogCount", conf.log_count);
	set_number(
		out, "HealthcheckMaxLogSize", json_get_int(health, "MaxLogSize", HEALTH_LOG_SIZE));
}

json_t *inspect_health_image(const json_t *record)
{
	const json_t *health = json_object_get(record, "health");

	return health ? check_of(health) : NULL;
}
