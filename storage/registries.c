#include "storage/registries.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "storage/aliases.h"
#include "storage/toml.h"
#include "userns/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CONF_CAP ((size_t)1 << 20)

void registries_done(struct registries *r)
{
	strv_done(&r->search);
	json_decref(r->aliases);
	json_decref(r->registry);
	*r = (struct registries){0};
}

void candidates_done(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *one = &c->v[i];

		for (size_t k = 0; k < one->n; k++) {
			free(one->endpoints[k].host);
			free(one->endpoints[k].path);
		}
		free(one->endpoints);
		free(one->name);
		free(one->tag);
		free(one->digest);
	}
	free(c->v);
	*c = (struct candidates){0};
}

/* a table's prefix: what it applies to */
static const char *table_prefix(const json_t *table)
{
	const char *prefix = json_get_str(table, "prefix", "");

	return *prefix ? prefix : json_get_str(table, "location", "");
}

static int check_table(const json_t *table, const char *what, struct err *err)
{
	if (!json_is_object(table))
		return err_set(err, ERR_REGISTRY, "%s: registry is not a table", what);
	if (str_empty(table_prefix(table)))
		return err_set(err, ERR_REGISTRY,
			"%s: a [[registry]] has neither prefix nor location", what);
	if (strncmp(table_prefix(table), "*.", 2) != 0 && strchr(table_prefix(table), '*'))
		return err_set(err, ERR_REGISTRY,
			"%s: prefix %s: '*' may only stand first, as in *.example.com", what,
			table_prefix(table));
	return 0;
}

static int set_mode(struct registries *r, const char *mode, const char *what, struct err *err)
{
	if (str_eq(mode, "permissive"))
		r->mode = SHORT_NAME_PERMISSIVE;
	else if (str_eq(mode, "enforcing"))
		r->mode = SHORT_NAME_ENFORCING;
	else if (str_eq(mode, "disabled"))
		r->mode = SHORT_NAME_DISABLED;
	else
		return err_set(err, ERR_REGISTRY,
			"%s: short-name-mode is enforcing, permissive or disabled, not \"%s\"",
			what, mode);
	return 0;
}

int registries_add(struct registries *r, const char *text, const char *what, struct err *err)
{
	_cleanup_json_ json_t *conf = NULL;
	json_t *value, *table;
	const char *mode;
	size_t i;
	int e = toml_parse(text, what, &conf, err);

	if (e < 0)
		return e;
	if (!r->aliases) {
		r->aliases = json_object();
		r->registry = json_array();
	}
	if (json_is_object(json_object_get(conf, "registries"))) {
		err_set(err, ERR_REGISTRY, "%s: has version 1 of the format", what);
		return err_hint(err,
			"rewrite it as version 2: unqualified-search-registries = [\"docker.io\"]");
	}
	if (json_is_array(json_object_get(conf, "unqualified-search-registries"))) {
		strv_done(&r->search);
		json_get_strv(conf, "unqualified-search-registries", &r->search);
	}
	mode = json_get_str(conf, "short-name-mode", NULL);
	if (mode) {
		e = set_mode(r, mode, what, err);
		if (e < 0)
			return e;
	}
	value = json_object_get(conf, "aliases");
	if (json_is_object(value))
		json_object_update(r->aliases, value);
	json_array_foreach (json_object_get(conf, "registry"), i, table) {
		e = check_table(table, what, err);
		if (e < 0)
			return e;
		for (size_t k = json_array_size(r->registry); k-- > 0;)
			if (str_eq(table_prefix(json_array_get(r->registry, k)),
				    table_prefix(table)))
				json_array_remove(r->registry, k);
		json_array_append(r->registry, table);
	}
	return 0;
}

static int load_file(struct registries *r, const char *path, bool *ret_found, struct err *err)
{
	_cleanup_buf_ struct buf b = {.cap = CONF_CAP};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int e;

	*ret_found = fd >= 0;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : err_set(err, errno, "open %s", path);
	e = fd_read_all(fd, &b);
	if (e < 0)
		return err_set(err, -e, "read %s", path);
	if (strlen(buf_str(&b)) != b.len)
		return err_set(err, ERR_REGISTRY, "%s: is not text", path);
	return registries_add(r, buf_str(&b), path, err);
}

static int load_dir(struct registries *r, const char *dir, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "registries.conf.d");
	_cleanup_strv_ struct strv names = {0};

	/* one that is missing or closed to us says nothing */
	if (access(path, R_OK | X_OK) < 0 || fs_list_at(AT_FDCWD, path, &names, NULL) < 0)
		return 0;
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *file = path_join(path, name);
		bool found;
		int e;

		if (!str_ends(name, ".conf"))
			continue;
		e = load_file(r, file, &found, err);
		if (e < 0)
			return e;
	}
	return 0;
}

/* @home and @etc are the directories "~/.config/containers" (may be NULL) and "/etc/containers" */
static int registries_load(
	const char *home, const char *etc, struct registries *ret, struct err *err)
{
	_cleanup_(registries_done) struct registries r = {
		.aliases = json_object(), .registry = json_array()};
	_cleanup_free_ char *mine = home ? path_join(home, "registries.conf") : NULL;
	_cleanup_free_ char *system = path_join(etc, "registries.conf");
	const char *env = getenv("CONTAINERS_REGISTRIES_CONF");
	bool found = false;
	int e;

	if (!str_empty(env)) {
		e = load_file(&r, env, &found, err);
		if (e == 0 && !found)
			e = err_set(err, ENOENT, "open %s (from CONTAINERS_REGISTRIES_CONF)", env);
		if (e < 0)
			return e;
	} else {
		e = mine ? load_file(&r, mine, &found, err) : 0;
		if (e == 0 && !found)
			e = load_file(&r, system, &found, err);
		if (e == 0)
			e = load_dir(&r, etc, err);
		if (e == 0 && home)
			e = load_dir(&r, home, err);
		if (e < 0)
			return e;
	}
	e = aliases_load(r.aliases, err);
	if (e < 0)
		return e;
	*ret = r;
	r = (struct registries){0};
	return 0;
}

char *registries_config_dir(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	_cleanup_free_ char *home = NULL;

	if (path_is_abs(xdg))
		return path_join(xdg, "containers");
	home = account_home();
	return home ? path_join(home, ".config/containers") : NULL;
}

int registries_load_default(struct registries *ret, struct err *err)
{
	_cleanup_free_ char *home = registries_config_dir();

	return registries_load(home, "/etc/containers", ret, err);
}

/* How many bytes of @name (HOST/PATH:TAG…) a prefix covers, 0 for none.  It ends at a boundary:
   "example.com/foo" covers "example.com/foo/bar" and "example.com/foo:1", not "example.com/foobar". */
static size_t prefix_match(const char *name, const char *prefix)
{
	size_t host = strcspn(name, "/"), len = strlen(prefix);

	if (strncmp(prefix, "*.", 2) == 0) {
		len--;
		if (host <= len || strncmp(name + host - len, prefix + 1, len) != 0)
			return 0;
		return host;
	}
	if (strncmp(name, prefix, len) != 0)
		return 0;
	return name[len] == '\0' || strchr("/:@", name[len]) ? len : 0;
}

static const json_t *find_table(const struct registries *r, const char *name, size_t *ret_len)
{
	const json_t *best = NULL;
	json_t *table;
	size_t i, best_len = 0;

	json_array_foreach (r->registry, i, table) {
		size_t len = prefix_match(name, table_prefix(table));
		/* a wildcard is less exact than a host that is spelt out */
		size_t rank = len && table_prefix(table)[0] == '*' ? strlen(table_prefix(table)) - 1
								   : len;

		if (len && rank > best_len) {
			best = table;
			best_len = rank;
			*ret_len = len;
		}
	}
	return best;
}

bool registries_insecure(const struct registries *r, const char *name)
{
	size_t len;
	const json_t *table = find_table(r, name, &len);

	return table && json_get_bool(table, "insecure", false);
}

static int add_endpoint(
	struct candidate *c, const char *location, const char *rest, bool insecure, struct err *err)
{
	_cleanup_free_ char *full = xasprintf("%s%s", location, rest);
	const char *slash = strchr(full, '/');
	struct endpoint *e;

	if (!slash || slash == full || !slash[1])
		return err_set(
			err, ERR_REGISTRY, "registries.conf: %s does not name a repository", full);
	if (strcspn(full, "?#@\\ %") != strlen(full))
		return err_set(
			err, ERR_REGISTRY, "registries.conf: location %s is malformed", location);
	c->endpoints = xreallocarray(c->endpoints, c->n + 1, sizeof(*c->endpoints));
	e = &c->endpoints[c->n++];
	*e = (struct endpoint){
		xstrndup(full, (size_t)(slash - full)), xstrdup(slash + 1), insecure};
	return 0;
}

static bool mirror_applies(const json_t *table, const json_t *mirror, bool by_digest)
{
	const char *from = json_get_str(mirror, "pull-from-mirror", "all");

	if (json_get_bool(table, "mirror-by-digest-only", false) && !by_digest)
		return false;
	return by_digest ? !str_eq(from, "tag-only") : !str_eq(from, "digest-only");
}

static int add_candidate(
	const struct registries *r, const struct ref *ref, struct candidates *all, struct err *err)
{
	_cleanup_free_ char *plain = ref_name(ref);
	_cleanup_free_ char *full = ref_format(ref);
	const json_t *table;
	json_t *mirror;
	struct candidate *c;
	size_t len = 0, i;
	int e = 0;

	table = find_table(r, full, &len);
	if (table && json_get_bool(table, "blocked", false)) {
		err_set(err, ERR_REGISTRY, "%s: %s is blocked in registries.conf", full,
			table_prefix(table));
		return err_hint(err, "remove 'blocked = true' or use another registry");
	}
	/* a prefix that goes into the tag selects, but rewrites the name only */
	if (len > strlen(plain))
		len = strlen(plain);
	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	c = &all->v[all->n++];
	*c = (struct candidate){
		.name = xstrdup(full), .tag = xstrdup(ref->tag), .digest = xstrdup(ref->digest)};
	if (!table)
		return add_endpoint(c, ref->host, plain + strlen(ref->host), false, err);
	json_array_foreach (json_object_get(table, "mirror"), i, mirror) {
		const char *location = json_get_str(mirror, "location", NULL);

		if (!location)
			return err_set(err, ERR_REGISTRY,
				"registries.conf: a mirror of %s has no location",
				table_prefix(table));
		if (mirror_applies(table, mirror, ref->digest != NULL))
			e = add_endpoint(c, location, plain + len,
				json_get_bool(mirror, "insecure", false), err);
		if (e < 0)
			return e;
	}
	if (str_empty(json_get_str(table, "location", NULL)))
		return add_endpoint(c, ref->host, plain + strlen(ref->host),
			json_get_bool(table, "insecure", false), err);
	return add_endpoint(c, json_get_str(table, "location", NULL), plain + len,
		json_get_bool(table, "insecure", false), err);
}

/* the short name as it was written, without docker.io's "library/", which belongs to that registry alone */
static int add_short(const struct registries *r, const char *host, const char *text,
	struct candidates *all, struct err *err)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", host, text);
	_cleanup_(ref_done) struct ref ref = {0};
	int e = ref_parse(full, &ref, err);

	return e < 0 ? e : add_candidate(r, &ref, all, err);
}

/* where the name ends and tag or digest begin; a short name has no port that could be mistaken for a tag */
static size_t name_len(const char *text)
{
	return strcspn(text, ":@");
}

static int resolve_short(const struct registries *r, const struct ref *ref, const char *text,
	struct candidates *ret, struct err *err)
{
	_cleanup_free_ char *name = xstrndup(text, name_len(text));
	const char *alias = json_get_str(r->aliases, name, NULL);
	int e = 0;

	if (!str_empty(alias)) {
		_cleanup_free_ char *full = xasprintf("%s%s", alias, text + name_len(text));
		_cleanup_(ref_done) struct ref to = {0};

		e = ref_parse(full, &to, err);
		if (e < 0)
			return err_wrap(err, "short-name alias %s", name);
		return add_candidate(r, &to, ret, err);
	}
	if (r->search.n == 0)
		return add_candidate(r, ref, ret, err);
	if (r->mode == SHORT_NAME_ENFORCING && r->search.n > 1 && !r->may_ask) {
		err_set(err, ERR_REGISTRY,
			"%s could come from %zu registries and short-name-mode is \"enforcing\"",
			text, r->search.n);
		return err_hint(err, "say which one, for example %s/%s", r->search.v[0], text);
	}
	for (size_t i = 0; i < r->search.n && e == 0; i++)
		e = add_short(r, r->search.v[i], text, ret, err);
	ret->ask = r->may_ask && r->mode != SHORT_NAME_DISABLED && ret->n > 1;
	return e;
}

int registries_resolve(
	const struct registries *r, const char *text, struct candidates *ret, struct err *err)
{
	_cleanup_(candidates_done) struct candidates c = {0};
	_cleanup_(ref_done) struct ref ref = {0};
	const char *plain = str_after(text, "docker://");
	int e;

	text = plain ? plain : text;
	e = ref_parse(text, &ref, err);
	if (e == 0)
		e = ref.short_name ? resolve_short(r, &ref, text, &c, err)
				   : add_candidate(r, &ref, &c, err);
	if (e < 0)
		return e;
	*ret = c;
	c = (struct candidates){0};
	return 0;
}
