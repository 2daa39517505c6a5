#include "cmd/change.h"

#include "runtime/base/parse.h"
#include "runtime/base/path.h"

#include <ctype.h>
#include <strings.h>

static int bad(struct err *err, const char *text, const char *why)
{
	return err_say(err, ERR_USAGE, "--change \"%.200s\": %s", text, why);
}

/* Words as in a Containerfile: blanks separate, quotes and backslashes keep together.  Return: false for an open quote */
static bool split_words(const char *s, struct strv *ret)
{
	for (;;) {
		_cleanup_buf_ struct buf word = {0};
		char quote = '\0';

		while (isspace((unsigned char)*s))
			s++;
		if (!*s)
			return true;
		for (; *s && (quote || !isspace((unsigned char)*s)); s++) {
			if (quote && *s == quote)
				quote = '\0';
			else if (!quote && (*s == '"' || *s == '\''))
				quote = *s;
			else if (*s == '\\' && quote != '\'' && s[1])
				buf_addc(&word, *++s);
			else
				buf_addc(&word, *s);
		}
		if (quote)
			return false;
		strv_take(ret, buf_take(&word));
	}
}

/* the exec form, ["a", "b"]; NULL if it is not one */
static json_t *exec_form(const char *value)
{
	json_t *j, *item;
	size_t i;

	if (*value != '[' || json_parse(value, strlen(value), "", &j, NULL) < 0)
		return NULL;
	json_array_foreach (j, i, item)
		if (!json_is_string(item)) {
			json_decref(j);
			return NULL;
		}
	return j;
}

static json_t *member(json_t *config, const char *key)
{
	json_t *j = json_object_get(config, key);

	if (!j) {
		j = json_object();
		json_object_set_new(config, key, j);
	}
	return j;
}

static int set_command(json_t *config, const char *key, const char *value)
{
	json_t *j = exec_form(value);

	if (!j) {
		j = json_pack("[s,s]", "/bin/sh", "-c");
		json_array_append_new(j, json_str(value));
	}
	return json_object_set_new(config, key, j);
}

/* KEY=VALUE words, or the old "KEY VALUE" */
static int split_pairs(const char *text, const char *value, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};

	if (!split_words(value, &words) || !words.n)
		return bad(err, text, "a quote is not closed, or nothing is set");
	if (!strchr(words.v[0], '=')) {
		const char *rest = value + strcspn(value, " \t");

		if (!*rest)
			return bad(err, text, "KEY=VALUE is needed");
		strv_addf(ret, "%s=%s", words.v[0], rest + strspn(rest, " \t"));
		return 0;
	}
	strv_foreach (i, word, &words) {
		if (!strchr(word, '=') || *word == '=')
			return bad(err, text, "KEY=VALUE is needed");
		strv_add(ret, word);
	}
	return 0;
}

static int set_env(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv pairs = {0}, env = {0};
	int r = split_pairs(text, value, &pairs, err);

	if (r < 0)
		return r;
	json_get_strv(config, "Env", &env);
	strv_foreach (i, pair, &pairs) {
		const char *eq = strchr(pair, '=');
		_cleanup_free_ char *key = xstrndup(pair, (size_t)(eq - pair));

		strv_set_key(&env, key, eq + 1);
	}
	json_object_set_new(config, "Env", json_from_strv(&env));
	return 0;
}

static int set_labels(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv pairs = {0};
	int r = split_pairs(text, value, &pairs, err);

	if (r < 0)
		return r;
	strv_foreach (i, pair, &pairs) {
		const char *eq = strchr(pair, '=');
		_cleanup_free_ char *key = xstrndup(pair, (size_t)(eq - pair));

		json_set_str(member(config, "Labels"), key, eq + 1);
	}
	return 0;
}

static int set_ports(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};

	if (!split_words(value, &words) || !words.n)
		return bad(err, text, "a port is needed");
	strv_foreach (i, word, &words) {
		_cleanup_free_ char *port = xstrdup(word), *key = NULL;
		char *proto = strchr(port, '/');
		uint64_t n;

		if (proto)
			*proto++ = '\0';
		else
			proto = (char *)"tcp";
		if (parse_u64_max(port, 65535, &n) < 0 || n == 0 ||
			(!str_eq(proto, "tcp") && !str_eq(proto, "udp") && !str_eq(proto, "sctp")))
			return bad(err, text,
				"a port is 1 to 65535 with an optional /tcp, /udp or /sctp");
		key = xasprintf("%s/%s", port, proto);
		json_object_set_new(member(config, "ExposedPorts"), key, json_object());
	}
	return 0;
}

static int set_volumes(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv paths = {0};
	_cleanup_json_ json_t *list = exec_form(value);
	json_t *item;
	size_t k;

	if (list) {
		json_array_foreach (list, k, item)
			strv_add(&paths, json_string_value(item));
	} else if (!split_words(value, &paths)) {
		return bad(err, text, "a quote is not closed");
	}
	if (!paths.n)
		return bad(err, text, "a path is needed");
	strv_foreach (i, path, &paths) {
		if (!path_is_abs(path))
			return bad(err, text, "a volume's path must be absolute");
		json_object_set_new(member(config, "Volumes"), path, json_object());
	}
	return 0;
}

static int set_stop_signal(json_t *config, const char *text, const char *value, struct err *err)
{
	int sig;

	if (parse_signal(value, &sig) < 0)
		return bad(err, text, "unknown signal");
	json_set_str(config, "StopSignal", value);
	return 0;
}

static int add_trigger(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_strv_ struct strv triggers = {0};

	for (const char *const *no = (const char *const[]){"ONBUILD", "FROM", "MAINTAINER", NULL};
		*no; no++) {
		size_t n = strlen(*no);

		if (strncasecmp(value, *no, n) == 0 &&
			(!value[n] || isspace((unsigned char)value[n])))
			return bad(err, text, "this instruction cannot be a trigger");
	}
	json_get_strv(config, "OnBuild", &triggers);
	strv_add(&triggers, value);
	return json_object_set_new(config, "OnBuild", json_from_strv(&triggers));
}

/* one --OPTION=VALUE of HEALTHCHECK */
static int set_check_option(json_t *check, const char *text, const char *option, struct err *err)
{
	static const char *const names[][2] = {{"interval", "Interval"}, {"timeout", "Timeout"},
		{"start-period", "StartPeriod"}, {"start-interval", "StartInterval"}};
	const char *value = strchr(option, '=');
	int64_t n;

	if (!value)
		return bad(err, text, "options of HEALTHCHECK are --NAME=VALUE");
	value++;
	if (str_after(option, "retries=")) {
		if (parse_i64(value, &n) < 0 || n < 1)
			return bad(err, text, "--retries is a number from 1 on");
		return json_object_set_new(check, "Retries", json_integer(n));
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *rest = str_after(option, names[i][0]);

		if (!rest || *rest != '=')
			continue;
		if (parse_duration(value, &n) < 0 || n < 0)
			return bad(err, text, "the value is a duration such as 30s");
		return json_object_set_new(check, names[i][1], json_integer(n));
	}
	return bad(err, text,
		"HEALTHCHECK has --interval, --timeout, --start-period, --start-interval and "
		"--retries");
}

/* "[--OPTION=VALUE…] CMD command", or "NONE" */
static int set_check(json_t *config, const char *text, const char *value, struct err *err)
{
	_cleanup_json_ json_t *check = json_object();
	json_t *test;

	while (str_after(value, "--")) {
		size_t n = strcspn(value, " \t");
		_cleanup_free_ char *option = xstrndup(value + 2, n - 2);
		int r = set_check_option(check, text, option, err);

		if (r < 0)
			return r;
		value += n + strspn(value + n, " \t");
	}
	if (strcasecmp(value, "NONE") == 0 && json_object_size(check) == 0)
		return json_object_set_new(
			config, "Healthcheck", json_pack("{s:[s]}", "Test", "NONE"));
	if (strncasecmp(value, "CMD", 3) != 0 || !isspace((unsigned char)value[3]))
		return bad(err, text, "HEALTHCHECK is NONE, or CMD and a command");
	value += 4 + strspn(value + 4, " \t");
	test = exec_form(value);
	if (test)
		json_array_insert_new(test, 0, json_string("CMD"));
	else
		test = json_pack("[s,o]", "CMD-SHELL", json_str(value));
	json_object_set_new(check, "Test", test);
	return json_object_set(config, "Healthcheck", check);
}

static int apply(
	json_t *config, const char *name, const char *text, const char *value, struct err *err)
{
	if (strcasecmp(name, "CMD") == 0)
		return set_command(config, "Cmd", value);
	if (strcasecmp(name, "ENTRYPOINT") == 0)
		return set_command(config, "Entrypoint", value);
	if (strcasecmp(name, "ENV") == 0)
		return set_env(config, text, value, err);
	if (strcasecmp(name, "EXPOSE") == 0)
		return set_ports(config, text, value, err);
	if (strcasecmp(name, "HEALTHCHECK") == 0)
		return set_check(config, text, value, err);
	if (strcasecmp(name, "ONBUILD") == 0)
		return add_trigger(config, text, value, err);
	if (strcasecmp(name, "LABEL") == 0)
		return set_labels(config, text, value, err);
	if (strcasecmp(name, "STOPSIGNAL") == 0)
		return set_stop_signal(config, text, value, err);
	if (strcasecmp(name, "USER") == 0) {
		json_set_str(config, "User", value);
		return 0;
	}
	if (strcasecmp(name, "VOLUME") == 0)
		return set_volumes(config, text, value, err);
	if (strcasecmp(name, "WORKDIR") == 0) {
		if (!path_is_abs(value))
			return bad(err, text, "the path must be absolute");
		json_set_str(config, "WorkingDir", value);
		return 0;
	}
	return bad(err, text,
		"not one of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, "
		"USER, VOLUME, WORKDIR");
}

int change_apply(json_t *config, const char *text, struct err *err)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	_cleanup_free_ char *name = xstrndup(text, n), *value = NULL;
	size_t len;

	if (!n || (text[n] != ' ' && text[n] != '\t' && text[n] != '='))
		return bad(err, text, "an instruction and a value are needed");
	value = xstrdup(text + n + 1 + strspn(text + n + 1, " \t"));
	len = strlen(value);
	while (len && isspace((unsigned char)value[len - 1]))
		value[--len] = '\0';
	if (!len)
		return bad(err, text, "the value is empty");
	return apply(config, name, text, value, err);
}
