#include "cmd/volume_filter.h"

#include "runtime/base/parse.h"

#include <fcntl.h>
#include <regex.h>
#include <time.h>
#include <unistd.h>

/* a volume, and what surrounds it */
struct subject {
	const struct store *s;
	const json_t *record, *users;
};

static bool pair_in(const json_t *pairs, const char *v)
{
	_cleanup_free_ char *key = xstrndup(v, strcspn(v, "="));
	const char *value = json_get_str(pairs, key, NULL);

	return value && (!v[strlen(key)] || str_eq(value, v + strlen(key) + 1));
}

static bool match_name(const struct subject *x, const char *v)
{
	regex_t re;
	bool yes;

	if (regcomp(&re, v, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	yes = regexec(&re, json_get_str(x->record, "name", ""), 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

static bool match_driver(const struct subject *x, const char *v)
{
	return str_eq(json_get_str(x->record, "driver", ""), v);
}

static bool match_scope(const struct subject *x, const char *v)
{
	(void)x;
	return str_eq(v, "local");
}

static bool match_label(const struct subject *x, const char *v)
{
	return pair_in(json_object_get(x->record, "labels"), v);
}

static bool match_no_label(const struct subject *x, const char *v)
{
	return !match_label(x, v);
}

static bool match_opt(const struct subject *x, const char *v)
{
	return pair_in(json_object_get(x->record, "options"), v);
}

static bool is_used(const struct subject *x)
{
	return json_array_size(json_object_get(x->users, json_get_str(x->record, "name", ""))) > 0;
}

static bool match_dangling(const struct subject *x, const char *v)
{
	bool want = false;

	return parse_bool(v, &want) == 0 && want != is_used(x);
}

static bool match_anonymous(const struct subject *x, const char *v)
{
	bool want = false;

	return parse_bool(v, &want) == 0 && want == json_get_bool(x->record, "anonymous", false);
}

static bool created_of(const json_t *record, struct timespec *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return parse_time(json_get_str(record, "created", ""), &now, ret) == 0;
}

static bool match_until(const struct subject *x, const char *v)
{
	struct timespec now, until, created;

	clock_gettime(CLOCK_REALTIME, &now);
	return parse_time(v, &now, &until) == 0 && created_of(x->record, &created) &&
	       created.tv_sec < until.tv_sec;
}

/* made later than another one */
static bool match_since(const struct subject *x, const char *v)
{
	_cleanup_json_ json_t *other = NULL;

	return volume_find(x->s, v, &other, NULL) == 0 &&
	       strcmp(json_get_str(x->record, "created", ""), json_get_str(other, "created", "")) >
		       0;
}

static const struct {
	const char *key;
	bool (*match)(const struct subject *x, const char *value);
	bool all; /* each value has to match */
} keys[] = {
	{"anonymous", match_anonymous, false},
	{"dangling", match_dangling, false},
	{"driver", match_driver, false},
	{"label", match_label, true},
	{"label!", match_no_label, true},
	{"name", match_name, false},
	{"opt", match_opt, true},
	{"scope", match_scope, false},
	{"since", match_since, false},
	{"after", match_since, false},
	{"until", match_until, false},
};

static const char *split(const char *filter, size_t *ret_index)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *rest = str_after(filter, keys[i].key);

		if (rest && *rest == '=') {
			*ret_index = i;
			return rest + 1;
		}
	}
	return NULL;
}

static int check_value(const struct store *s, const char *key, const char *v, struct err *err)
{
	_cleanup_json_ json_t *other = NULL;
	struct timespec now;
	regex_t re;
	bool flag;

	if ((str_eq(key, "dangling") || str_eq(key, "anonymous")) && parse_bool(v, &flag) < 0)
		return err_say(
			err, ERR_USAGE, "filter %s: %.32s is neither true nor false", key, v);
	if (str_eq(key, "since") || str_eq(key, "after"))
		return volume_find(s, v, &other, err);
	if (str_eq(key, "until")) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (parse_time(v, &now, &now) < 0)
			return err_say(err, ERR_USAGE,
				"filter until: %.64s is neither a time nor a duration", v);
	}
	if (str_eq(key, "name")) {
		if (regcomp(&re, v, REG_EXTENDED | REG_NOSUB) != 0)
			return err_say(err, ERR_USAGE,
				"filter name: %.64s is not a regular expression", v);
		regfree(&re);
	}
	return 0;
}

int volume_filter_check(const struct store *s, const struct strv *filters, struct err *err)
{
	strv_foreach (i, filter, filters) {
		size_t key = 0;
		const char *v = split(filter, &key);
		int r;

		if (!v) {
			err_say(err, ERR_USAGE, "%.64s is not a filter", filter);
			return err_hint(
				err, "filters are KEY=VALUE, with the keys " VOLUME_FILTERS);
		}
		r = check_value(s, keys[key].key, v, err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool volume_filter_match(const struct store *s, const struct strv *filters, const json_t *record,
	const json_t *users)
{
	const struct subject x = {s, record, users};
	bool asked[ARRAY_SIZE(keys)] = {false}, fits[ARRAY_SIZE(keys)] = {false};

	strv_foreach (i, filter, filters) {
		size_t key = 0;
		const char *v = split(filter, &key);
		bool yes = v && keys[key].match(&x, v);

		if (keys[key].all && asked[key] && !fits[key])
			yes = false;
		fits[key] = keys[key].all ? yes : fits[key] || yes;
		asked[key] = true;
	}
	for (size_t key = 0; key < ARRAY_SIZE(keys); key++)
		if (asked[key] && !fits[key])
			return false;
	return true;
}

static json_t *map_of(const json_t *record, const char *key)
{
	json_t *j = json_object_get(record, key);

	return json_is_object(j) ? json_incref(j) : json_object();
}

json_t *volume_shown(const struct store *s, const json_t *record, const json_t *users)
{
	const char *name = json_get_str(record, "name", "");
	_cleanup_free_ char *path = volume_path(s, name), *fresh = NULL;
	bool plain = !*volume_type(record);
	json_t *j = json_object();

	fresh = xasprintf("volumes/%s/" VOLUME_FRESH, name);
	json_set_str(j, "Name", name);
	json_set_str(j, "Driver", json_get_str(record, "driver", ""));
	json_set_str(j, "Mountpoint", path);
	json_set_str(j, "CreatedAt", json_get_str(record, "created", ""));
	json_object_set_new(j, "Labels", map_of(record, "labels"));
	json_set_str(j, "Scope", "local");
	json_object_set_new(j, "Options", map_of(record, "options"));
	json_object_set_new(j, "UID", json_integer(json_get_int(record, "uid", 0)));
	json_object_set_new(j, "GID", json_integer(json_get_int(record, "gid", 0)));
	json_object_set_new(
		j, "Anonymous", json_boolean(json_get_bool(record, "anonymous", false)));
	json_object_set_new(j, "MountCount",
		json_integer((json_int_t)json_array_size(json_object_get(users, name))));
	json_object_set_new(j, "NeedsCopyUp",
		json_boolean(plain && faccessat(s->fd, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0));
	return j;
}
