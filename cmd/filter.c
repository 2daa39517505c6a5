#include "cmd/filter.h"

#include "network/port.h"
#include "runtime/base/parse.h"
#include "runtime/health_record.h"
#include "storage/image_find.h"

#include <regex.h>
#include <time.h>

static bool has_prefix_id(const struct container *c, const char *v)
{
	return strncasecmp(c->id, v, strlen(v)) == 0;
}

/* @other: a second text, or NULL */
static bool match_regex(const char *expression, const char *text, const char *other)
{
	regex_t re;
	bool yes;

	if (regcomp(&re, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	yes = regexec(&re, text, 0, NULL, 0) == 0 ||
	      (other && regexec(&re, other, 0, NULL, 0) == 0);
	regfree(&re);
	return yes;
}

/* how an id begins; else a regular expression, as podman has it */
static bool match_id(const struct container *c, const char *v)
{
	if (!v[strspn(v, "0123456789abcdefABCDEF")])
		return has_prefix_id(c, v);
	return match_regex(v, c->id, NULL);
}

/* the program, by a regular expression */
static bool match_command(const struct container *c, const char *v)
{
	const char *program =
		json_string_value(json_array_get(json_object_get(c->record, "command"), 0));

	return program && match_regex(v, program, NULL);
}

/* A regular expression, as podman and docker have it.  Docker's names begin with a slash, which scripts write into
   their expressions. */
static bool match_name(const struct container *c, const char *v)
{
	_cleanup_free_ char *slashed = NULL;

	if (!c->name)
		return false;
	if (!strpbrk(v, ".^$*+?()[]{}|\\/"))
		return strstr(c->name, v) != NULL;
	slashed = xasprintf("/%s", c->name);
	return match_regex(v, c->name, slashed);
}

bool filter_label(const json_t *labels, const char *v)
{
	_cleanup_free_ char *key = xstrdup(v);
	char *eq = strchr(key, '=');
	const char *value;

	if (eq)
		*eq = '\0';
	value = json_get_str(labels, key, NULL);
	return value && (!eq || str_eq(value, eq + 1));
}

static bool match_label(const struct container *c, const char *v)
{
	return filter_label(json_object_get(c->record, "labels"), v);
}

static bool match_no_label(const struct container *c, const char *v)
{
	return !match_label(c, v);
}

static bool match_status(const struct container *c, const char *v)
{
	return str_eq(container_status_name(c->status), v) ||
	       (str_eq(v, "stopped") && c->status == CONTAINER_EXITED) ||
	       (str_eq(v, "unknown") && c->status == CONTAINER_DAMAGED);
}

static bool match_exited(const struct container *c, const char *v)
{
	int64_t code;

	return c->status == CONTAINER_EXITED && parse_i64(v, &code) == 0 && code == c->exit_code;
}

/* by any way to write its reference: "alpine", "library/alpine:latest", the whole of it */
static bool is_reference(const char *image, const char *v)
{
	_cleanup_free_ char *tagged = strpbrk(strrchr(v, '/') ? strrchr(v, '/') : v, ":@")
					      ? xstrdup(v)
					      : xasprintf("%s:latest", v);
	size_t len = strlen(image), n = strlen(tagged);

	return n <= len && str_eq(image + len - n, tagged) &&
	       (n == len || image[len - n - 1] == '/');
}

/* the image that was looked for last, for all containers of one listing: see filter_resolve() */
static struct {
	char *name;
	struct strv layers;
} ancestor;

static void forget_ancestor(void)
{
	free(take_ptr(ancestor.name));
	strv_done(&ancestor.layers);
}

/* the layers of the image that is called @v now; none if there is no such image */
static const struct strv *layers_of(const struct store *s, const char *v)
{
	_cleanup_(image_done) struct image img = {0};

	if (str_eq(ancestor.name, v))
		return &ancestor.layers;
	forget_ancestor();
	ancestor.name = xstrdup(v);
	if (image_find(s, v, &img, NULL) == 0)
		strv_addv(&ancestor.layers, &img.diff_ids);
	return &ancestor.layers;
}

/* its layers begin with all of those of the image that is called @v now */
static bool is_built_on(const struct container *c, const char *v)
{
	_cleanup_strv_ struct strv layers = {0};
	const struct strv *base;

	json_get_strv(c->record, "diffIds", &layers);
	if (layers.n == 0)
		return false;
	base = layers_of(c->cs->store, v);
	if (base->n == 0 || base->n > layers.n)
		return false;
	strv_foreach (i, id, base)
		if (!str_eq(id, layers.v[i]))
			return false;
	return true;
}

/* by id, digest or reference of its image, or of one that it was built on */
static bool match_ancestor(const struct container *c, const char *v)
{
	const char *id = json_get_str(c->record, "imageId", "");
	const char *hex = str_after(v, "sha256:") ? str_after(v, "sha256:") : v;

	if (strlen(hex) >= 3 && strncmp(id, hex, strlen(hex)) == 0)
		return true;
	return str_eq(json_get_str(c->record, "imageDigest", ""), v) ||
	       is_reference(json_get_str(c->record, "image", ""), v) || is_built_on(c, v);
}

/* PORT[-PORT][/PROTOCOL] */
static int parse_ports(const char *v, uint64_t *first, uint64_t *last, const char **proto)
{
	_cleanup_free_ char *range = xstrndup(v, strcspn(v, "/"));
	const char *slash = strchr(v, '/');
	char *dash = strchr(range, '-');

	if (dash)
		*dash++ = '\0';
	if (parse_u64_max(range, UINT16_MAX, first) < 0 ||
		parse_u64_max(dash ? dash : range, UINT16_MAX, last) < 0 || *first > *last)
		return -EINVAL;
	*proto = slash ? slash + 1 : "tcp";
	return *first && (str_eq(*proto, "tcp") || str_eq(*proto, "udp")) ? 0 : -EINVAL;
}

/* a port of the container that is published */
static bool match_publish(const struct container *c, const char *v)
{
	const json_t *network = json_object_get(c->record, "network");
	struct ports ports = {0};
	uint64_t first, last;
	const char *proto;
	bool yes = false;

	if (parse_ports(v, &first, &last, &proto) < 0 ||
		port_from_json(json_object_get(network, "ports"), &ports, NULL) < 0)
		return false;
	for (size_t i = 0; i < ports.n; i++)
		yes |= ports.v[i].ctr_port >= first && ports.v[i].ctr_port <= last &&
		       str_eq(ports.v[i].proto, proto);
	ports_done(&ports);
	return yes;
}

/* one that is published, or only named by the image or --expose */
static bool match_expose(const struct container *c, const char *v)
{
	json_t *exposed = json_object_get(json_object_get(c->record, "config"), "ExposedPorts");
	uint64_t first, last, f, l;
	const char *proto, *p, *key;
	json_t *unused;

	if (match_publish(c, v))
		return true;
	if (parse_ports(v, &first, &last, &proto) < 0)
		return false;
	json_object_foreach (exposed, key, unused)
		if (parse_ports(key, &f, &l, &p) == 0 && f <= last && l >= first &&
			str_eq(p, proto))
			return true;
	return false;
}

/* a constant here: there are no tasks of a swarm, and one kind of isolation */
static bool match_is_task(const struct container *c, const char *v)
{
	bool wanted;

	(void)c;
	return parse_bool(v, &wanted) == 0 && !wanted;
}

static bool match_isolation(const struct container *c, const char *v)
{
	(void)c;
	return str_eq(v, "default");
}

/* there are none, so no container is in one */
static bool match_pod(const struct container *c, const char *v)
{
	(void)c;
	return !*v;
}

static bool match_network(const struct container *c, const char *v)
{
	return str_eq(json_get_str(json_object_get(c->record, "network"), "mode", ""), v);
}

/* by the source or the destination of a mount that was asked for */
static bool match_volume(const struct container *c, const char *v)
{
	const json_t *host = json_object_get(c->record, "hostConfig");
	_cleanup_strv_ struct strv binds = {0};
	size_t len = strlen(v);

	if (json_object_get(json_object_get(host, "Tmpfs"), v))
		return true;
	json_get_strv(host, "Binds", &binds);
	strv_foreach (i, bind, &binds) {
		const char *target = strchr(bind, ':');

		if (strncmp(bind, v, len) == 0 && bind[len] == ':')
			return true;
		if (target && strncmp(target + 1, v, len) == 0 &&
			(!target[1 + len] || target[1 + len] == ':'))
			return true;
	}
	return false;
}

static bool match_until(const struct container *c, const char *v)
{
	struct timespec now, until, created;

	clock_gettime(CLOCK_REALTIME, &now);
	return parse_time(v, &now, &until) == 0 &&
	       parse_time(json_get_str(c->record, "created", ""), &now, &created) == 0 &&
	       created.tv_sec < until.tv_sec;
}

static bool match_restart_policy(const struct container *c, const char *v)
{
	struct restart_policy p = {0};

	restart_parse(json_get_str(c->record, "restart", ""), &p, NULL);
	return str_eq(restart_name(p.when), v);
}

/* what `start --all` brings back after a boot */
static bool match_boot(const struct container *c, const char *v)
{
	struct restart_policy p = {0};
	bool yes;

	restart_parse(json_get_str(c->record, "restart", ""), &p, NULL);
	yes = restart_at_boot(&p, json_get_bool(c->exit, "stoppedByUser", false));
	return str_eq(v, yes ? "true" : "false") || str_eq(v, yes ? "1" : "0");
}

/* of those that run; "none" is without a check, or without one yet */
static bool match_health(const struct container *c, const char *v)
{
	char health[HEALTH_NAME_MAX];

	return str_eq(health_shown(c, health), str_eq(v, "none") ? "" : v);
}

static const struct {
	const char *key;
	bool (*match)(const struct container *c, const char *value);
} filters_by_key[] = {{"id", match_id}, {"name", match_name}, {"label", match_label},
	{"label!", match_no_label}, {"status", match_status}, {"exited", match_exited},
	{"ancestor", match_ancestor}, {"network", match_network}, {"volume", match_volume},
	{"until", match_until}, {"command", match_command}, {"health", match_health},
	{"restart-policy", match_restart_policy}, {"should-start-on-boot", match_boot},
	{"publish", match_publish}, {"expose", match_expose}, {"is-task", match_is_task},
	{"isolation", match_isolation}, {"pod", match_pod}, {"before", NULL}, {"since", NULL}};

static const char *split(const char *filter, size_t *ret_index)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters_by_key); i++) {
		const char *rest = str_after(filter, filters_by_key[i].key);

		if (rest && *rest == '=') {
			*ret_index = i;
			return rest + 1;
		}
	}
	return NULL;
}

static int check_word(const char *key, const char *v, struct err *err)
{
	struct restart_policy p;

	/* a policy without its number */
	if (str_eq(key, "restart-policy") &&
		(strchr(v, ':') || !*v || restart_parse(v, &p, NULL) < 0)) {
		err_say(err, ERR_USAGE, "filter restart-policy: %.32s is not a policy", v);
		return err_hint(err, "policies are no, on-failure, always, unless-stopped");
	}
	if (str_eq(key, "health") && !str_eq(v, "starting") && !str_eq(v, "healthy") &&
		!str_eq(v, "unhealthy") && !str_eq(v, "none")) {
		err_say(err, ERR_USAGE, "filter health: %.32s is not a state of health", v);
		return err_hint(err, "states are starting, healthy, unhealthy, none");
	}
	if (str_eq(key, "should-start-on-boot") && !str_eq(v, "true") && !str_eq(v, "false") &&
		!str_eq(v, "1") && !str_eq(v, "0"))
		return err_say(err, ERR_USAGE,
			"filter should-start-on-boot: %.32s is neither true nor false", v);
	return 0;
}

static int check_port(const char *key, const char *v, struct err *err)
{
	uint64_t first, last;
	const char *proto;

	if (parse_ports(v, &first, &last, &proto) == 0)
		return 0;
	err_say(err, ERR_USAGE, "filter %s: %.32s is not a port", key, v);
	return err_hint(err, "give a port of the container or a range: 80, 80/tcp, 8000-8080/udp");
}

static int check_one(const char *filter, struct err *err)
{
	static const char *const states[] = {"created", "initialized", "running", "stopping",
		"paused", "restarting", "exited", "stopped", "damaged", "unknown", "dead",
		"removing"};
	_cleanup_buf_ struct buf known = {0};
	const char *v;
	size_t i;
	int64_t n;
	regex_t re;
	struct timespec now;

	v = split(filter, &i);
	if (!v) {
		err_say(err, ERR_USAGE, "%.64s is not a filter", filter);
		for (i = 0; i < ARRAY_SIZE(filters_by_key); i++)
			buf_addf(&known, "%s%s", i ? ", " : "", filters_by_key[i].key);
		return err_hint(err, "filters are KEY=VALUE, with the keys %s", buf_str(&known));
	}
	if (filters_by_key[i].match == match_publish || filters_by_key[i].match == match_expose)
		return check_port(filters_by_key[i].key, v, err);
	if (str_eq(filters_by_key[i].key, "exited") && parse_i64(v, &n) < 0)
		return err_say(err, ERR_USAGE, "filter exited: %.32s is not an exit code", v);
	if (str_eq(filters_by_key[i].key, "until")) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (parse_time(v, &now, &now) < 0)
			return err_say(err, ERR_USAGE,
				"filter until: %.64s is neither a time nor a duration", v);
	}
	if (filters_by_key[i].match == match_name || filters_by_key[i].match == match_command ||
		filters_by_key[i].match == match_id) {
		if (regcomp(&re, v, REG_EXTENDED | REG_NOSUB) != 0)
			return err_say(err, ERR_USAGE,
				"filter %s: %.64s is not a regular expression",
				filters_by_key[i].key, v);
		regfree(&re);
	}
	if (!str_eq(filters_by_key[i].key, "status"))
		return check_word(filters_by_key[i].key, v, err);
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (str_eq(states[i], v))
			return 0;
	err_say(err, ERR_USAGE, "filter status: %.32s is not a status", v);
	return err_hint(err,
		"states are created, initialized, running, stopping, paused, restarting, exited, "
		"damaged");
}

int filter_check(const struct strv *filters, struct err *err)
{
	for (size_t i = 0; i < filters->n; i++) {
		int r = check_one(filters->v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* by its name or, where that names none, the beginning of its id; NULL if it is none or more than one */
static const struct container *find(const struct container_list *all, const char *v)
{
	const struct container *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (str_eq(all->v[i].name, v))
			return &all->v[i];
		if (*v && has_prefix_id(&all->v[i], v)) {
			found = &all->v[i];
			n++;
		}
	}
	return n == 1 ? found : NULL;
}

int filter_resolve(const struct strv *filters, const struct container_list *all, struct err *err)
{
	/* a name may lead to another image since the last listing */
	forget_ancestor();
	for (size_t i = 0; i < filters->n; i++) {
		size_t key;
		const char *v = split(filters->v[i], &key);

		if (!v || filters_by_key[key].match || find(all, v))
			continue;
		err_set(err, ERR_NO_OBJECT, "filter %s: no such container: %.64s",
			filters_by_key[key].key, v);
		return err_hint(err, "'rl ps -a' lists all containers");
	}
	return 0;
}

/* made before or after the container named by @v */
static bool match_order(
	const struct container *c, const char *v, const struct container_list *all, bool older)
{
	const struct container *o = find(all, v);
	int cmp;

	if (!o)
		return false;
	cmp = strcmp(
		json_get_str(c->record, "created", ""), json_get_str(o->record, "created", ""));
	return older ? cmp < 0 : cmp > 0;
}

static bool match_one(
	size_t key, const char *v, const struct container *c, const struct container_list *all)
{
	if (filters_by_key[key].match)
		return filters_by_key[key].match(c, v);
	return match_order(c, v, all, str_eq(filters_by_key[key].key, "before"));
}

bool filter_match(
	const struct strv *filters, const struct container *c, const struct container_list *all)
{
	for (size_t key = 0; key < ARRAY_SIZE(filters_by_key); key++) {
		bool each = str_after(filters_by_key[key].key, "label"), any = false, given = false;

		for (size_t i = 0; i < filters->n; i++) {
			size_t k;
			const char *v = split(filters->v[i], &k);
			bool yes;

			if (!v || k != key)
				continue;
			given = true;
			yes = match_one(key, v, c, all);
			if (each && !yes)
				return false;
			any = any || yes;
		}
		if (given && !any)
			return false;
	}
	return true;
}
