/*
 * options - from the keys of a section to the options of a command line
 */
#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"
#include "runtime/base/path.h"

#include <errno.h>

char *quadlet_get(const struct quadlet *q, const char *key)
{
	return unitfile_get(&q->source, q->type->section, key);
}

char *quadlet_path(const struct quadlet *q, const char *path)
{
	_cleanup_free_ char *dir = NULL, *joined = NULL;
	const char *slash = q->source.path ? strrchr(q->source.path, '/') : NULL;

	if (*path == '/' || (*path == '%' && path[1] != '%') || !slash)
		return xstrdup(path);
	dir = xstrndup(q->source.path, (size_t)(slash - q->source.path));
	joined = path_join(dir, path);
	return path_clean(joined);
}

struct quadlet *quadlet_need(
	struct quadlet_set *set, struct quadlet *q, const char *name, struct err *err)
{
	struct quadlet *other = quadlet_find(set, name);
	_cleanup_free_ char *service = NULL;

	if (!other) {
		err_say(err, ENOENT, "there is no file %.120s", name);
		return NULL;
	}
	/* an instance of a template needs that of the other one */
	if (str_ends(other->service, "@.service") && strchr(q->service, '@'))
		service = xasprintf("%.*s%%i.service",
			(int)(strlen(other->service) - strlen(".service")), other->service);
	unitfile_add(&q->unit, "Unit", "Requires", service ? service : other->service);
	unitfile_add(&q->unit, "Unit", "After", service ? service : other->service);
	return other;
}

int quadlet_image_name(struct quadlet_set *set, struct quadlet *q, char **image, struct err *err)
{
	struct quadlet *other;

	if (!str_ends(*image, ".image") && !str_ends(*image, ".build"))
		return 0;
	other = quadlet_need(set, q, *image, err);
	if (!other)
		return -ENOENT;
	if (!other->resource)
		return err_say(err, EINVAL, "%.120s names no image", *image);
	free(*image);
	*image = xstrdup(other->resource);
	return 0;
}

int quadlet_source(struct quadlet_set *set, struct quadlet *q, char **source, struct err *err)
{
	if (**source == '.') {
		char *path = quadlet_path(q, *source);

		free(*source);
		*source = path;
	}
	if (**source == '/') {
		_cleanup_buf_ struct buf quoted = {0};

		words_quote(&quoted, *source);
		unitfile_add(&q->unit, "Unit", "RequiresMountsFor", buf_str(&quoted));
		return 0;
	}
	if (str_ends(*source, ".volume") || str_ends(*source, ".artifact")) {
		struct quadlet *other = quadlet_need(set, q, *source, err);

		if (!other)
			return -ENOENT;
		free(*source);
		*source = xstrdup(other->resource);
	}
	return 0;
}

/* a container's name for other services, in which %N is another one; NULL where it cannot be known */
static char *name_for_others(const struct quadlet *container)
{
	const char *name = container->resource;

	if (str_eq(name, "systemd-%N"))
		return xasprintf("systemd-%.*s",
			(int)(strlen(container->service) - strlen(".service")), container->service);
	return strchr(name, '%') ? NULL : xstrdup(name);
}

/* NAME[:OPTIONS]: a network's file, or that of a container whose network is joined */
static int add_network(struct quadlet_set *set, struct quadlet *q, const char *value,
	struct strv *cmd, struct err *err)
{
	_cleanup_free_ char *name = xstrndup(value, strcspn(value, ":")), *joined = NULL;
	const char *options = value + strlen(name);
	bool container = str_ends(name, ".container");
	struct quadlet *other;

	strv_add(cmd, "--network");
	if (!container && !str_ends(name, ".network")) {
		strv_add(cmd, value);
		return 0;
	}
	other = quadlet_need(set, q, name, err);
	if (!other)
		return -ENOENT;
	if (container && *options)
		return err_say(err, EINVAL,
			"Network=%.120s: a network that is joined takes no options", value);
	if (!container) {
		strv_addf(cmd, "%s%s", other->resource, options);
		return 0;
	}
	joined = name_for_others(other);
	if (!joined)
		return err_say(err, EINVAL,
			"Network=%.120s: the container's name depends on its instance", value);
	strv_addf(cmd, "container:%s", joined);
	return 0;
}

/* [SOURCE:]TARGET[:OPTIONS] */
static int add_volume(struct quadlet_set *set, struct quadlet *q, const char *value,
	struct strv *cmd, struct err *err)
{
	size_t len = strcspn(value, ":");
	_cleanup_free_ char *source = xstrndup(value, len);
	int r;

	strv_add(cmd, "-v");
	if (!value[len] || !len) {
		strv_add(cmd, len ? value : value + 1);
		return 0;
	}
	r = quadlet_source(set, q, &source, err);
	if (r == 0)
		strv_addf(cmd, "%s%s", source, value + len);
	return r;
}

static int add_pairs(
	const struct quadlet *q, const struct quadlet_key *k, struct strv *cmd, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};
	int r = unitfile_words(&q->source, q->type->section, k->name, WORDS_UNESCAPE, &words, err);

	for (size_t i = 0; r == 0 && i < words.n; i++) {
		size_t len = strcspn(words.v[i], "=");
		bool later = false;

		for (size_t j = i + 1; j < words.n && !later; j++)
			later = strcspn(words.v[j], "=") == len &&
				strncmp(words.v[i], words.v[j], len) == 0;
		if (later)
			continue;
		strv_add(cmd, k->flag);
		strv_add(cmd, words.v[i]);
	}
	return r;
}

static void add_option(const struct quadlet_key *k, const char *value, struct strv *cmd)
{
	strv_add(cmd, k->flag);
	strv_addf(cmd, "%s%s", k->prefix ? k->prefix : "", value);
}

static int add_bool(
	const struct quadlet *q, const struct quadlet_key *k, struct strv *cmd, struct err *err)
{
	/* neither true nor false where it is not there */
	int r = unitfile_bool(&q->source, q->type->section, k->name, 2, err);

	if (r < 0)
		return r;
	if (r == 1 && k->how == QUADLET_IF)
		add_option(k, "", cmd);
	else if (k->how == QUADLET_BOOL && r == 1)
		strv_add(cmd, k->flag);
	else if (k->how == QUADLET_BOOL && r == 0)
		strv_addf(cmd, "%s=false", k->flag);
	return 0;
}

static int add_key(struct quadlet_set *set, struct quadlet *q, const struct quadlet_key *k,
	struct strv *cmd, struct err *err)
{
	_cleanup_strv_ struct strv values = {0};
	_cleanup_free_ char *one = NULL;
	int r = 0;

	switch (k->how) {
	case QUADLET_CODE:
		break;
	case QUADLET_ONE:
		one = quadlet_get(q, k->name);
		if (one)
			strv_add(&values, one);
		break;
	case QUADLET_EACH:
		unitfile_all(&q->source, q->type->section, k->name, &values);
		break;
	case QUADLET_WORD:
		r = unitfile_words(
			&q->source, q->type->section, k->name, WORDS_RETAIN, &values, err);
		break;
	case QUADLET_ARG:
		r = unitfile_words(
			&q->source, q->type->section, k->name, WORDS_UNESCAPE, &values, err);
		break;
	case QUADLET_PAIR:
		return add_pairs(q, k, cmd, err);
	case QUADLET_BOOL:
	case QUADLET_IF:
		return add_bool(q, k, cmd, err);
	}
	for (size_t i = 0; r == 0 && i < values.n; i++) {
		if (str_eq(k->name, "Network"))
			r = add_network(set, q, values.v[i], cmd, err);
		else if (str_eq(k->name, "Volume"))
			r = add_volume(set, q, values.v[i], cmd, err);
		else
			add_option(k, values.v[i], cmd);
	}
	return r;
}

int quadlet_options(struct quadlet_set *set, struct quadlet *q, struct strv *cmd, struct err *err)
{
	int r = 0;

	for (const struct quadlet_key *k = q->type->keys; r == 0 && k->name; k++)
		r = add_key(set, q, k, cmd, err);
	return r;
}

int quadlet_command(
	const struct quadlet_set *set, const struct quadlet *q, struct strv *cmd, struct err *err)
{
	strv_add(cmd, set->rl);
	return unitfile_words(&q->source, q->type->section, "GlobalArgs", WORDS_UNESCAPE, cmd, err);
}

int quadlet_own_args(const struct quadlet *q, struct strv *cmd, struct err *err)
{
	return unitfile_words(&q->source, q->type->section, "PodmanArgs", WORDS_UNESCAPE, cmd, err);
}

void quadlet_exec(struct quadlet *q, const char *key, const char *prefix, const struct strv *cmd)
{
	_cleanup_free_ char *words = words_join(cmd);
	_cleanup_free_ char *line = xasprintf("%s%s", prefix, words);

	unitfile_add(&q->unit, "Service", key, line);
}

void quadlet_default(struct quadlet *q, const char *key, const char *value)
{
	if (!unitfile_last(&q->unit, "Service", key))
		unitfile_add(&q->unit, "Service", key, value);
}

void quadlet_oneshot(struct quadlet *q, bool remain)
{
	/* instead of the name of the program, which says little */
	quadlet_default(q, "SyslogIdentifier", "%N");
	quadlet_default(q, "Type", "oneshot");
	if (remain)
		quadlet_default(q, "RemainAfterExit", "yes");
}

int quadlet_daemon(struct quadlet *q, bool *ret_notify, struct err *err)
{
	const char *type = unitfile_last(&q->unit, "Service", "Type");
	const char *mode = unitfile_last(&q->unit, "Service", "KillMode");

	if (type && !str_eq(type, "notify") && !str_eq(type, "oneshot"))
		return err_say(err, EINVAL, "Type=%.80s: only notify and oneshot work", type);
	/* the monitor has to see the container's end */
	if (mode && !str_eq(mode, "mixed") && !str_eq(mode, "control-group"))
		return err_say(
			err, EINVAL, "KillMode=%.80s: only mixed and control-group work", mode);
	quadlet_default(q, "KillMode", "mixed");
	quadlet_default(q, "SyslogIdentifier", "%N");
	*ret_notify = !str_eq(type, "oneshot");
	if (*ret_notify) {
		unitfile_set(&q->unit, "Service", "Type", "notify");
		unitfile_set(&q->unit, "Service", "NotifyAccess", "all");
	}
	return 0;
}
