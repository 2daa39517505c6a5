#include "storage/transfer/index.h"

#include "storage/platform.h"
#include "storage/transfer/http_url.h"
#include "storage/transfer/manifest.h"

#include <ctype.h>

#define TEXT_MAX  4096 /* of an annotation's value */
#define WORD_MAX  128  /* of a platform's members */
#define WORDS_MAX 64

json_t *index_new(void)
{
	json_t *j = json_object();

	json_object_set_new(j, "schemaVersion", json_integer(2));
	json_set_str(j, "mediaType", manifest_type(false, true));
	json_object_set_new(j, "manifests", json_array());
	return j;
}

static json_t *entries(const json_t *index)
{
	return json_object_get(index, "manifests");
}

/* what goes into a platform: letters, digits and a little punctuation, not too many of them */
static bool word_ok(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("._-+", s[n])))
		n++;
	return n > 0 && n <= WORD_MAX && !s[n];
}

static void copy_word(json_t *to, const char *name, const json_t *from, const char *key)
{
	const char *s = json_get_str(from, key, "");

	if (word_ok(s))
		json_set_str(to, name, s);
}

static void copy_words(json_t *to, const json_t *from, const char *key)
{
	_cleanup_strv_ struct strv words = {0}, good = {0};

	json_get_strv(from, key, &words);
	strv_foreach (i, w, &words)
		if (word_ok(w) && good.n < WORDS_MAX)
			strv_add(&good, w);
	if (good.n)
		json_set_strv(to, key, &good);
}

/* @from: an image's configuration or a platform, which have the same members */
static json_t *make_platform(const json_t *from)
{
	static const char *const words[] = {"architecture", "os", "os.version"};
	json_t *p = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		copy_word(p, words[i], from, words[i]);
	copy_words(p, from, "os.features");
	copy_word(p, "variant", from, "variant");
	copy_words(p, from, "features");
	return p;
}

static void set_platform(json_t *entry, json_t *platform)
{
	if (json_object_size(platform))
		json_object_set(entry, "platform", platform);
	json_decref(platform);
}

json_t *index_entry(const char *media_type, const char *digest, uint64_t size, const json_t *config)
{
	json_t *e = json_object();

	json_set_str(e, "mediaType", media_type);
	json_set_str(e, "digest", digest);
	json_object_set_new(e, "size", json_integer((json_int_t)size));
	set_platform(e, make_platform(config));
	return e;
}

static void copy_annotations(json_t *to, const json_t *from)
{
	json_t *annotations = json_object_get(from, "annotations"), *value;
	json_t *good = json_object();
	const char *key;

	json_object_foreach (annotations, key, value)
		if (json_is_string(value))
			json_object_set(good, key, value);
	if (json_object_size(good))
		json_object_set(to, "annotations", good);
	json_decref(good);
}

json_t *index_copy_entry(const json_t *entry)
{
	json_t *e = index_entry(json_get_str(entry, "mediaType", ""),
		json_get_str(entry, "digest", ""), (uint64_t)json_get_int(entry, "size", 0),
		json_object_get(entry, "platform"));
	const char *artifact = json_get_str(entry, "artifactType", NULL);

	json_set_str(e, "artifactType", artifact);
	copy_annotations(e, entry);
	return e;
}

static size_t position(const json_t *index, const char *digest)
{
	const json_t *e;
	size_t i;

	json_array_foreach (entries(index), i, e)
		if (str_eq(json_get_str(e, "digest", ""), digest))
			return i;
	return SIZE_MAX;
}

json_t *index_find(const json_t *index, const char *digest)
{
	size_t i = position(index, digest);

	return i == SIZE_MAX ? NULL : json_array_get(entries(index), i);
}

int index_add(json_t *index, json_t *entry, struct err *err)
{
	size_t i = position(index, json_get_str(entry, "digest", ""));

	if (i != SIZE_MAX) {
		json_array_set(entries(index), i, entry);
		return 0;
	}
	if (json_array_size(entries(index)) >= MANIFEST_ENTRIES_MAX)
		return err_say(err, E2BIG, "the list has %d entries; no more are allowed",
			MANIFEST_ENTRIES_MAX);
	json_array_append(entries(index), entry);
	return 0;
}

int index_remove(json_t *index, const char *digest, struct err *err)
{
	size_t i = position(index, digest);

	if (i == SIZE_MAX)
		return err_say(err, ERR_NO_OBJECT, "the list has no entry %.100s", digest);
	json_array_remove(entries(index), i);
	return 0;
}

static int bad_word(struct err *err, const char *what, const char *s)
{
	_cleanup_free_ char *shown = http_printable(s, 100);

	err_say(err, ERR_USAGE, "%s cannot be \"%s\"", what, shown);
	return err_hint(err, "it is letters, digits, '.', '_', '-' and '+'");
}

static int change_word(
	json_t *platform, const char *name, const json_t *change, const char *key, struct err *err)
{
	const char *s = json_get_str(change, key, NULL);

	if (!s)
		return 0;
	if (!word_ok(s))
		return bad_word(err, name, s);
	json_set_str(platform, name, s);
	return 0;
}

/* other names of an architecture become the usual one, and bring the variant that they mean */
static int change_arch(json_t *platform, const json_t *change, struct err *err)
{
	const char *s = json_get_str(change, "arch", NULL);
	struct platform p = {0};

	if (!s)
		return 0;
	if (!word_ok(s))
		return bad_word(err, "architecture", s);
	platform_set_arch(&p, s);
	json_set_str(platform, "architecture", p.arch);
	if (!str_empty(p.variant))
		json_set_str(platform, "variant", p.variant);
	platform_done(&p);
	return 0;
}

static int change_words(
	json_t *platform, const char *name, const json_t *change, const char *key, struct err *err)
{
	_cleanup_strv_ struct strv words = {0};

	json_get_strv(change, key, &words);
	if (!words.n)
		return 0;
	if (words.n > WORDS_MAX)
		return err_say(err, ERR_USAGE, "%s: at most %d", name, WORDS_MAX);
	strv_foreach (i, w, &words)
		if (!word_ok(w))
			return bad_word(err, name, w);
	json_set_strv(platform, name, &words);
	return 0;
}

static int add_annotations(json_t *to, const json_t *annotations, struct err *err)
{
	json_t *all = json_object_get(to, "annotations"), *value;
	const char *key;

	if (!json_object_size(annotations))
		return 0;
	if (!json_is_object(all)) {
		all = json_object();
		json_object_set_new(to, "annotations", all);
	}
	json_object_foreach ((json_t *)(uintptr_t)annotations, key, value) {
		if (!*key || !json_is_string(value) || json_string_length(value) > TEXT_MAX)
			return err_say(err, ERR_USAGE,
				"an annotation needs a name, and a value of at most %d bytes",
				TEXT_MAX);
		json_object_set(all, key, value);
	}
	return 0;
}

int index_change(json_t *entry, const json_t *change, struct err *err)
{
	_cleanup_json_ json_t *changed = json_deep_copy(entry);
	json_t *p = json_object_get(changed, "platform");
	int r;

	p = json_is_object(p) ? json_incref(p) : json_object();
	r = change_arch(p, change, err);
	if (r == 0)
		r = change_word(p, "os", change, "os", err);
	if (r == 0)
		r = change_word(p, "os.version", change, "osVersion", err);
	if (r == 0)
		r = change_word(p, "variant", change, "variant", err);
	if (r == 0)
		r = change_words(p, "features", change, "features", err);
	if (r == 0)
		r = change_words(p, "os.features", change, "osFeatures", err);
	set_platform(changed, p);
	if (r == 0)
		r = add_annotations(changed, json_object_get(change, "annotations"), err);
	if (r == 0)
		json_object_update(entry, changed);
	return r;
}

int index_annotate(json_t *index, const json_t *annotations, struct err *err)
{
	return add_annotations(index, annotations, err);
}

static int has_no_place(struct err *err, const char *what)
{
	err_say(err, EINVAL, "Docker's format of lists has no place for %s", what);
	return err_hint(err, "push it as --format oci");
}

static int docker_entry(const json_t *from, json_t **ret, struct err *err)
{
	json_t *e, *platform = json_object_get(from, "platform");

	if (json_object_get(from, "artifactType"))
		return has_no_place(err, "artifacts");
	if (json_object_get(from, "annotations"))
		return has_no_place(err, "the annotations of an entry");
	e = json_deep_copy(from);
	/* the specification wants both */
	if (!json_is_object(platform))
		json_object_set_new(
			e, "platform", json_pack("{s:s,s:s}", "architecture", "", "os", ""));
	*ret = e;
	return 0;
}

int index_bytes(const json_t *index, bool docker, struct buf *ret, struct err *err)
{
	_cleanup_json_ json_t *out = json_object();
	json_t *list = json_array(), *e, *annotations = json_object_get(index, "annotations"),
	       *subject = json_object_get(index, "subject");
	_cleanup_free_ char *text = NULL;
	size_t i;

	json_object_set_new(out, "schemaVersion", json_integer(2));
	json_set_str(out, "mediaType", manifest_type(docker, true));
	json_object_set_new(out, "manifests", list);
	if (docker && json_object_size(annotations))
		return has_no_place(err, "annotations");
	if (docker && subject)
		return has_no_place(err, "a subject");
	json_array_foreach (entries(index), i, e) {
		json_t *one = docker ? NULL : json_deep_copy(e);
		int r = docker ? docker_entry(e, &one, err) : 0;

		if (r < 0)
			return r;
		json_array_append_new(list, one);
	}
	if (json_object_size(annotations))
		json_object_set(out, "annotations", annotations);
	if (subject)
		json_object_set(out, "subject", subject);
	text = json_text(out);
	ret->cap = JSON_RECORD_CAP;
	return buf_adds(ret, text) < 0 ? err_say(err, E2BIG,
						 "the list is larger than the %zu bytes that a "
						 "registry takes",
						 JSON_RECORD_CAP)
				       : 0;
}
