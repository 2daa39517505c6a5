/*
 * What docker and podman call docker-archive, and the directories of dir: and docker-dir.  An archive has its layers as plain
 * tars, whatever they came as; a directory has them as they are.
 */
#include "storage/transfer/save.h"

#include "storage/ref.h"
#include "storage/transfer/push_manifest.h"

#include <stdio.h>

#define DIR_VERSION "Directory Transport Version: 1.1\n"

static const char *hex(const char *digest)
{
	return digest + strlen("sha256:");
}

static int put_json(struct save *s, const char *name, const json_t *j, struct err *err)
{
	_cleanup_free_ char *text = json_text(j);

	return outbox_put(s->out, name, text, strlen(text), err);
}

static int put_config(
	struct save *s, const struct save_image *img, const char *name, struct err *err)
{
	if (outbox_has(s->out, name))
		return 0;
	return outbox_put(s->out, name, img->config.data, img->config.len, err);
}

/* the tar of each layer, by its DiffID; @list: their names are appended */
static int put_tars(struct save *s, const struct save_image *img, json_t *list, struct err *err)
{
	strv_foreach (i, diff_id, &img->diff_ids) {
		char name[80];
		int r;

		snprintf(name, sizeof(name), "%.64s.tar", hex(diff_id));
		json_array_append_new(list, json_str(name));
		r = save_tar(s, diff_id, name, err);
		if (r < 0)
			return err_wrap(err, "image %.12s", img->id);
	}
	return 0;
}

/* {"host/path": {"tag": top layer}}, for the oldest readers */
static void add_repositories(json_t *all, const struct save_image *img)
{
	const char *top = img->diff_ids.n ? hex(img->diff_ids.v[img->diff_ids.n - 1]) : img->id;

	strv_foreach (i, text, &img->names) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *name = NULL;

		if (ref_parse(text, &ref, NULL) < 0)
			continue;
		name = ref_name(&ref);
		if (!json_object_get(all, name))
			json_object_set_new(all, name, json_object());
		json_set_str(json_object_get(all, name), ref.tag, top);
	}
}

int save_docker_archive(struct save *s, struct err *err)
{
	_cleanup_json_ json_t *all = json_array(), *repositories = json_object();
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct save_image *img = &s->v[i];
		json_t *one = json_object(), *layers = json_array();
		char name[72];

		snprintf(name, sizeof(name), "%.64s.json", img->id);
		json_array_append_new(all, one);
		json_set_str(one, "Config", name);
		json_object_set_new(
			one, "RepoTags", img->names.n ? json_from_strv(&img->names) : json_null());
		json_object_set_new(one, "Layers", layers);
		r = put_tars(s, img, layers, err);
		if (r == 0)
			r = put_config(s, img, name, err);
		add_repositories(repositories, img);
		memcpy(s->written, img->digest, sizeof(s->written));
	}
	if (r == 0)
		r = put_json(s, "repositories", repositories, err);
	return r < 0 ? r : put_json(s, "manifest.json", all, err);
}

static void file_name(const char *digest, char ret[96])
{
	snprintf(ret, 96, "%.64s", hex(digest));
}

int save_dir(struct save *s, struct err *err)
{
	const struct save_image *img = &s->v[0];
	bool docker = s->docker < 0 ? push_manifest_is_docker(img->m) : s->docker;
	_cleanup_free_ struct push_blob *blobs = xcalloc(img->diff_ids.n + 1, sizeof(*blobs));
	_cleanup_buf_ struct buf manifest = {0};
	int r = outbox_put(s->out, "version", DIR_VERSION, strlen(DIR_VERSION), err);

	if (r == 0)
		r = save_layers(s, img, docker, file_name, blobs, err);
	if (r == 0)
		r = put_config(s, img, img->id, err);
	if (r < 0)
		return r;
	save_manifest(s, img, docker, blobs, &manifest);
	return outbox_put(s->out, "manifest.json", manifest.data, manifest.len, err);
}
