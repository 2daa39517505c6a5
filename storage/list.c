#include "storage/list.h"

#include "runtime/base/fs.h"
#include "storage/image_find.h"
#include "storage/platform.h"
#include "storage/ref.h"

int list_find(const struct store *s, const char *name, struct image *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = image_find_any(s, name, &img, err);

	if (r == -ERR_NO_OBJECT) {
		err_say(err, ERR_NO_OBJECT, "no such manifest list: %.300s", name);
		err_hint(err, "make it with 'rl manifest create %.180s'", name);
	}
	if (r < 0)
		return r;
	if (!img.is_list)
		return err_say(err, EINVAL, "%.300s is an image, not a manifest list", name);
	*ret = img;
	img = (struct image){0};
	return 0;
}

json_t *list_sources(const struct store *s, const char *id)
{
	_cleanup_free_ char *path = xasprintf("images/%.64s/list.json", id);
	_cleanup_json_ json_t *j = NULL;
	json_t *sources;

	if (json_read_at(s->fd, path, &j, NULL) < 0)
		return json_object();
	sources = json_object_get(j, "sources");
	return json_is_object(sources) ? json_incref(sources) : json_object();
}

/* the platform as an entry says it; borrows its strings */
static struct platform entry_platform(const json_t *entry)
{
	const json_t *p = json_object_get(entry, "platform");

	return (struct platform){
		.os = (char *)(uintptr_t)json_get_str(p, "os", ""),
		.arch = (char *)(uintptr_t)json_get_str(p, "architecture", ""),
		.variant = (char *)(uintptr_t)json_get_str(p, "variant", ""),
	};
}

/* an image by the digest of its manifest */
static struct image *by_digest(struct image_list *l, const char *digest)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].is_list && str_eq(l->v[i].digest, digest))
			return &l->v[i];
	return NULL;
}

int list_choose(const struct store *s, const struct image *list, const char *name,
	struct image *ret, struct err *err)
{
	const json_t *entries = json_object_get(list->manifest, "manifests"), *entry;
	_cleanup_(image_list_done) struct image_list all = {0};
	_cleanup_(platform_done) struct platform host = {0};
	_cleanup_free_ char *text = NULL;
	struct image *best = NULL;
	unsigned best_rank = 0;
	size_t i;
	int r = image_list(s, &all, NULL, err);

	if (r < 0)
		return r;
	platform_host(&host);
	json_array_foreach (entries, i, entry) {
		struct platform have = entry_platform(entry);
		unsigned rank = platform_rank(&host, &have);
		struct image *img = by_digest(&all, json_get_str(entry, "digest", ""));

		if (img && rank > best_rank) {
			best = img;
			best_rank = rank;
		}
	}
	if (best) {
		*ret = *best;
		*best = (struct image){0};
		return 0;
	}
	text = platform_text(&host);
	err_say(err, ENOENT, "%.300s is a manifest list, and no image of it for %s is here", name,
		text);
	return err_hint(err, "'rl manifest inspect %.180s' shows what is in it", name);
}
