#include "storage/artifacts.h"

#include "runtime/base/fd.h"
#include "storage/artifact.h"
#include "storage/list_work.h"
#include "storage/pull.h"
#include "storage/ref.h"
#include "storage/refstore.h"

#include <stdio.h>

#define HEX 64

void artifact_done(struct artifact *a)
{
	free(a->name);
	free(a->added);
	json_decref(a->manifest);
	*a = (struct artifact){0};
}

void artifact_list_done(struct artifact_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		artifact_done(&l->v[i]);
	free(take_ptr(l->v));
	l->n = 0;
}

static int read_manifest(const struct store *s, struct artifact *a, struct err *err)
{
	_cleanup_buf_ struct buf bytes = {.cap = JSON_RECORD_CAP};
	int r = artifact_manifest(s, a->digest, &bytes, err);

	return r < 0 ? r : json_parse(buf_str(&bytes), bytes.len, "manifest", &a->manifest, err);
}

/* Return: 0, or what is wrong with it; then @ret is filled nevertheless */
static int load(const struct store *s, const char *name, const char *hex, struct artifact *ret,
	struct err *err)
{
	_cleanup_free_ char *path = xasprintf("artifacts/%s/artifact.json", hex);
	_cleanup_json_ json_t *own = NULL;
	struct artifact a = {.name = xstrdup(name)};
	int r;

	snprintf(a.digest, sizeof(a.digest), "sha256:%.64s", hex);
	r = read_manifest(s, &a, err);
	if (!a.manifest)
		a.manifest = json_object();
	json_read_at(s->fd, path, &own, NULL);
	a.added = xstrdup(json_get_str(own, "created", ""));
	*ret = a;
	return r;
}

int artifacts_list(const struct store *s, struct artifact_list *ret, struct err *err)
{
	_cleanup_(refstore_list_done) struct refstore_list names = {0};
	struct artifact_list l = {0};
	int r = refstore_list_in(s, REFSTORE_ARTIFACTS, &names, err);

	if (r < 0)
		return r;
	l.v = xcalloc(names.n + 1, sizeof(*l.v));
	for (; l.n < names.n; l.n++)
		load(s, names.v[l.n].ref, names.v[l.n].id, &l.v[l.n], NULL);
	*ret = l;
	return 0;
}

int artifacts_name(const char *text, char **ret, struct err *err)
{
	return list_work_name(text, ret, err);
}

/* by the name as given, as one of this machine, and by what registries.conf makes of it */
static int find_name(
	const struct store *s, const char *text, struct strv *names, char ret_hex[HEX + 1])
{
	_cleanup_(ref_done) struct ref ref = {0};
	char *local = NULL;

	if (artifacts_name(text, &local, NULL) == 0)
		strv_take(names, local);
	if (ref_parse(text, &ref, NULL) == 0)
		strv_take(names, ref_format(&ref));
	for (int more = 0; more < 2; more++) {
		strv_foreach (i, name, names) {
			if (refstore_get_in(s, REFSTORE_ARTIFACTS, name, ret_hex, NULL) < 0)
				continue;
			return (int)i;
		}
		if (!more)
			pull_names(text, names, NULL);
	}
	return -ERR_NO_OBJECT;
}

static bool is_digits(const char *s)
{
	return *s && strspn(s, "0123456789abcdef") == strlen(s);
}

static int find_digest(const struct store *s, const char *text, struct strv *ret_name,
	char ret_hex[HEX + 1], struct err *err)
{
	const char *digits = str_after(text, "sha256:");
	_cleanup_(refstore_list_done) struct refstore_list all = {0};
	int r = refstore_list_in(s, REFSTORE_ARTIFACTS, &all, err);

	digits = digits ? digits : text;
	if (r < 0 || !is_digits(digits))
		return r < 0 ? r : -ERR_NO_OBJECT;
	for (size_t i = 0; i < all.n; i++) {
		if (!str_after(all.v[i].id, digits) ||
			(ret_name->n && str_eq(all.v[i].id, ret_hex)))
			continue;
		if (ret_name->n)
			return err_say(err, EINVAL,
				"%.80s is the beginning of more than one artifact's digest", text);
		strv_add(ret_name, all.v[i].ref);
		memcpy(ret_hex, all.v[i].id, HEX + 1);
	}
	return ret_name->n ? 0 : -ERR_NO_OBJECT;
}

int artifacts_find(const struct store *s, const char *text, struct artifact *ret,
	bool *ret_by_digest, struct err *err)
{
	_cleanup_strv_ struct strv names = {0}, name = {0};
	char hex[HEX + 1];
	int r = find_name(s, text, &names, hex);
	bool by_digest = r < 0;
	struct artifact a;

	if (r >= 0)
		strv_add(&name, names.v[r]);
	else
		r = find_digest(s, text, &name, hex, err);
	if (r == -ERR_NO_OBJECT) {
		err_say(err, ERR_NO_OBJECT, "no such artifact: %.300s", text);
		return err_hint(err, "'rl artifact ls' lists them");
	}
	if (r < 0)
		return r;
	r = load(s, name.v[0], hex, &a, err);
	if (r < 0) {
		artifact_done(&a);
		err_wrap(err, "artifact %.200s is damaged", name.v[0]);
		return err_hint(err, "'rl system check' tells what is wrong");
	}
	*ret = a;
	if (ret_by_digest)
		*ret_by_digest = by_digest;
	return 0;
}

int artifacts_untag(const struct store *s, const struct artifact *a, struct err *err)
{
	_cleanup_close_ int lock = store_lock(s, LOCK_EXCLUSIVE, err);
	char hex[HEX + 1];
	int r;

	if (lock < 0)
		return lock;
	r = refstore_get_in(s, REFSTORE_ARTIFACTS, a->name, hex, NULL);
	if (r < 0 || !str_eq(hex, a->digest + strlen("sha256:")))
		return err_say(err, ERR_NO_OBJECT, "no such artifact: %.300s", a->name);
	return refstore_del_in(s, REFSTORE_ARTIFACTS, a->name, err);
}

uint64_t artifacts_size(const struct artifact *a)
{
	uint64_t sum = 0;
	json_t *layer;
	size_t i;

	json_array_foreach (json_object_get(a->manifest, "layers"), i, layer)
		sum += (uint64_t)json_get_int(layer, "size", 0);
	return sum;
}

const char *artifacts_created(const struct artifact *a)
{
	return json_get_str(
		json_object_get(a->manifest, "annotations"), ARTIFACT_CREATED, a->added);
}
