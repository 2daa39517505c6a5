#include "cmd/manifest_artifact.h"

#include "cmd/artifact_files.h"

int manifest_artifact_check(const struct artifact_flags *f, bool all, struct err *err)
{
	if (f->wanted)
		return all ? err_say(err, ERR_USAGE, "--all and --artifact exclude each other") : 0;
	if (f->config || f->config_type || f->exclude_titles || f->layer_type || f->subject ||
		f->type)
		return err_say(err, ERR_USAGE, "options for artifacts need --artifact");
	return 0;
}

int manifest_artifact_add(struct list_work *w, const struct artifact_flags *f,
	const struct strv *args, json_t *request, struct err *err)
{
	_cleanup_(artifact_files_done) struct artifact_files files = {0};
	json_t *what =
		json_pack("{s:b,s:b}", "config", f->config != NULL, "titles", !f->exclude_titles);
	int r = artifact_files_open(f->config, args, what, &files, err);

	json_set_str(what, "type", f->type);
	json_set_str(what, "configType", f->config_type);
	json_set_str(what, "layerType", f->layer_type);
	json_object_set_new(request, "artifact", what);
	json_set_str(request, "op", "add-artifact");
	if (r == 0 && f->subject)
		r = list_work_subject(w, f->subject, request, err);
	if (r < 0)
		return r;
	w->files = files.v;
	w->n_files = files.n;
	r = manifest_change(w, args->v[0], request, err);
	w->files = NULL;
	w->n_files = 0;
	return r;
}
