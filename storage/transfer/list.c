/*
 * rl-transfer list: making and changing manifest lists
 *
 *   {"op": "create", "name": canonical, "amend": bool, "all": bool, "annotations": {…}, "images": [SOURCE, …]}
 *   {"op": "add", "id", "all": bool, "images": [SOURCE, …], "change": as for index_change(), "os", "arch", "variant"}
 *   {"op": "add-artifact", "id", "artifact": as for artifact_make(), "change", "subject": SOURCE or absent}
 *   {"op": "annotate", "id", "digest", "change"}, or without "digest" {"annotations", "subject": SOURCE} of the list itself
 *   {"op": "remove", "id", "digest"}
 *   {"op": "fetch", "candidates"}   the manifest that a registry has
 * A SOURCE is {"image": ID}, {"list": ID} or {"candidates": […]}; "tlsVerify" and the like as for pull.
 * The result is {"id", "digest"}, with "fetch" {"manifest": its text, "digest", "type"}.
 */
#include "storage/image_add.h"
#include "storage/image_find.h"
#include "storage/transfer/worker.h"

#include "runtime/base/clock.h"
#include "runtime/base/confine.h"
#include "runtime/base/fs.h"
#include "storage/list.h"
#include "storage/transfer/artifact_make.h"
#include "storage/transfer/fetch.h"
#include "storage/transfer/index.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/list_source.h"

#define RANDOM_DIGITS 32

static int add_all(struct worker *w, const json_t *request, struct list_doc *d, struct err *err)
{
	_cleanup_(platform_done) struct platform want = worker_platform(request);
	bool all = json_get_bool(request, "all", false);
	const json_t *change = json_object_get(request, "change"), *source;
	size_t i;
	int r = 0;

	json_array_foreach (json_object_get(request, "images"), i, source) {
		r = list_source_add(w, request, source, &want, all, d, err);
		if (r < 0)
			return r;
	}
	strv_foreach (k, digest, &d->added)
		if (r == 0)
			r = index_change(index_find(d->index, digest), change, err);
	return r;
}

/* what "subject" of the request names; NULL where it names nothing */
static int get_subject(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const json_t *source = json_object_get(request, "subject");

	return source ? list_source_describe(w, request, source, ret, err) : 0;
}

static int add_artifact(
	struct worker *w, const json_t *request, struct list_doc *d, struct err *err)
{
	_cleanup_json_ json_t *subject = NULL, *made = NULL;
	const char *digest;
	json_t *entry;
	int r = get_subject(w, request, &subject, err);

	if (r == 0)
		r = artifact_make(w, json_object_get(request, "artifact"), subject, &made, err);
	if (r < 0)
		return r;
	digest = json_get_str(made, "digest", "");
	entry = index_copy_entry(made);
	r = list_doc_take(d, entry, json_pack("{s:s}", "artifact", digest), err);
	return r < 0 ? r
		     : index_change(index_find(d->index, digest),
			       json_object_get(request, "change"), err);
}

/* the bytes of a new list's configuration: no two are the same */
static void make_config(struct buf *ret)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL;
	char when[CLOCK_TEXT_MAX], random[RANDOM_DIGITS + 1] = "";

	fs_random_hex(random, RANDOM_DIGITS);
	json_set_str(j, "created", clock_text_now(when));
	json_object_set_new(j, "rootfs", json_pack("{s:s,s:[]}", "type", "layers", "diff_ids"));
	json_set_str(j, "list", random);
	text = json_text(j);
	buf_adds(ret, text);
}

static int write_list(struct worker *w, const struct buf *config, const struct list_doc *d,
	bool must_exist, const struct strv *names, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = json_pack("{s:i,s:O}", "version", 1, "sources", d->sources);
	_cleanup_buf_ struct buf bytes = {0};
	char id[72], digest[72];
	int r = index_bytes(d->index, false, &bytes, err);

	if (r < 0)
		return r;
	ingest_digest(config->data, config->len, id);
	ingest_digest(bytes.data, bytes.len, digest);
	r = image_add_list(&w->store, id + strlen("sha256:"), digest, config, &bytes, list,
		must_exist, names, err);
	if (r == 0)
		*ret = json_pack("{s:s,s:s}", "id", id + strlen("sha256:"), "digest", digest);
	return r;
}

static int read_list(
	struct worker *w, const char *id, struct buf *config, struct list_doc *d, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = list_find(&w->store, id, &img, err);

	if (r == 0)
		r = list_read_file(&w->store, img.id, "config.json", config, err);
	if (r < 0)
		return r;
	d->index = json_incref(img.manifest);
	d->sources = list_sources(&w->store, img.id);
	return 0;
}

/* what a change does to the document */
typedef int change_fn(struct worker *w, const json_t *request, struct list_doc *d, struct err *err);

static int annotate(struct worker *w, const json_t *request, struct list_doc *d, struct err *err)
{
	const char *digest = json_get_str(request, "digest", NULL);
	json_t *entry = digest ? index_find(d->index, digest) : NULL, *subject = NULL;
	int r;

	if (!digest) {
		r = get_subject(w, request, &subject, err);
		if (subject)
			json_object_set_new(d->index, "subject", subject);
		return r < 0 ? r
			     : index_annotate(
				       d->index, json_object_get(request, "annotations"), err);
	}
	if (!entry)
		return err_say(err, ERR_NO_OBJECT, "the list has no entry %.100s", digest);
	return index_change(entry, json_object_get(request, "change"), err);
}

static int remove_entry(
	struct worker *w, const json_t *request, struct list_doc *d, struct err *err)
{
	const char *digest = json_get_str(request, "digest", "");
	int r = index_remove(d->index, digest, err);

	(void)w;
	json_object_del(d->sources, digest);
	return r;
}

/* with the list's lock held: of two changes at once none is lost */
static int change_locked(struct worker *w, const json_t *request, const char *id, change_fn *fn,
	json_t **ret, struct err *err)
{
	_cleanup_(list_doc_done) struct list_doc d = {0};
	_cleanup_buf_ struct buf config = {0};
	struct strv none = {0};
	int r = read_list(w, id, &config, &d, err);

	if (r == 0)
		r = fn(w, request, &d, err);
	return r < 0 ? r : write_list(w, &config, &d, true, &none, ret, err);
}

static int change(struct worker *w, const json_t *request, const char *id, change_fn *fn,
	json_t **ret, struct err *err)
{
	int lock, r;

	if (!str_is_hex(id, 64))
		return err_say(err, EINVAL, "bad id of a list");
	lock = fetch_lock(&w->store, id, NULL, NULL, err);
	if (lock < 0)
		return lock;
	r = change_locked(w, request, id, fn, ret, err);
	fetch_unlock(&w->store, id, lock);
	/* an artifact that was taken out may have been in this list alone */
	if (r == 0 && fn == remove_entry)
		image_collect(&w->store, NULL, NULL);
	return r;
}

static int amend(struct worker *w, const json_t *request, struct list_doc *d, struct err *err)
{
	int r = index_annotate(d->index, json_object_get(request, "annotations"), err);

	return r < 0 ? r : add_all(w, request, d, err);
}

static int create_new(
	struct worker *w, const json_t *request, const char *name, json_t **ret, struct err *err)
{
	_cleanup_(list_doc_done) struct list_doc d = {
		.index = index_new(), .sources = json_object()};
	_cleanup_buf_ struct buf config = {0};
	_cleanup_strv_ struct strv names = {0};
	int r = amend(w, request, &d, err);

	if (r < 0)
		return r;
	make_config(&config);
	strv_add(&names, name);
	return write_list(w, &config, &d, false, &names, ret, err);
}

/* with the name's lock held */
static int create_locked(
	struct worker *w, const json_t *request, const char *name, json_t **ret, struct err *err)
{
	_cleanup_(image_done) struct image old = {0};
	struct err ignored;
	bool more = json_get_bool(request, "amend", false);
	int r = image_find_any(&w->store, name, &old, &ignored);

	/* an own name hides that of a shared store, as with images */
	if (r < 0 || !strv_has(&old.names, name) || (old.shared && !more))
		return create_new(w, request, name, ret, err);
	r = image_check_own(&old, "changed", err);
	if (r < 0)
		return r;
	if (!old.is_list) {
		err_say(err, EEXIST, "%s is the name of an image", name);
		return err_hint(err, "choose another, or remove it with 'rl untag' or 'rl rmi'");
	}
	if (!more) {
		err_say(err, EEXIST, "there is a manifest list %s already", name);
		return err_hint(err,
			"add to it with 'rl manifest add', or with --amend; 'rl manifest rm' "
			"removes it");
	}
	return change(w, request, old.id, amend, ret, err);
}

static int create(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	const char *name = json_get_str(request, "name", "");
	char digest[72];
	int lock, r;

	ingest_digest(name, strlen(name), digest);
	lock = fetch_lock(&w->store, digest + strlen("sha256:"), NULL, NULL, err);
	if (lock < 0)
		return lock;
	r = create_locked(w, request, name, ret, err);
	fetch_unlock(&w->store, digest + strlen("sha256:"), lock);
	return r;
}

static int fetch(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_free_ char *type = NULL;
	char digest[72];
	int r = list_source_fetch(
		w, request, json_object_get(request, "candidates"), &bytes, &type, digest, err);

	if (r == 0)
		*ret = json_pack(
			"{s:o,s:s}", "manifest", json_str(buf_str(&bytes)), "digest", digest);
	return r;
}

int list_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	static const struct {
		const char *op;
		change_fn *fn;
	} changes[] = {{"add", add_all}, {"add-artifact", add_artifact}, {"annotate", annotate},
		{"remove", remove_entry}};
	const char *op = json_get_str(request, "op", "");

	confine_writes(w->store.fd);
	confine_caps();
	if (str_eq(op, "create"))
		return create(w, request, ret, err);
	if (str_eq(op, "fetch"))
		return fetch(w, request, ret, err);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		if (str_eq(op, changes[i].op))
			return change(w, request, json_get_str(request, "id", ""), changes[i].fn,
				ret, err);
	return err_say(err, ERR_USAGE, "unknown operation %s", op);
}
