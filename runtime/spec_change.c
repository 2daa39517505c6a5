/* Changing the config.json of a container that is there (spec.h). */
#include "runtime/spec_parts.h"

/* drop the variable that begins with @name; more than one has no program ever made use of */
static void unset(struct strv *env, const char *name)
{
	struct strv kept = {0};

	strv_foreach (i, one, env) {
		const char *rest = str_after(one, name);

		if (!rest || *rest != '=')
			strv_add(&kept, one);
	}
	strv_done(env);
	*env = kept;
}

static int change_env(json_t *process, const struct spec_changes *ch, struct err *err)
{
	_cleanup_strv_ struct strv env = {0};
	const struct strv none = {0};
	int r;

	json_get_strv(process, "env", &env);
	if (ch->unsetenv)
		strv_foreach (i, name, ch->unsetenv)
			unset(&env, name);
	r = ch->env ? spec_env(&env, &none, ch->env, err) : 0;
	if (r == 0)
		json_object_set_new(process, "env", json_from_strv(&env));
	return r;
}

/* those that are given replace those of their kind */
static int change_ulimits(json_t *process, const struct strv *flags, struct err *err)
{
	_cleanup_json_ json_t *given = NULL;
	json_t *all = json_object_get(process, "rlimits"), *new, *old;
	size_t i, k;
	int r = spec_ulimits(flags, &given, err);

	if (r < 0)
		return r;
	if (!json_is_array(all)) {
		all = json_array();
		json_object_set_new(process, "rlimits", all);
	}
	json_array_foreach (given, i, new) {
		json_array_foreach (all, k, old)
			if (str_eq(json_get_str(old, "type", ""), json_get_str(new, "type", "")))
				break;
		if (k < json_array_size(all))
			json_array_set(all, k, new);
		else
			json_array_append(all, new);
	}
	return 0;
}

int spec_change(json_t *config, const struct spec_changes *ch, struct err *err)
{
	json_t *process = json_object_get(config, "process");
	int r = change_env(process, ch, err);

	if (r == 0 && ch->ulimit && ch->ulimit->n)
		r = change_ulimits(process, ch->ulimit, err);
	if (r == 0 && ch->limits)
		r = limit_opts_apply(
			ch->limits, limit_part(limit_part(config, "linux"), "resources"), err);
	return r;
}
