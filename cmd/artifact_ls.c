#include "cmd/artifact_gone.h"
#include "cmd/human.h"
#include "cmd/output.h"
#include "storage/artifacts.h"
#include "storage/ref.h"

#define TABLE "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.Created}}\t{{.Size}}"

struct ls_opts {
	char *format;
	bool no_trunc, noheading, quiet;
};

static json_t *make_row(const struct artifact *a, bool full)
{
	const char *created = artifacts_created(a);
	char text[HUMAN_MAX], id[80];
	_cleanup_(ref_done) struct ref ref = {0};
	json_t *j = json_object();
	char *name = NULL;

	if (ref_parse(a->name, &ref, NULL) == 0)
		name = ref_name(&ref);
	json_set_str(j, "Repository", name ? name : a->name);
	json_set_str(j, "Tag", ref.tag ? ref.tag : "");
	json_set_str(j, "Digest", human_id(a->digest, full, id));
	json_set_str(j, "Created", human_since(created, text));
	json_set_str(j, "CreatedAt", human_time(created, text));
	json_set_str(j, "Size", human_size_short(artifacts_size(a), text));
	json_object_set_new(j, "VirtualSize", json_integer((json_int_t)artifacts_size(a)));
	free(name);
	return j;
}

static int run_ls(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct ls_opts *o = opts;
	_cleanup_(artifact_list_done) struct artifact_list all = {0};
	_cleanup_json_ json_t *rows = json_array();
	struct output how = {
		.format = o->format,
		.table = TABLE,
		.noheading = o->noheading,
		.quiet = o->quiet ? "{{.Digest}}" : NULL,
	};
	int r = ctx_store(ctx, err);

	(void)args;
	if (r == 0)
		r = artifacts_list(&ctx->store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		json_array_append_new(rows, make_row(&all.v[i], o->no_trunc));
	return output_list(&how, rows, err);
}

#define O struct ls_opts
static const struct opt ls_opts[] = {
	OPTION_STR(0, "format", O, format, "TEMPLATE", "print with a Go template, or 'json'"),
	OPTION_BOOL(0, "no-trunc", O, no_trunc, "show whole digests"),
	OPTION_BOOL('n', "noheading", O, noheading, "leave the headings out"),
	OPTION_BOOL('q', "quiet", O, quiet, "show digests only"),
	{0},
};

const struct cmd cmd_artifact_ls = {
	.name = "artifact ls",
	.summary = "List the artifacts",
	.opts = ls_opts,
	.opts_size = sizeof(O),
	.run = run_ls,
};
