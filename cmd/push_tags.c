#include "cmd/push_tags.h"

#include "storage/image.h"
#include "storage/pull.h"
#include "storage/ref.h"

/* the repository of a reference; NULL for what is none, or has no tag */
static char *repository(const char *name)
{
	_cleanup_(ref_done) struct ref ref = {0};

	return ref_parse(name, &ref, NULL) == 0 && ref.tag ? ref_name(&ref) : NULL;
}

/* what the name may mean, as when one tag is pushed */
static void find_repositories(const char *name, struct strv *ret)
{
	_cleanup_strv_ struct strv names = {0};
	char *own = repository(name);

	if (own)
		strv_take(ret, own);
	pull_names(name, &names, NULL);
	strv_foreach (i, one, &names) {
		char *more = repository(one);

		if (more)
			strv_take(ret, more);
	}
}

static void add_names(const struct image *img, const struct strv *repositories, struct strv *ret)
{
	strv_foreach (i, name, &img->names) {
		_cleanup_free_ char *its = repository(name);

		if (its && strv_has(repositories, its) && !strv_has(ret, name))
			strv_add(ret, name);
	}
}

int push_tags(const struct store *s, const char *name, struct strv *ret, struct err *err)
{
	_cleanup_(image_list_done) struct image_list all = {0};
	_cleanup_strv_ struct strv repositories = {0};
	const char *last = strrchr(name, '/');
	int r;

	if (strpbrk(last ? last : name, ":@"))
		return err_say(
			err, ERR_USAGE, "%s: a tag or digest cannot be used with --all-tags", name);
	r = image_list(s, &all, NULL, err);
	if (r < 0)
		return r;
	find_repositories(name, &repositories);
	for (size_t i = 0; i < all.n; i++)
		add_names(&all.v[i], &repositories, ret);
	strv_sort(ret);
	return ret->n ? 0 : err_say(err, ERR_NO_OBJECT, "no image is called %s:TAG", name);
}
