#include "storage/family.h"

#include "runtime/base/fs.h"

bool family_is_parent(const struct image *a, const struct image *b)
{
	const json_t *mine = json_object_get(a->config, "history"),
		     *other = json_object_get(b->config, "history");
	size_t n = json_array_size(mine);

	/* strictly longer: two images of the same steps are twins */
	if (a->diff_ids.n > b->diff_ids.n || json_array_size(other) <= n)
		return false;
	for (size_t i = 0; i < a->diff_ids.n; i++)
		if (!str_eq(a->diff_ids.v[i], b->diff_ids.v[i]))
			return false;
	for (size_t i = 0; i < n; i++)
		if (!json_equal(json_array_get(mine, i), json_array_get(other, i)))
			return false;
	/* without a history any image without layers would be the parent of all */
	return n > 0;
}

static size_t steps(const struct image *img)
{
	return json_array_size(json_object_get(img->config, "history"));
}

void family_init(struct family *f, const struct image_list *list)
{
	*f = (struct family){.list = list,
		.parent = xcalloc(list->n + 1, sizeof(*f->parent)),
		.children = xcalloc(list->n + 1, sizeof(*f->children)),
		.containers = xcalloc(list->n + 1, sizeof(*f->containers))};
	for (size_t i = 0; i < list->n; i++) {
		size_t best = SIZE_MAX;

		for (size_t k = 0; k < list->n; k++)
			if (k != i && family_is_parent(&list->v[k], &list->v[i]) &&
				(best == SIZE_MAX || steps(&list->v[k]) > steps(&list->v[best])))
				best = k;
		f->parent[i] = best;
		if (best != SIZE_MAX)
			f->children[best]++;
	}
}

size_t family_index(const struct family *f, const char *id)
{
	for (size_t i = 0; i < f->list->n; i++)
		if (str_eq(f->list->v[i].id, id))
			return i;
	return SIZE_MAX;
}

void family_count_containers(struct family *f, const struct store *s)
{
	_cleanup_strv_ struct strv ids = {0};

	if (f->counted)
		return;
	f->counted = true;
	fs_list_at(s->fd, "containers", &ids, NULL);
	strv_foreach (i, id, &ids) {
		_cleanup_free_ char *path = xasprintf("containers/%s/container.json", id);
		_cleanup_json_ json_t *record = NULL;
		size_t at;

		if (json_read_at(s->fd, path, &record, NULL) < 0)
			continue;
		at = family_index(f, json_get_str(record, "imageId", ""));
		if (at != SIZE_MAX)
			f->containers[at]++;
	}
}

bool family_is_dangling(const struct family *f, size_t i)
{
	return f->list->v[i].names.n == 0 && f->children[i] == 0;
}

void family_done(struct family *f)
{
	free(take_ptr(f->parent));
	free(take_ptr(f->children));
	free(take_ptr(f->containers));
}
