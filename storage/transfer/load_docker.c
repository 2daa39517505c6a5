#include "storage/transfer/load.h"

#include "storage/ref.h"
#include "storage/transfer/ingest.h"

/* {"Config": file, "RepoTags": [names] or null, "Layers": [files]} */
static int read_entry(
	struct bundle *b, const json_t *entry, struct load_image *img, struct err *err)
{
	const json_t *files = json_object_get(entry, "Layers"), *ids, *file;
	const char *config_file = json_get_str(entry, "Config", NULL);
	_cleanup_json_ json_t *config = NULL;
	size_t i;
	int r;

	if (!config_file || !json_is_array(files))
		return err_say(
			err, EBADMSG, "manifest.json is malformed: Config or Layers is missing");
	if (json_array_size(files) > LOAD_LAYERS_MAX)
		return err_say(err, EBADMSG, "the image has more than %d layers", LOAD_LAYERS_MAX);
	img->config.cap = JSON_RECORD_CAP;
	r = bundle_read(b, config_file, &img->config, err);
	if (r == 0)
		r = json_parse(buf_str(&img->config), img->config.len, config_file, &config, err);
	if (r < 0)
		return r;
	ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	if (json_array_size(ids) != json_array_size(files))
		return err_say(err, EBADMSG, "%s lists another number of layers than manifest.json",
			config_file);
	json_array_foreach (files, i, file) {
		const char *diff_id = json_string_value(json_array_get(ids, i));

		if (!json_is_string(file) || !ref_digest_ok(diff_id))
			return err_say(err, EBADMSG, "%s has a malformed DiffID", config_file);
		load_image_add(img, json_string_value(file), NULL, diff_id, 0);
	}
	return 0;
}

static int count(const struct load *l, const json_t *all, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	size_t i, wanted = 0;
	const json_t *entry;

	json_array_foreach (all, i, entry) {
		_cleanup_strv_ struct strv own = {0};

		json_get_strv(entry, "RepoTags", &own);
		wanted += load_wants(l, i, &own);
		json_get_strv(entry, "RepoTags", &names);
	}
	return load_check_wanted(l, wanted, &names, err);
}

/* of the names of the one image that was asked for, only that goes along */
static void keep_asked(const struct load *l, struct strv *names)
{
	if (!l->reference || l->reference[0] == '@')
		return;
	strv_done(names);
	strv_add(names, l->reference);
}

int load_docker(struct load *l, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = JSON_RECORD_CAP};
	_cleanup_json_ json_t *all = NULL;
	json_t *entry;
	size_t i;
	int r = bundle_read(l->b, "manifest.json", &text, err);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, "manifest.json", &all, err);
	if (r < 0)
		return r;
	if (!json_is_array(all) || !json_array_size(all) || json_array_size(all) > LOAD_IMAGES_MAX)
		return err_say(err, EBADMSG, "manifest.json must be a list of 1 to %d images",
			LOAD_IMAGES_MAX);
	r = count(l, all, err);
	json_array_foreach (all, i, entry) {
		_cleanup_(load_image_done) struct load_image img = {0};

		if (r < 0)
			return r;
		json_get_strv(entry, "RepoTags", &img.names);
		if (!load_wants(l, i, &img.names))
			continue;
		keep_asked(l, &img.names);
		r = read_entry(l->b, entry, &img, err);
		if (r == 0)
			r = load_image(l, &img, err);
	}
	return r;
}
