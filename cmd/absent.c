#include "cmd/absent.h"

static json_t *find(json_t *obj, const char *path)
{
	_cleanup_strv_ struct strv names = {0};

	strv_split(&names, path, ".");
	strv_foreach (i, name, &names)
		obj = json_object_get(obj, name);
	return obj;
}

static json_t *value_of(json_t *obj, const char *text)
{
	json_t *there = *text == '=' ? find(obj, text + 1) : NULL;

	if (*text == '=')
		return there ? json_incref(there) : json_null();
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

static void add_one(json_t *obj, const struct absent *a)
{
	_cleanup_strv_ struct strv names = {0};
	json_t *at = obj;

	strv_split(&names, a->path, ".");
	for (size_t i = 0; i + 1 < names.n; i++) {
		json_t *next = json_object_get(at, names.v[i]);

		if (!next) {
			next = json_object();
			json_object_set_new(at, names.v[i], next);
		}
		at = next;
	}
	if (json_is_object(at) && !json_object_get(at, names.v[names.n - 1]))
		json_object_set_new(at, names.v[names.n - 1], value_of(obj, a->value));
}

void absent_add(json_t *obj, const struct absent *table)
{
	for (; table->path; table++)
		add_one(obj, table);
}
