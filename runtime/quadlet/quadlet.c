#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"

#include <errno.h>

/* in the order of conversion: what others refer to comes first, a pod after its members */
static const struct quadlet_type *const types[] = {&quadlet_volume, &quadlet_network,
	&quadlet_image, &quadlet_artifact, &quadlet_build, &quadlet_container, &quadlet_kube,
	&quadlet_pod};

const struct quadlet_type *quadlet_type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_ends(name, types[i]->ext) && strlen(name) > strlen(types[i]->ext))
			return types[i];
	return NULL;
}

/* "web@.container" gives "web", and @ret_at tells that it is a template's */
static char *stem(const struct quadlet *q, bool *ret_at)
{
	const char *name = q->source.name;
	size_t len = strlen(name) - strlen(q->type->ext);

	*ret_at = len && name[len - 1] == '@';
	return xstrndup(name, len - *ret_at);
}

static char *service_name(const struct quadlet *q)
{
	_cleanup_free_ char *chosen = quadlet_get(q, "ServiceName"), *base = NULL;
	const char *instance;
	bool at;

	if (chosen)
		return xasprintf("%s.service", chosen);
	base = stem(q, &at);
	/* an instance "web@one" keeps its @ behind the suffix of the type */
	instance = strchr(base, '@');
	if (instance)
		return xasprintf("%.*s%s%s.service", (int)(instance - base), base, q->type->suffix,
			instance);
	return xasprintf("%s%s%s.service", base, q->type->suffix, at ? "@" : "");
}

static char *resource_name(const struct quadlet *q)
{
	_cleanup_free_ char *chosen = q->type->name_key ? quadlet_get(q, q->type->name_key) : NULL,
			    *base = NULL;
	bool at;

	if (q->type->resource)
		return q->type->resource(q);
	if (chosen)
		return take_ptr(chosen);
	base = stem(q, &at);
	return xasprintf("systemd-%.*s%s", (int)strcspn(base, "@"), base,
		strchr(q->source.name, '@') ? "-%i" : "");
}

void quadlet_add(struct quadlet_set *set, const struct quadlet_type *type, struct unitfile *source)
{
	struct quadlet *q;

	set->v = xreallocarray(set->v, set->n + 1, sizeof(*set->v));
	q = &set->v[set->n++];
	*q = (struct quadlet){.type = type, .source = *source};
	*source = (struct unitfile){0};
	q->service = service_name(q);
	q->resource = resource_name(q);
}

struct quadlet *quadlet_find(const struct quadlet_set *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(set->v[i].source.name, name))
			return &set->v[i];
	return NULL;
}

void quadlet_set_done(struct quadlet_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		unitfile_done(&set->v[i].source);
		unitfile_done(&set->v[i].unit);
		free(set->v[i].service);
		free(set->v[i].resource);
		strv_done(&set->v[i].members);
	}
	free(set->v);
	*set = (struct quadlet_set){0};
}

static bool is_key(const struct quadlet_type *type, const char *key)
{
	static const char *const everywhere[] = {"ServiceName", "GlobalArgs", "PodmanArgs"};

	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++)
		if (str_eq(everywhere[i], key))
			return true;
	for (const struct quadlet_key *k = type->keys; k->name; k++)
		if (str_eq(k->name, key))
			return true;
	return false;
}

/* a key that nobody takes notice of would be a surprise */
static int check_keys(const struct quadlet *q, struct err *err)
{
	for (size_t i = 0; i < q->source.n; i++) {
		const struct unit_line *l = &q->source.lines[i];
		const char *nearest = "";
		unsigned best = 4;

		if (!*l->key)
			continue;
		if (str_eq(l->section, "Quadlet") && !str_eq(l->key, "DefaultDependencies"))
			return err_say(err, EINVAL, "unknown key %.80s= in [Quadlet]", l->key);
		if (!str_eq(l->section, q->type->section) || is_key(q->type, l->key))
			continue;
		for (const struct quadlet_key *k = q->type->keys; k->name; k++) {
			unsigned d = str_distance(k->name, l->key);

			if (d < best) {
				best = d;
				nearest = k->name;
			}
		}
		err_say(err, EINVAL, "unknown key %.80s= in [%s]", l->key, q->type->section);
		return *nearest ? err_hint(err, "did you mean %s=?", nearest)
				: err_hint(err,
					  "options of rl that have no key go into PodmanArgs=");
	}
	if (!unitfile_has(&q->source, q->type->section))
		return err_say(err, EINVAL, "no section [%s]", q->type->section);
	return 0;
}

/* "After=data.volume" means the service that is made of it */
static int translate(const struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	static const char *const keys[] = {"Wants", "Requires", "Requisite", "BindsTo", "PartOf",
		"Upholds", "Conflicts", "Before", "After", "PropagatesStopTo",
		"StopPropagatedFrom"};

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		_cleanup_strv_ struct strv words = {0}, to = {0};
		_cleanup_free_ char *line = NULL;
		bool changed = false;
		int r = unitfile_words(&q->unit, "Unit", keys[k], WORDS_RETAIN, &words, err);

		if (r < 0)
			return r;
		strv_foreach (i, word, &words) {
			const struct quadlet *other =
				quadlet_type_of(word) ? quadlet_find(set, word) : NULL;

			if (quadlet_type_of(word) && !other)
				return err_say(err, ENOENT, "%s=%.120s: there is no such file",
					keys[k], word);
			changed = changed || other;
			strv_add(&to, other ? other->service : word);
		}
		if (!changed)
			continue;
		line = strv_join(&to, " ");
		unitfile_set(&q->unit, "Unit", keys[k], line);
	}
	return 0;
}

static int begin(const struct quadlet_set *set, struct quadlet *q, struct err *err)
{
	const char *online = set->user ? "rl-wait-network-online.service" : "network-online.target";
	_cleanup_free_ char *renamed = xasprintf("X-%s", q->type->section);
	int r = check_keys(q, err);

	if (r == 0) {
		unitfile_merge(&q->unit, &q->source);
		r = translate(set, q, err);
	}
	if (r < 0)
		return r;
	r = unitfile_bool(&q->source, "Quadlet", "DefaultDependencies", true, err);
	if (r < 0)
		return r;
	/* images are pulled */
	if (r) {
		unitfile_insert(&q->unit, "Unit", "After", online);
		unitfile_insert(&q->unit, "Unit", "Wants", online);
	}
	if (q->source.path)
		unitfile_add(&q->unit, "Unit", "SourcePath", q->source.path);
	unitfile_add(&q->unit, "Unit", "RequiresMountsFor", "%t/rl");
	/* systemd takes no notice of sections that begin so */
	unitfile_rename(&q->unit, q->type->section, renamed);
	unitfile_rename(&q->unit, "Quadlet", "X-Quadlet");
	return 0;
}

unsigned quadlet_convert(
	struct quadlet_set *set, void (*complain)(const char *name, const struct err *err))
{
	unsigned wrong = 0;

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		for (size_t i = 0; i < set->n; i++) {
			struct quadlet *q = &set->v[i];
			struct err err = {0};
			int r;

			if (q->type != types[t])
				continue;
			r = begin(set, q, &err);
			if (r == 0)
				r = q->type->convert(set, q, &err);
			q->done = r == 0;
			if (r < 0) {
				complain(q->source.path ? q->source.path : q->source.name, &err);
				wrong++;
			}
		}
	}
	return wrong;
}
