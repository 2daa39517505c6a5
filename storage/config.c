#include "storage/config.h"

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/path.h"
#include "storage/toml.h"
#include "userns/account.h"

#include <fcntl.h>
#include <stdlib.h>

#define CONF_CAP ((size_t)1 << 20)
#define SYSTEM	 "/etc/rl/rl.conf"

void config_done(struct config *c)
{
	strv_done(&c->shared);
	json_decref(c->containers);
	c->containers = NULL;
}

static int bad_stores(const char *what, struct err *err)
{
	err_say(err, EINVAL,
		"%s: additionalimagestores is not a list of absolute paths of directories", what);
	return err_hint(err, "additionalimagestores = [\"/srv/rl\"] below [storage]");
}

static int add_stores(struct config *c, const json_t *table, const char *what, struct err *err)
{
	json_t *stores = json_object_get(table, "additionalimagestores"), *path;
	size_t i;

	if (!stores)
		return 0;
	if (!json_is_array(stores))
		return bad_stores(what, err);
	json_array_foreach (stores, i, path) {
		if (!path_is_abs(json_string_value(path)))
			return bad_stores(what, err);
	}
	strv_done(&c->shared);
	json_get_strv(table, "additionalimagestores", &c->shared);
	return 0;
}

static int add_manager(struct config *c, const json_t *table, const char *what, struct err *err)
{
	static const char *const known[] = {"systemd", "cgroupfs"};
	const json_t *manager = json_object_get(table, "cgroup_manager");

	if (!manager)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(json_string_value(manager), known[i])) {
			c->cgroup_manager = known[i];
			return 0;
		}
	err_say(err, EINVAL, "%s: cgroup_manager is not \"systemd\" or \"cgroupfs\"", what);
	return err_hint(err, "cgroup_manager = \"systemd\" below [engine]");
}

static int add_logger(struct config *c, const json_t *table, const char *what, struct err *err)
{
	const json_t *logger = json_object_get(table, "events_logger");
	const char *name = json_string_value(logger);

	if (!logger)
		return 0;
	if (!str_eq(name, "file") && !str_eq(name, "none")) {
		err_say(err, EINVAL, "%s: events_logger is not \"file\" or \"none\"", what);
		return err_hint(err, "events_logger = \"file\" below [engine]");
	}
	c->no_events = str_eq(name, "none");
	return 0;
}

static int add_engine(struct config *c, const json_t *table, const char *what, struct err *err)
{
	int r = add_logger(c, table, what, err);

	return r < 0 ? r : add_manager(c, table, what, err);
}

static bool all_strings(const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (!json_is_string(one))
			return false;
	return json_is_array(list);
}

static int add_containers(struct config *c, const json_t *table, const char *what, struct err *err)
{
	const char *key;
	json_t *value;

	if (table && !c->containers)
		c->containers = json_object();
	json_object_foreach ((json_t *)(uintptr_t)table, key, value) {
		bool list = str_eq(key, "env") || str_eq(key, "default_ulimits") ||
			    str_eq(key, "cgroup_conf"),
		     number = str_eq(key, "pids_limit");

		if (list	 ? !all_strings(value)
			: number ? !json_is_integer(value) || json_integer_value(value) < -1
				 : !json_is_string(value))
			return err_say(err, EINVAL, "%s: containers.%s is not %s", what, key,
				list	 ? "a list of strings"
				: number ? "a number, 0 for no limit"
					 : "a string");
		json_object_set(c->containers, key, value);
	}
	return 0;
}

int config_add(struct config *c, const char *text, const char *what, struct err *err)
{
	static const char *const known[] = {"storage", "storage.additionalimagestores", "engine",
		"engine.events_logger", "engine.cgroup_manager", "containers",
		"containers.cgroup_conf", "containers.cgroupns", "containers.cgroups",
		"containers.env", "containers.default_ulimits", "containers.log_driver",
		"containers.network", "containers.pids_limit", "containers.tz", "containers.umask",
		"containers.userns", NULL};
	static const struct {
		const char *table;
		int (*add)(
			struct config *c, const json_t *table, const char *what, struct err *err);
	} tables[] = {
		{"storage", add_stores}, {"engine", add_engine}, {"containers", add_containers}};
	_cleanup_json_ json_t *conf = NULL;
	int r = toml_parse_known(text, what, known, &conf, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(tables); i++) {
		const json_t *table = json_object_get(conf, tables[i].table);

		if (table && !json_is_object(table))
			return err_say(err, EINVAL, "%s: %s is not a table", what, tables[i].table);
		r = tables[i].add(c, table, what, err);
	}
	return r;
}

static int load_file(struct config *c, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = CONF_CAP};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : err_set(err, errno, "open %s", path);
	r = fd_read_all(fd, &b);
	if (r < 0)
		return err_set(err, -r, "read %s", path);
	if (strlen(buf_str(&b)) != b.len)
		return err_say(err, EINVAL, "%s is not text", path);
	return config_add(c, buf_str(&b), path, err);
}

char *config_user_file(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	_cleanup_free_ char *home = NULL;

	if (path_is_abs(xdg))
		return path_join(xdg, "rl/rl.conf");
	home = account_home();
	return home ? path_join(home, ".config/rl/rl.conf") : NULL;
}

static int from_environment(struct config *c, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv paths = {0};

	strv_done(&c->shared);
	strv_split(&paths, text, ":");
	strv_foreach (i, path, &paths) {
		if (!*path)
			continue;
		if (!path_is_abs(path))
			return err_say(
				err, EINVAL, "RL_ADDITIONAL_STORES: %.200s is not absolute", path);
		strv_add(&c->shared, path);
	}
	return 0;
}

int config_load(struct config *ret, struct err *err)
{
	const char *env = getenv("RL_ADDITIONAL_STORES");
	_cleanup_(config_done) struct config c = {0};
	_cleanup_free_ char *mine = config_user_file();
	int r = load_file(&c, SYSTEM, err);

	if (r == 0 && mine)
		r = load_file(&c, mine, err);
	if (r == 0 && env)
		r = from_environment(&c, env, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct config){0};
	return 0;
}
