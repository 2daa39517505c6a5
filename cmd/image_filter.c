#include "cmd/image_filter.h"

#include "runtime/base/parse.h"
#include "storage/ref.h"

#include <fnmatch.h>

static int bad(struct err *err, const char *text, const char *why)
{
	return err_say(err, ERR_USAGE, "--filter \"%.200s\": %s", text, why);
}

static int created_of(const struct store *s, const char *name, int64_t *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = image_find(s, name, &img, err);

	if (r < 0)
		return r;
	*ret = img.created;
	return 0;
}

static int parse_flag(const char *text, const char *value, int *ret, struct err *err)
{
	bool b;

	if (parse_bool(value, &b) < 0)
		return bad(err, text, "the value is true or false");
	*ret = b;
	return 0;
}

static int parse_until(const char *text, const char *value, int64_t *ret, struct err *err)
{
	struct timespec now, ts;

	clock_gettime(CLOCK_REALTIME, &now);
	if (parse_time(value, &now, &ts) < 0)
		return bad(err, text, "the value is a time or a duration");
	*ret = (int64_t)ts.tv_sec;
	return 0;
}

static int parse_one(
	const struct store *s, const char *text, struct image_filter *f, struct err *err)
{
	const char *eq = strchr(text, '='), *value = eq ? eq + 1 : NULL;
	_cleanup_free_ char *key = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;

	if (!eq || !*value)
		return bad(err, text, "KEY=VALUE is needed");
	if (str_eq(key, "reference"))
		strv_add(&f->references, value);
	else if (str_eq(key, "label"))
		strv_add(&f->labels, value);
	else if (str_eq(key, "id"))
		strv_add(&f->ids, str_after(value, "sha256:") ? value + strlen("sha256:") : value);
	else if (str_eq(key, "before"))
		return created_of(s, value, &f->before, err);
	else if (str_eq(key, "since") || str_eq(key, "after"))
		return created_of(s, value, &f->since, err);
	else if (str_eq(key, "until"))
		return parse_until(text, value, &f->until, err);
	else if (str_eq(key, "dangling"))
		return parse_flag(text, value, &f->dangling, err);
	else if (str_eq(key, "readonly"))
		return parse_flag(text, value, &f->readonly, err);
	else
		return bad(err, text,
			"known keys are reference, before, since, after, dangling, label, id, "
			"until, readonly");
	return 0;
}

int image_filter_parse(
	const struct store *s, const struct strv *args, struct image_filter *ret, struct err *err)
{
	struct image_filter f = {.dangling = -1, .readonly = -1};

	strv_foreach (i, text, args) {
		int r = parse_one(s, text, &f, err);

		if (r < 0) {
			image_filter_done(&f);
			return r;
		}
	}
	*ret = f;
	return 0;
}

/* "docker.io/library/alpine:3" is also called "library/alpine:3" and "alpine:3", each with and without its tag */
static bool image_filter_reference(const char *pattern, const char *name)
{
	const char *slash = strrchr(name, '/'), *end = strchr(slash ? slash : name, '@');

	if (!end)
		end = strchr(slash ? slash : name, ':');
	for (const char *p = name; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		_cleanup_free_ char *bare =
			end && end > p ? xstrndup(p, (size_t)(end - p)) : xstrdup(p);

		if (fnmatch(pattern, p, FNM_PATHNAME) == 0 ||
			fnmatch(pattern, bare, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

static bool match_labels(const struct strv *wanted, const struct image *img)
{
	const json_t *labels = json_path(img->config, "config", "Labels", NULL);

	strv_foreach (i, want, wanted) {
		const char *eq = strchr(want, '=');
		_cleanup_free_ char *key = eq ? xstrndup(want, (size_t)(eq - want)) : xstrdup(want);
		const char *have = json_get_str(labels, key, NULL);

		if (!have || (eq && !str_eq(have, eq + 1)))
			return false;
	}
	return true;
}

static bool match_name(const struct image_filter *f, const char *name)
{
	if (!f->references.n)
		return true;
	for (size_t i = 0; name && i < f->references.n; i++)
		if (image_filter_reference(f->references.v[i], name))
			return true;
	return false;
}

bool image_filter_match(const struct image_filter *f, const struct image *img, const char *name)
{
	bool id = !f->ids.n;

	strv_foreach (i, prefix, &f->ids)
		id = id || str_after(img->id, prefix);
	if (!id || !match_name(f, name) || !match_labels(&f->labels, img))
		return false;
	if ((f->before && img->created >= f->before) || (f->since && img->created <= f->since) ||
		(f->until && img->created >= f->until))
		return false;
	/* nothing in this store is read-only */
	return (f->dangling < 0 || f->dangling == (img->names.n == 0)) && f->readonly != 1;
}

void image_filter_done(struct image_filter *f)
{
	strv_done(&f->references);
	strv_done(&f->labels);
	strv_done(&f->ids);
}
