#include "cmd/image_rows.h"

#include "cmd/human.h"
#include "runtime/base/clock.h"
#include "storage/image_names.h"
#include "storage/ref.h"

void image_rows_done(struct image_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->v[i].repository);
		free(rows->v[i].tag);
	}
	free(take_ptr(rows->v));
	rows->n = 0;
}

void image_rows_add(struct image_rows *rows, const struct family *all, size_t i, const char *name)
{
	struct image_row row = {.i = i, .img = &all->list->v[i], .name = name};
	_cleanup_(ref_done) struct ref ref = {0};

	if (name && ref_parse(name, &ref, NULL) == 0) {
		row.repository = ref_name(&ref);
		row.tag = xstrdup(ref.tag ? ref.tag : IMAGE_NONE);
	} else {
		row.repository = xstrdup(IMAGE_NONE);
		row.tag = xstrdup(IMAGE_NONE);
	}
	rows->v = xreallocarray(rows->v, rows->n + 1, sizeof(*rows->v));
	rows->v[rows->n++] = row;
}

json_t *image_repo_digests(const struct image *img)
{
	_cleanup_strv_ struct strv list = {0};

	image_digest_refs(img, &list);
	return json_from_strv(&list);
}

static json_t *labels_of(const struct image *img)
{
	const json_t *labels = json_path(img->config, "config", "Labels", NULL);

	return json_is_object(labels) ? json_incref((json_t *)(uintptr_t)labels) : json_null();
}

static char *created_text(const struct image *img, char buf[CLOCK_TEXT_MAX])
{
	struct timespec ts = {.tv_sec = (time_t)img->created};

	return clock_text(&ts, buf);
}

/* what both forms have, under the same names and with the same types */
static json_t *base_row(const struct family *all, size_t i, const struct output *o)
{
	const struct image *img = &all->list->v[i];
	size_t parent = all->parent[i];
	json_t *j = json_object();

	json_set_str(j, "Id", img->id);
	json_set_str(j, "ParentId", parent == SIZE_MAX ? "" : all->list->v[parent].id);
	json_object_set_new(j, "RepoTags", json_from_strv(&img->names));
	json_object_set_new(j, "RepoDigests", image_repo_digests(img));
	json_object_set_new(j, "SharedSize", json_integer(0));
	json_object_set_new(j, "Labels", labels_of(img));
	if (output_uses(o, "Containers"))
		json_object_set_new(j, "Containers", json_integer((json_int_t)all->containers[i]));
	json_object_set_new(j, "Names", json_from_strv(&img->names));
	json_set_str(j, "Digest", img->digest);
	json_object_set_new(j, "Dangling", json_boolean(family_is_dangling(all, i)));
	json_object_set_new(j, "ReadOnly", json_boolean(img->shared != NULL));
	json_set_str(j, "Arch", json_get_str(img->config, "architecture", ""));
	json_set_str(j, "Os", json_get_str(img->config, "os", ""));
	json_object_set_new(j, "IsManifestList", json_boolean(img->is_list));
	return j;
}

static json_t *json_row(const struct family *all, size_t i, const struct output *o)
{
	const struct image *img = &all->list->v[i];
	json_t *j = base_row(all, i, o);
	char when[CLOCK_TEXT_MAX];

	json_object_set_new(j, "Size", json_integer((json_int_t)img->size));
	json_object_set_new(j, "VirtualSize", json_integer((json_int_t)img->size));
	json_object_set_new(j, "History", json_from_strv(&img->history));
	json_object_set_new(j, "Created", json_integer((json_int_t)img->created));
	json_set_str(j, "CreatedAt", created_text(img, when));
	return j;
}

/* what a line shows */
static json_t *shown_row(const struct family *all, const struct image_row *row,
	const struct output *o, bool no_trunc)
{
	const struct image *img = row->img;
	_cleanup_free_ char *history = strv_join(&img->history, ", ");
	char when[CLOCK_TEXT_MAX], text[HUMAN_MAX], id[80];
	json_t *j = base_row(all, row->i, o);

	/* in templates what is empty is no unknown value */
	if (json_is_null(json_object_get(j, "Labels")))
		json_object_set_new(j, "Labels", json_object());
	created_text(img, when);
	if (no_trunc) {
		_cleanup_free_ char *full = xasprintf("sha256:%s", img->id);

		json_set_str(j, "ID", full);
	} else {
		json_set_str(j, "ID", human_id(img->id, false, id));
	}
	json_set_str(j, "Repository", row->repository);
	json_set_str(j, "Tag", row->tag);
	json_set_str(j, "Created", human_since(when, text));
	json_set_str(j, "CreatedSince", text);
	json_set_str(j, "CreatedAt", human_time(when, text));
	json_set_str(j, "CreatedTime", text);
	json_set_str(j, "Size", human_size(img->size, text));
	json_set_str(j, "VirtualSize", text);
	json_set_str(j, "History", history[0] ? history : IMAGE_NONE);
	return j;
}

json_t *image_rows_make(const struct image_rows *rows, const struct family *all,
	const struct output *o, bool once, bool no_trunc)
{
	_cleanup_free_ bool *seen = xcalloc(all->list->n + 1, sizeof(*seen));
	json_t *array = json_array();

	for (size_t k = 0; k < rows->n; k++) {
		const struct image_row *row = &rows->v[k];

		if (!once || !seen[row->i])
			json_array_append_new(array, output_is_json(o)
							     ? json_row(all, row->i, o)
							     : shown_row(all, row, o, no_trunc));
		seen[row->i] = true;
	}
	return array;
}
