#include "cmd/search_tags.h"

#include "cmd/output.h"
#include "storage/pull.h"

int search_tags(struct ctx *ctx, const struct access *a, const char *name, int64_t limit,
	const char *format, struct err *err)
{
	struct output how = {.format = format, .table = "{{.Name}}\t{{.Tag}}"};
	struct pull_request req = {.access = *a, .list_tags = true};
	_cleanup_json_ json_t *result = NULL, *rows = json_array();
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *base = NULL;
	_cleanup_strv_ struct strv tags = {0};
	int r;

	r = pull_run_worker(&ctx->store, ctx->rundir, name, &req, &result, err);
	if (r == 0)
		r = ref_parse(json_get_str(result, "name", ""), &ref, err);
	if (r < 0)
		return r;
	base = ref_name(&ref);
	json_get_strv(result, "tags", &tags);
	while ((int64_t)tags.n > limit) {
		tags.n--;
		free(take_ptr(tags.v[tags.n]));
	}
	if (output_is_json(&how))
		json_array_append_new(rows, json_pack("{s:o,s:o}", "Name", json_str(base), "Tags",
						    json_from_strv(&tags)));
	else
		strv_foreach (i, tag, &tags)
			json_array_append_new(rows, json_pack("{s:o,s:o}", "Name", json_str(base),
							    "Tag", json_str(tag)));
	return output_list(&how, rows, err);
}
