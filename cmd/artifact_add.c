#include "cmd/artifact_files.h"
#include "cmd/artifact_gone.h"
#include "cmd/manifest.h"
#include "cmd/output.h"
#include "storage/artifacts.h"

struct add_opts {
	struct strv annotations;
	char *file_type, *type;
	bool append, replace;
};

static int check_opts(const struct add_opts *o, struct err *err)
{
	if (o->append && o->replace)
		return err_say(err, ERR_USAGE, "--append and --replace exclude each other");
	if (o->append && o->type)
		return err_say(err, ERR_USAGE,
			"--append and --type exclude each other: an artifact keeps its type");
	return 0;
}

static int run_add(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct add_opts *o = opts;
	_cleanup_(artifact_files_done) struct artifact_files files = {0};
	_cleanup_json_ json_t *result = NULL, *what = json_object(),
			      *request = json_pack("{s:s,s:O,s:b,s:b}", "op", "add", "artifact",
				      what, "append", o->append, "replace", o->replace);
	_cleanup_free_ char *name = NULL;
	struct list_work w = {0};
	int r = check_opts(o, err);

	if (r == 0)
		r = manifest_annotations(&o->annotations, what, err);
	if (r == 0)
		r = artifacts_name(args->v[0], &name, err);
	if (r == 0)
		r = manifest_begin(ctx, NULL, NULL, &w, err);
	if (r == 0)
		r = artifact_files_open(NULL, args, what, &files, err);
	if (r < 0)
		return r;
	json_set_str(request, "name", name);
	json_set_str(what, "type", o->type);
	json_set_str(what, "layerType", o->file_type);
	w.files = files.v;
	w.n_files = files.n;
	r = list_work_do(&w, "artifact", request, &result, err);
	if (r < 0)
		return r;
	artifact_told(ctx, "create", result);
	return 0;
}

#define O struct add_opts
static const struct opt add_opts[] = {
	OPTION_STRV(0, "annotation", O, annotations, "KEY=VALUE",
		"annotate the artifact and each file; org.opencontainers.image.title gives it "
		"another name"),
	OPTION_BOOL('a', "append", O, append, "add the files to an artifact that is there"),
	OPTION_STR(0, "file-type", O, file_type, "TYPE",
		"media type of the files (default: by name and contents)"),
	OPTION_BOOL(0, "replace", O, replace, "make it anew if there is one of this name"),
	OPTION_STR(0, "type", O, type, "TYPE", "type of the artifact"),
	{0},
};

const struct cmd cmd_artifact_add = {
	.name = "artifact add",
	.args = "ARTIFACT FILE [FILE...]",
	.min = 2,
	.max = -1,
	.summary = "Make an artifact of files, or add files to one",
	.details =
		"An artifact is a set of files under a name as images have them, which registries "
		"keep beside images. A name without a registry belongs to localhost.",
	.opts = add_opts,
	.opts_size = sizeof(O),
	.run = run_add,
};
