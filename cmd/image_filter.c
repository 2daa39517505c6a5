#include "cmd/image_filter.h"

#include "runtime/base/parse.h"
#include "storage/image_find.h"
#include "storage/ref.h"

#include <fnmatch.h>

struct subject {
	const struct family *all;
	size_t i;
	const struct image *img;
	const char *name;
};

typedef bool match_fn(const struct image_test *t, const struct subject *s);

/* "docker.io/library/alpine:3" is also called "library/alpine:3" and "alpine:3", each with and without its tag */
static bool match_reference(const struct image_test *t, const struct subject *s)
{
	const char *slash, *end;

	if (!s->name)
		return false;
	slash = strrchr(s->name, '/');
	end = strchr(slash ? slash : s->name, '@');
	if (!end)
		end = strchr(slash ? slash : s->name, ':');
	for (const char *p = s->name; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
		_cleanup_free_ char *bare =
			end && end > p ? xstrndup(p, (size_t)(end - p)) : xstrdup(p);

		if (fnmatch(t->value, p, FNM_PATHNAME) == 0 ||
			fnmatch(t->value, bare, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

static bool match_label(const struct image_test *t, const struct subject *s)
{
	const json_t *labels = json_path(s->img->config, "config", "Labels", NULL);
	const char *eq = strchr(t->value, '=');
	_cleanup_free_ char *key =
		eq ? xstrndup(t->value, (size_t)(eq - t->value)) : xstrdup(t->value);
	const char *have = json_get_str(labels, key, NULL);

	return have && (!eq || str_eq(have, eq + 1));
}

static bool match_id(const struct image_test *t, const struct subject *s)
{
	const char *hex = str_after(t->value, "sha256:");

	return str_after(s->img->id, hex ? hex : t->value);
}

static bool match_digest(const struct image_test *t, const struct subject *s)
{
	const char *hex = str_after(s->img->digest, "sha256:");

	return str_after(s->img->digest, t->value) || (hex && str_after(hex, t->value));
}

static bool match_before(const struct image_test *t, const struct subject *s)
{
	return s->img->created < t->time;
}

static bool match_since(const struct image_test *t, const struct subject *s)
{
	return s->img->created > t->time;
}

static bool match_dangling(const struct image_test *t, const struct subject *s)
{
	return family_is_dangling(s->all, s->i) == t->flag;
}

static bool match_intermediate(const struct image_test *t, const struct subject *s)
{
	return (s->img->names.n == 0 && s->all->children[s->i] > 0) == t->flag;
}

static bool match_containers(const struct image_test *t, const struct subject *s)
{
	return (s->all->containers[s->i] > 0) == t->flag;
}

static bool match_manifest(const struct image_test *t, const struct subject *s)
{
	return s->img->is_list == t->flag;
}

/* what another store has is */
static bool match_readonly(const struct image_test *t, const struct subject *s)
{
	return t->flag == (s->img->shared != NULL);
}

enum value_type { VALUE_TEXT, VALUE_FLAG, VALUE_TIME, VALUE_IMAGE };

static const struct kind {
	const char *key;
	enum value_type type;
	match_fn *match;
} kinds[] = {
	{"after", VALUE_IMAGE, match_since},
	{"before", VALUE_IMAGE, match_before},
	{"containers", VALUE_FLAG, match_containers},
	{"dangling", VALUE_FLAG, match_dangling},
	{"digest", VALUE_TEXT, match_digest},
	{"id", VALUE_TEXT, match_id},
	{"intermediate", VALUE_FLAG, match_intermediate},
	{"label", VALUE_TEXT, match_label},
	{"manifest", VALUE_FLAG, match_manifest},
	{"readonly", VALUE_FLAG, match_readonly},
	{"reference", VALUE_TEXT, match_reference},
	{"since", VALUE_IMAGE, match_since},
	{"until", VALUE_TIME, match_before},
};

static int bad(struct err *err, const char *text, const char *why)
{
	return err_say(err, ERR_USAGE, "--filter \"%.200s\": %s", text, why);
}

static bool is_allowed(const char *const *allowed, const char *key)
{
	if (!allowed)
		return true;
	for (; *allowed; allowed++)
		if (str_eq(*allowed, key))
			return true;
	return false;
}

static int unknown(const char *text, const char *const *allowed, struct err *err)
{
	_cleanup_buf_ struct buf known = {0};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (is_allowed(allowed, kinds[i].key))
			buf_addf(&known, "%s%s", known.len ? ", " : "", kinds[i].key);
	bad(err, text, "this filter is not known here");
	return err_hint(
		err, "filters are KEY=VALUE or KEY!=VALUE, with the keys %s", buf_str(&known));
}

static int parse_value(
	const struct store *s, const char *text, struct image_test *t, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	struct timespec now, ts;
	int r;

	switch (kinds[t->kind].type) {
	case VALUE_FLAG:
		return parse_bool(t->value, &t->flag) < 0
			       ? bad(err, text, "the value is true or false")
			       : 0;
	case VALUE_TIME:
		clock_gettime(CLOCK_REALTIME, &now);
		if (parse_time(t->value, &now, &ts) < 0)
			return bad(err, text, "the value is a time or a duration");
		t->time = (int64_t)ts.tv_sec;
		return 0;
	case VALUE_IMAGE:
		r = image_find_any(s, t->value, &img, err);
		t->time = img.created;
		return r;
	default:
		return 0;
	}
}

static int parse_one(const struct store *s, const char *text, const char *const *allowed,
	struct image_test *ret, struct err *err)
{
	struct image_test t = {.kind = SIZE_MAX};
	const char *eq = strchr(text, '=');
	_cleanup_free_ char *key = NULL;
	int r;

	if (!eq || eq == text || !eq[1])
		return bad(err, text, "KEY=VALUE is needed");
	t.negated = eq[-1] == '!';
	key = xstrndup(text, (size_t)(eq - text) - t.negated);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].key, key) && is_allowed(allowed, key))
			t.kind = i;
	if (t.kind == SIZE_MAX)
		return unknown(text, allowed, err);
	t.value = xstrdup(eq + 1);
	r = parse_value(s, text, &t, err);
	if (r < 0) {
		free(t.value);
		return r;
	}
	*ret = t;
	return 0;
}

static void add(struct image_filter *f, const struct image_test *t)
{
	f->v = xreallocarray(f->v, f->n + 1, sizeof(*f->v));
	f->v[f->n++] = *t;
}

int image_filter_parse(const struct store *s, const struct strv *args, const char *const *allowed,
	struct image_filter *ret, struct err *err)
{
	struct image_filter f = {0};

	strv_foreach (i, text, args) {
		struct image_test t;
		int r = parse_one(s, text, allowed, &t, err);

		if (r < 0) {
			image_filter_done(&f);
			return r;
		}
		add(&f, &t);
	}
	*ret = f;
	return 0;
}

void image_filter_reference(struct image_filter *f, const char *pattern)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].key, "reference"))
			add(f, &(struct image_test){.kind = i, .value = xstrdup(pattern)});
}

bool image_filter_has(const struct image_filter *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(kinds[f->v[i].kind].key, key))
			return true;
	return false;
}

bool image_filter_match(
	const struct image_filter *f, const struct family *all, size_t i, const char *name)
{
	const struct subject s = {all, i, &all->list->v[i], name};

	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		bool each = str_eq(kinds[kind].key, "label"), any = false, given = false;

		for (size_t k = 0; k < f->n; k++) {
			const struct image_test *t = &f->v[k];
			bool yes;

			if (t->kind != kind)
				continue;
			yes = kinds[kind].match(t, &s) != t->negated;
			if (!yes && (each || t->negated))
				return false;
			given = given || !t->negated;
			any = any || (yes && !t->negated);
		}
		if (given && !any)
			return false;
	}
	return true;
}

void image_filter_done(struct image_filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].value);
	free(take_ptr(f->v));
	f->n = 0;
}
