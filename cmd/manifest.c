#include "cmd/manifest.h"

#include "cmd/output.h"
#include "storage/reclaim.h"

int manifest_begin(struct ctx *ctx, const struct access_flags *f, struct progress *p,
	struct list_work *ret, struct err *err)
{
	static const struct access_flags none = {.retry = ACCESS_RETRY_DEFAULT};
	struct list_work w = {.driver = ctx->storage_driver, .arg = p};
	int r = access_parse(f ? f : &none, &w.access, err);

	if (r == 0)
		r = ctx_store(ctx, err);
	if (r == 0)
		r = ctx_run(ctx, err);
	if (r < 0)
		return r;
	w.store = &ctx->store;
	w.rundir = ctx->rundir;
	if (p) {
		w.progress = progress_event;
		w.note = progress_note;
	}
	*ret = w;
	return 0;
}

int manifest_remove_list(struct ctx *ctx, const char *id, struct strv *report, struct err *err)
{
	int r = image_remove(&ctx->store, id, report, err);

	/* best effort, as with rmi */
	reclaim_trash(&ctx->store, ctx->rundir);
	return r;
}

int manifest_annotations(const struct strv *texts, json_t *request, struct err *err)
{
	json_t *all = json_object();

	json_object_set_new(request, "annotations", all);
	strv_foreach (i, text, texts) {
		const char *eq = strchr(text, '=');
		_cleanup_free_ char *key = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;

		if (str_empty(key))
			return err_say(
				err, ERR_USAGE, "--annotation is KEY=VALUE, not \"%.200s\"", text);
		json_set_str(all, key, eq + 1);
	}
	return 0;
}

int manifest_entry_change(const struct manifest_entry *e, json_t *request, struct err *err)
{
	json_t *change = json_object();

	json_object_set_new(request, "change", change);
	json_set_str(change, "arch", e->arch);
	json_set_str(change, "os", e->os);
	json_set_str(change, "osVersion", e->os_version);
	json_set_str(change, "variant", e->variant);
	json_set_strv(change, "features", &e->features);
	json_set_strv(change, "osFeatures", &e->os_features);
	return manifest_annotations(&e->annotations, change, err);
}

int manifest_change(const struct list_work *w, const char *list, json_t *request, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	_cleanup_json_ json_t *result = NULL;
	int r = list_find(w->store, list, &img, err);

	if (r == 0)
		r = image_check_own(&img, "changed", err);
	if (r < 0)
		return r;
	json_set_str(request, "id", img.id);
	r = list_work_run(w, request, &result, err);
	if (r == 0)
		output_printf("%s\n", json_get_str(result, "id", ""));
	return r;
}
