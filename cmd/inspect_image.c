#include "cmd/inspect.h"

#include "cmd/image_rows.h"
#include "storage/driver.h"

/* the member as it is, or an empty one of the type that readers expect */
static void copy_member(
	json_t *to, const char *name, const json_t *from, const char *key, json_t *empty)
{
	json_t *j = json_object_get(from, key);

	if (j && json_typeof(j) == json_typeof(empty))
		json_object_set(to, name, j);
	else
		json_object_set(to, name, empty);
	json_decref(empty);
}

static void image_names(json_t *out, const struct image *img)
{
	json_t *tags = json_array();

	strv_foreach (i, name, &img->names)
		if (!strchr(name, '@'))
			json_array_append_new(tags, json_str(name));
	json_object_set_new(out, "RepoTags", tags);
	json_object_set_new(out, "RepoDigests", image_repo_digests(img));
	json_object_set_new(
		out, "NamesHistory", json_from_strv(img->history.n ? &img->history : &img->names));
}

/* where the layers are, under the names that overlay's own options have */
static json_t *graph_driver(const struct store *s, const struct image *img)
{
	_cleanup_buf_ struct buf lower = {0};
	json_t *data = json_object(), *out = json_object();

	for (size_t i = img->diff_ids.n; i > 1; i--)
		buf_addf(&lower, "%s%s/layers/%s/diff", lower.len ? ":" : "", s->path,
			img->diff_ids.v[i - 2] + strlen("sha256:"));
	if (lower.len)
		json_set_str(data, "LowerDir", buf_str(&lower));
	if (img->diff_ids.n)
		json_object_set_new(data, "UpperDir",
			json_sprintf("%s/layers/%s/diff", s->path,
				img->diff_ids.v[img->diff_ids.n - 1] + strlen("sha256:")));
	json_set_str(out, "Name", s->driver ? s->driver->name : "");
	json_object_set_new(out, "Data", data);
	return out;
}

/* the id of what it was made of; "" if that is not here */
static void parent_id(const struct store *s, const struct image *img, json_t *out)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	_cleanup_(family_done) struct family all = {0};
	size_t i;

	if (image_list(s, &l, NULL, NULL) == 0) {
		family_init(&all, &l);
		i = family_index(&all, img->id);
		if (i != SIZE_MAX && all.parent[i] != SIZE_MAX)
			json_set_str(out, "Parent", l.v[all.parent[i]].id);
	}
}

/* of an image's configuration, what the image specification knows; hostile members of other types are left out */
static json_t *image_config(const json_t *config)
{
	static const char *const maps[] = {"ExposedPorts", "Volumes", "Labels"};
	static const char *const lists[] = {"Env", "Entrypoint", "Cmd"};
	static const char *const strings[] = {"User", "WorkingDir", "StopSignal"};
	json_t *out = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		json_set_str(out, strings[i], json_get_str(config, strings[i], ""));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		copy_member(out, lists[i], config, lists[i], json_array());
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		copy_member(out, maps[i], config, maps[i], json_object());
	/* docker's place of it */
	copy_member(out, "Healthcheck", config, "Healthcheck", json_object());
	if (!json_object_size(json_object_get(out, "Healthcheck")))
		json_object_set_new(out, "Healthcheck", json_null());
	copy_member(out, "OnBuild", config, "OnBuild", json_array());
	return out;
}

json_t *inspect_image(const struct store *s, const struct image *img)
{
	const json_t *config = json_object_get(img->config, "config");
	json_t *out = json_object();

	json_set_str(out, "Id", img->id);
	json_set_str(out, "Digest", img->digest ? img->digest : "");
	image_names(out, img);
	json_set_str(out, "Parent", "");
	parent_id(s, img, out);
	json_set_str(out, "Comment", json_get_str(img->config, "comment", ""));
	json_set_str(out, "Created", json_get_str(img->config, "created", "0001-01-01T00:00:00Z"));
	json_object_set_new(out, "Config", image_config(config));
	json_set_str(out, "Version", json_get_str(img->config, "docker_version", ""));
	json_set_str(out, "Author", json_get_str(img->config, "author", ""));
	json_set_str(out, "Architecture", json_get_str(img->config, "architecture", ""));
	json_set_str(out, "Variant", json_get_str(img->config, "variant", ""));
	json_set_str(out, "Os", json_get_str(img->config, "os", ""));
	json_object_set_new(out, "Size", json_integer((json_int_t)img->size));
	json_object_set_new(out, "VirtualSize", json_integer((json_int_t)img->size));
	json_object_set_new(out, "GraphDriver", graph_driver(s, img));
	json_object_set_new(out, "RootFS",
		json_pack(
			"{s:s, s:o}", "Type", "layers", "Layers", json_from_strv(&img->diff_ids)));
	copy_member(out, "Labels", config, "Labels", json_object());
	copy_member(out, "Annotations", img->manifest, "annotations", json_object());
	json_set_str(out, "ManifestType", json_get_str(img->manifest, "mediaType", ""));
	json_set_str(out, "User", json_get_str(config, "User", ""));
	copy_member(out, "History", img->config, "history", json_array());
	json_object_set(
		out, "Healthcheck", json_object_get(json_object_get(out, "Config"), "Healthcheck"));
	return out;
}
