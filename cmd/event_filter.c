#include "cmd/event_filter.h"

#include "cmd/filter.h"

#include "storage/ref.h"

static bool is_type(const json_t *e, const char *type)
{
	return str_eq(json_get_str(e, "type", NULL), type);
}

static bool is_object(const json_t *e, const char *type, const char *v)
{
	const char *id = json_get_str(e, "id", "");

	return is_type(e, type) && *v &&
	       (str_eq(json_get_str(e, "name", NULL), v) || str_after(id, v));
}

static bool match_container(const json_t *e, const char *v)
{
	return is_object(e, "container", v);
}

static bool match_pod(const json_t *e, const char *v)
{
	return is_object(e, "pod", v);
}

/* by how its name begins, too, as podman has it */
static bool match_volume(const json_t *e, const char *v)
{
	return is_object(e, "volume", v) ||
	       (is_type(e, "volume") && *v && str_after(json_get_str(e, "name", ""), v));
}

static bool match_network(const json_t *e, const char *v)
{
	return is_object(e, "network", v);
}

static bool match_secret(const json_t *e, const char *v)
{
	return is_object(e, "secret", v);
}

/* "alpine" and "docker.io/library/alpine:latest" are one name */
static bool is_image_name(const char *name, const char *v)
{
	_cleanup_(ref_done) struct ref a = {0}, b = {0};
	_cleanup_free_ char *x = NULL, *y = NULL;

	if (!name)
		return false;
	if (str_eq(name, v))
		return true;
	if (ref_parse(name, &a, NULL) < 0 || ref_parse(v, &b, NULL) < 0)
		return false;
	x = ref_format(&a);
	y = ref_format(&b);
	return str_eq(x, y);
}

/* those of the image itself and, as docker has it, of containers that are made of it */
static bool match_image(const json_t *e, const char *v)
{
	return is_object(e, "image", v) ||
	       is_image_name(json_get_str(e, is_type(e, "image") ? "name" : "image", NULL), v);
}

/* docker's word for an event, as podman and rl call it */
static const char *own_word(const char *v)
{
	static const char *const words[][2] = {{"die", "died"}, {"destroy", "remove"},
		{"delete", "remove"}, {"exec_die", "exec_died"}, {"exec_start", "exec"},
		{"load", "loadfromarchive"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(v, words[i][0]))
			return words[i][1];
	return v;
}

static bool match_artifact(const json_t *e, const char *v)
{
	return is_object(e, "artifact", v);
}

static bool match_event(const json_t *e, const char *v)
{
	return str_eq(json_get_str(e, "action", NULL), own_word(v));
}

static bool match_type(const json_t *e, const char *v)
{
	return is_type(e, v);
}

static bool match_id(const json_t *e, const char *v)
{
	return *v && str_after(json_get_str(e, "id", ""), v);
}

static bool match_name(const json_t *e, const char *v)
{
	return str_eq(json_get_str(e, "name", NULL), v);
}

static bool match_label(const json_t *e, const char *v)
{
	return filter_label(json_object_get(e, "labels"), v);
}

static bool match_scope(const json_t *e, const char *v)
{
	(void)e;
	return str_eq(v, "local");
}

static const struct filter {
	const char *key;
	bool (*match)(const json_t *e, const char *v);
	bool each; /* several values all have to match */
} filters_known[] = {{"artifact", match_artifact, false}, {"container", match_container, false},
	{"event", match_event, false}, {"status", match_event, false}, {"id", match_id, false},
	{"image", match_image, false}, {"label", match_label, true}, {"name", match_name, false},
	{"network", match_network, false}, {"pod", match_pod, false}, {"scope", match_scope, false},
	{"secret", match_secret, false}, {"type", match_type, false},
	{"volume", match_volume, false}};

static const struct filter *find(const char *text, const char **ret_value)
{
	const char *eq = strchr(text, '=');

	for (size_t i = 0; eq && i < ARRAY_SIZE(filters_known); i++) {
		const char *key = filters_known[i].key;

		if (strlen(key) == (size_t)(eq - text) &&
			strncasecmp(key, text, strlen(key)) == 0) {
			*ret_value = eq + 1;
			return &filters_known[i];
		}
	}
	return NULL;
}

int event_filter_check(const struct strv *filters, struct err *err)
{
	const char *value;

	strv_foreach (i, text, filters) {
		if (!strchr(text, '=')) {
			err_say(err, ERR_USAGE, "--filter '%.80s' is not KEY=VALUE", text);
			return err_hint(err, "for example --filter event=died");
		}
		if (!find(text, &value)) {
			err_say(err, ERR_USAGE, "--filter '%.80s': there is no such filter", text);
			return err_hint(err, "there are artifact, container, event, id, image, "
					     "label, name, network, pod, "
					     "scope, secret, status, type and volume");
		}
	}
	return 0;
}

/* whether one of the values given for this filter matches, or all of them where that is asked */
static bool match_key(const struct strv *filters, const struct filter *f, const json_t *event)
{
	bool any = false, all = true;
	const char *value;

	strv_foreach (i, text, filters) {
		if (find(text, &value) != f)
			continue;
		if (f->match(event, value))
			any = true;
		else
			all = false;
	}
	return f->each ? all : any;
}

bool event_filter_match(const struct strv *filters, const json_t *event)
{
	const char *value;

	strv_foreach (i, text, filters) {
		const struct filter *f = find(text, &value);

		if (f && !match_key(filters, f, event))
			return false;
	}
	return true;
}
