#include "runtime/spec_artifact.h"

#include "runtime/base/path.h"
#include "storage/artifact.h"
#include "storage/artifacts.h"
#include "storage/ref.h"

static const char *title_of(const json_t *layer)
{
	return json_get_str(json_object_get(layer, "annotations"), ARTIFACT_TITLE, "");
}

/* the files that are meant; a new reference */
static json_t *choose(const struct mount_spec *v, const struct artifact *a)
{
	json_t *out = json_array(), *layer;
	size_t i;

	json_array_foreach (json_object_get(a->manifest, "layers"), i, layer) {
		if (v->digest && !str_eq(json_get_str(layer, "digest", ""), v->digest))
			continue;
		if (!v->title || str_eq(title_of(layer), v->title))
			json_array_append(out, layer);
	}
	return out;
}

/* what a file is called; the title comes from a registry */
static int name_of(const struct mount_spec *v, const json_t *layer, size_t i, size_t n, char **ret,
	struct err *err)
{
	const char *title = title_of(layer);
	_cleanup_free_ char *name = NULL;

	if (v->name)
		name = n > 1 ? xasprintf("%s-%zu", v->name, i) : xstrdup(v->name);
	else
		name = xstrdup(*title && !v->digest ? title : json_get_str(layer, "digest", ""));
	if (!v->name && (v->digest || !*title))
		name[strcspn(name, ":")] = '-';
	if (!artifact_title_ok(name)) {
		err_say(err, ERR_USAGE, "\"%.200s\" cannot be the name of a file", name);
		return err_hint(err, "give it another one with name=NAME");
	}
	*ret = take_ptr(name);
	return 0;
}

static int add_file(const struct store *s, const struct mount_spec *v, const struct artifact *a,
	const json_t *layer, const char *name, struct mount_specs *ret, struct err *err)
{
	const char *digest = json_get_str(layer, "digest", "");
	_cleanup_(mount_spec_done) struct mount_spec one = {.type = MOUNT_TYPE_BIND};
	int r = ref_digest_ok(digest) ? 0 : err_say(err, EBADMSG, "bad digest in an artifact");

	if (r < 0)
		return r;
	one.source = xasprintf("%s/artifacts/%s/blobs/%s", s->path, a->digest + strlen("sha256:"),
		digest + strlen("sha256:"));
	one.target = path_join(v->target, name);
	r = mount_option_add(&one.options, MOUNT_TYPE_BIND, "ro", err);
	return r < 0 ? r : mount_spec_add(ret, &one, err);
}

/* it stays while the container is there */
static void note(json_t *record, const char *digest)
{
	json_t *all = json_object_get(record, "mountedArtifacts");

	if (!all) {
		all = json_array();
		json_object_set_new(record, "mountedArtifacts", all);
	}
	json_array_append_new(all, json_str(digest));
}

static int expand(const struct store *s, const struct mount_spec *v, json_t *record,
	struct mount_specs *ret, struct err *err)
{
	_cleanup_(artifact_done) struct artifact a = {0};
	_cleanup_json_ json_t *files = NULL;
	json_t *layer;
	size_t i;
	int r = s ? artifacts_find(s, v->source, &a, NULL, err)
		  : err_say(err, ERR_NO_OBJECT, "there is no store that %s could be in", v->source);

	if (r < 0)
		return r;
	files = choose(v, &a);
	if (!json_array_size(files))
		return err_say(err, ERR_NO_OBJECT, "%s has no %sfile", a.name,
			v->digest || v->title ? "such " : "");
	json_array_foreach (files, i, layer) {
		_cleanup_free_ char *name = NULL;

		r = name_of(v, layer, i, json_array_size(files), &name, err);
		if (r == 0)
			r = add_file(s, v, &a, layer, name, ret, err);
		if (r < 0)
			return err_wrap(err, "artifact %.200s", v->source);
	}
	note(record, a.digest);
	return 0;
}

int spec_artifact_expand(const struct store *s, struct mount_specs *list, json_t *record,
	struct mount_specs *ret, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		int r = list->v[i].type == MOUNT_TYPE_ARTIFACT
				? expand(s, &list->v[i], record, ret, err)
				: mount_spec_add(ret, &list->v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
