#include "cmd/commit_config.h"

#include "cmd/inspect.h"
#include "runtime/base/fs.h"

#include <fcntl.h>

static json_t *member(json_t *config, const char *key)
{
	json_t *j = json_object_get(config, key);

	if (!json_is_object(j)) {
		j = json_object();
		json_object_set_new(config, key, j);
	}
	return j;
}

/* what the container was given, or nothing: what the image says was replaced */
static void set_or_drop(json_t *config, const char *key, const json_t *value)
{
	if (value)
		json_object_set(config, key, (json_t *)(uintptr_t)value);
	else
		json_object_del(config, key);
}

/* what rl adds to every environment would be wrong in the next container */
static bool is_ours(const char *pair, const char *hostname, bool tty)
{
	const char *name = str_after(pair, "HOSTNAME=");

	return (name && str_eq(name, hostname)) || (tty && str_eq(pair, "TERM=xterm")) ||
	       str_eq(pair, "container=rl");
}

static void set_env(json_t *config, const json_t *process, const json_t *record)
{
	const char *hostname = json_get_str(json_object_get(record, "config"), "Hostname", "");
	bool tty = json_get_bool(process, "terminal", false);
	_cleanup_strv_ struct strv now = {0}, env = {0}, host = {0};

	json_get_strv(process, "env", &now);
	json_get_strv(record, "hostEnv", &host);
	strv_foreach (i, pair, &now) {
		_cleanup_free_ char *name = xstrndup(pair, strcspn(pair, "="));

		if (!is_ours(pair, hostname, tty) && !strv_has(&host, name))
			strv_add(&env, pair);
	}
	json_object_del(config, "Env");
	json_set_strv(config, "Env", &env);
}

static void set_ports(json_t *config, const json_t *record)
{
	const json_t *network = json_object_get(record, "network"), *port;
	size_t i;

	json_array_foreach (json_object_get(network, "ports"), i, port) {
		_cleanup_free_ char *key =
			xasprintf("%d/%s", (int)json_get_int(port, "containerPort", 0),
				json_get_str(port, "protocol", "tcp"));

		json_object_set_new(member(config, "ExposedPorts"), key, json_object());
	}
}

static void set_labels(json_t *config, const json_t *record)
{
	json_t *labels = json_object_get(record, "labels"), *value;
	const char *key;

	json_object_foreach (labels, key, value)
		json_object_set(member(config, "Labels"), key, value);
}

static void set_health(json_t *config, const json_t *record)
{
	json_t *health = inspect_health_image(record);

	if (health)
		json_object_set_new(config, "Healthcheck", health);
}

/* "SOURCE:TARGET:OPTIONS", as they are recorded */
static void set_volumes(json_t *config, const json_t *record)
{
	_cleanup_strv_ struct strv binds = {0};

	json_get_strv(json_object_get(record, "hostConfig"), "Binds", &binds);
	strv_foreach (i, bind, &binds) {
		_cleanup_free_ char *text = xstrdup(bind);
		char *options = strrchr(text, ':'), *target;

		if (!options)
			continue;
		*options = '\0';
		target = strrchr(text, ':');
		if (target)
			json_object_set_new(member(config, "Volumes"), target + 1, json_object());
	}
}

int commit_config(const struct container *c, const struct image *img, bool volumes, json_t **ret,
	struct err *err)
{
	const json_t *given = json_object_get(c->record, "config"), *process;
	json_t *of_image = img ? json_object_get(img->config, "config") : NULL;
	_cleanup_json_ json_t *spec = NULL, *config = json_is_object(of_image)
							      ? json_deep_copy(of_image)
							      : json_object();
	int r = container_config(c, &spec, err);

	if (r < 0)
		return r;
	process = json_object_get(spec, "process");
	set_or_drop(config, "Entrypoint", json_object_get(given, "Entrypoint"));
	set_or_drop(config, "Cmd", json_object_get(given, "Cmd"));
	set_env(config, process, c->record);
	set_ports(config, c->record);
	set_labels(config, c->record);
	set_health(config, c->record);
	/* the user that keep-id chose is the host's business */
	if (!json_get_bool(given, "UserKept", false))
		json_set_str(config, "User", json_get_str(given, "User", NULL));
	json_set_str(config, "WorkingDir", json_get_str(process, "cwd", NULL));
	if (volumes)
		set_volumes(config, c->record);
	*ret = take_ptr(config);
	return 0;
}

/* the type that a member must have; false for a name that no image has */
static bool member_type(const char *key, json_type *ret)
{
	static const struct {
		const char *key;
		json_type type;
	} known[] = {
		{"Cmd", JSON_ARRAY},
		{"Entrypoint", JSON_ARRAY},
		{"Env", JSON_ARRAY},
		{"ExposedPorts", JSON_OBJECT},
		{"Healthcheck", JSON_OBJECT},
		{"Labels", JSON_OBJECT},
		{"OnBuild", JSON_ARRAY},
		{"Shell", JSON_ARRAY},
		{"StopSignal", JSON_STRING},
		{"User", JSON_STRING},
		{"Volumes", JSON_OBJECT},
		{"WorkingDir", JSON_STRING},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!str_eq(known[i].key, key))
			continue;
		*ret = known[i].type;
		return true;
	}
	return false;
}

static void merge_env(json_t *config, const json_t *over)
{
	_cleanup_strv_ struct strv env = {0}, new = {0};

	json_get_strv(config, "Env", &env);
	json_get_strv(over, "Env", &new);
	strv_foreach (i, pair, &new) {
		const char *eq = strchr(pair, '=');
		_cleanup_free_ char *key = xstrndup(pair, eq ? (size_t)(eq - pair) : strlen(pair));

		strv_set_key(&env, key, eq ? eq + 1 : "");
	}
	json_set_strv(config, "Env", &env);
}

int commit_config_merge(json_t *config, const char *path, struct err *err)
{
	_cleanup_json_ json_t *over = NULL;
	json_t *value;
	const char *key;
	int r = json_read_at(AT_FDCWD, path, &over, err);

	if (r < 0)
		return err_wrap(err, "--config");
	json_object_foreach (over, key, value) {
		json_type type;

		if (json_is_null(value))
			continue;
		if (!member_type(key, &type))
			return err_say(err, ERR_USAGE,
				"--config %s: an image's configuration has no \"%.60s\"", path,
				key);
		if (json_typeof(value) != type)
			return err_say(err, ERR_USAGE, "--config %s: \"%s\" is of the wrong type",
				path, key);
		if (str_eq(key, "Env"))
			merge_env(config, over);
		else if (type == JSON_OBJECT && !str_eq(key, "Healthcheck"))
			json_object_update(member(config, key), value);
		else
			json_object_set(config, key, value);
	}
	return json_is_object(over)
		       ? 0
		       : err_say(err, ERR_USAGE, "--config %s: a JSON object is needed", path);
}
