#include "cmd/manifest_verbose.h"

#include "storage/artifact.h"
#include "storage/base64.h"
#include "storage/ref.h"

int manifest_verbose_one(
	const char *ref, const json_t *descriptor, const char *text, json_t **ret, struct err *err)
{
	_cleanup_free_ char *raw = base64_encode(text, strlen(text));
	const char *type = json_get_str(descriptor, "mediaType", "");
	_cleanup_json_ json_t *j = NULL;
	int r = json_parse(text, strlen(text), "manifest", &j, err);

	if (r < 0)
		return r;
	*ret = json_pack("{s:o,s:O,s:s,s:O}", "Ref", json_str(ref), "Descriptor", descriptor, "Raw",
		raw,
		str_after(type, "application/vnd.docker.") ? "SchemaV2Manifest" : "OCIManifest", j);
	return 0;
}

/* from the repository that @name is in; the caller frees @ret */
static int fetch(const struct list_work *w, const char *name, const char *digest, char **ret,
	struct err *err)
{
	_cleanup_json_ json_t *result = NULL;
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *base = NULL, *full = NULL;
	int r = ref_parse(name, &ref, err);

	if (r < 0)
		return r;
	base = ref_name(&ref);
	full = xasprintf("%s@%s", base, digest);
	r = list_work_fetch(w, full, &result, err);
	if (r == 0)
		*ret = xstrdup(json_get_str(result, "manifest", ""));
	return r;
}

static int read_image(
	const struct list_work *w, const char *id, const char *digest, char **ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_buf_ struct buf bytes = {.cap = JSON_RECORD_CAP};
	int r = str_is_hex(id, 64) ? image_read(w->store, id, &img, err)
				   : err_say(err, EBADMSG, "bad id of an image");

	if (r == 0 && !str_eq(img.digest, digest)) {
		err_say(err, ERR_NO_OBJECT,
			"image %.12s has another manifest than when it was added", id);
		return err_hint(err, "add it again, or take it out with 'rl manifest remove'");
	}
	if (r == 0)
		r = image_bytes(w->store, id, "manifest.json", &bytes, err);
	if (r == 0)
		*ret = buf_take(&bytes);
	return r;
}

static int read_artifact(const struct list_work *w, const char *digest, char **ret, struct err *err)
{
	_cleanup_buf_ struct buf bytes = {.cap = JSON_RECORD_CAP};
	int r = artifact_manifest(w->store, digest, &bytes, err);

	if (r == 0)
		*ret = buf_take(&bytes);
	return r;
}

/* the manifest of an entry, from where it is; the caller frees @ret */
static int find(const struct list_work *w, const char *name, const json_t *source,
	const char *digest, char **ret, struct err *err)
{
	const char *image = json_get_str(source, "image", NULL),
		   *from = json_get_str(source, "from", name);

	if (image)
		return read_image(w, image, digest, ret, err);
	if (json_object_get(source, "artifact"))
		return read_artifact(w, digest, ret, err);
	return fetch(w, from, digest, ret, err);
}

int manifest_verbose_list(const struct list_work *w, const char *name, const json_t *index,
	const json_t *sources, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *all = json_array();
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(index, "manifests"), i, entry) {
		const char *digest = json_get_str(entry, "digest", "");
		_cleanup_free_ char *text = NULL, *ref = xasprintf("%s@%s", name, digest);
		json_t *one = NULL;
		int r = find(w, name, json_object_get(sources, digest), digest, &text, err);

		if (r == 0)
			r = manifest_verbose_one(ref, entry, text, &one, err);
		if (r < 0)
			return err_wrap(err, "%.19s", digest);
		json_array_append_new(all, one);
	}
	*ret = take_ptr(all);
	return 0;
}
