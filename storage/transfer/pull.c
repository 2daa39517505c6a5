/*
 * rl-transfer pull: an image from the first of several places that has it
 *
 * The command has read the user's configuration and credentials; the request says where to ask and as whom:
 *   {"candidates": [{"name", "tag", "digest", "policy": requirements, "endpoints": [{"host", "path", "insecure", "certs": [directories],
 *                    "user", "password", "identityToken"}]}],
 *    "os", "arch", "variant", "platformGiven": bool, "tlsVerify": bool or absent, "retry", "retryDelay": ms,
 *    "have": digest of the manifest that is there, or absent, "listTags": bool}
 * The result is {"id", "name", "digest", "changed"}, or {"name", "tags"}.
 */
#include "storage/transfer/worker.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/fetch.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/sigstore.h"

#include <unistd.h>

/* what a pull found out about an image */
struct found {
	struct buf bytes; /* of the manifest */
	struct manifest manifest;
	char digest[72],
		top[72]; /* of the manifest; of what the name leads to, which may be an index */
	struct buf config;
	struct strv diff_ids;
};

static void found_done(struct found *f)
{
	buf_done(&f->bytes);
	manifest_done(&f->manifest);
	buf_done(&f->config);
	strv_done(&f->diff_ids);
}

/* the manifest of one image: through an index if there is one */
static int find_manifest(struct registry *r, const char *ref, const char *what,
	const struct platform *want, struct found *f, struct err *err)
{
	_cleanup_(manifest_done) struct manifest index = {0};
	_cleanup_free_ char *type = NULL, *image_type = NULL;
	_cleanup_buf_ struct buf bytes = {0};
	const struct descriptor *d;
	char digest[72];
	int e = registry_manifest(r, ref, &f->bytes, &type, f->digest, err);

	memcpy(f->top, f->digest, sizeof(f->top));
	if (e == 0)
		e = manifest_parse(buf_str(&f->bytes), f->bytes.len, type, what, &f->manifest, err);
	if (e < 0 || !f->manifest.is_index)
		return e;
	index = f->manifest;
	f->manifest = (struct manifest){0};
	e = manifest_choose(&index, want, what, &d, err);
	if (e == 0)
		e = registry_manifest(r, d->digest, &bytes, &image_type, digest, err);
	if (e < 0)
		return e;
	if (bytes.len != d->size)
		return err_say(err, EBADMSG, "%s: the manifest has %zu bytes; the index says %llu",
			what, bytes.len, (unsigned long long)d->size);
	if (manifest_is_type(image_type) && !str_eq(image_type, d->media_type))
		return err_say(err, EBADMSG,
			"%s: the manifest's type is not the one that the index says", what);
	e = manifest_parse(buf_str(&bytes), bytes.len, d->media_type, what, &f->manifest, err);
	if (e < 0)
		return e;
	if (f->manifest.is_index)
		return err_say(err, EBADMSG, "%s: an index inside an index", what);
	buf_done(&f->bytes);
	f->bytes = bytes;
	bytes = (struct buf){0};
	memcpy(f->digest, digest, sizeof(digest));
	return 0;
}

/* the configuration from the store, if a pull before this one brought it; Return: whether */
static bool stored_config(const struct store *s, const char *digest, struct buf *ret)
{
	_cleanup_free_ char *path = xasprintf("images/%s/config.json", digest + strlen("sha256:"));
	struct buf b = {.cap = REGISTRY_MANIFEST_CAP};
	char got[72];

	if (fs_read_at(s->fd, path, &b, NULL) == 0) {
		ingest_digest(buf_str(&b), b.len, got);
		if (strcmp(got, digest) == 0) {
			*ret = b;
			return true;
		}
	}
	buf_done(&b);
	return false;
}

static int check_platform(struct worker *w, const json_t *config, const struct platform *want,
	bool given, const char *what, struct err *err)
{
	struct platform have = {
		.os = xstrdup(json_get_str(config, "os", "")),
		.arch = xstrdup(json_get_str(config, "architecture", "")),
		.variant = xstrdup(json_get_str(config, "variant", "")),
	};
	_cleanup_free_ char *have_text = platform_text(&have), *want_text = platform_text(want);
	unsigned rank = platform_rank(want, &have);

	platform_done(&have);
	if (rank)
		return 0;
	if (given)
		return err_say(
			err, ERR_REGISTRY, "%s is for %s, not for %s", what, have_text, want_text);
	worker_note(w, "Warning: %s is for %s; this machine is %s", what, have_text, want_text);
	return 0;
}

/* the indexes that led to the same manifest before; those of another one say nothing about this */
static void known_indexes(const struct store *s, const struct found *f, struct strv *ret)
{
	_cleanup_free_ char *path =
		xasprintf("images/%s/image.json", f->manifest.config.digest + strlen("sha256:"));
	_cleanup_json_ json_t *own = NULL;

	if (json_read_at(s->fd, path, &own, NULL) == 0 &&
		str_eq(json_get_str(own, "digest", ""), f->digest))
		json_get_strv(own, "indexes", ret);
}

static void note_waiting(void *arg)
{
	worker_note(arg, "Waiting for another pull of the same image");
}

/* with the image's lock held: whatever is missing, then make it visible */
static int take_image(struct worker *w, const json_t *request, struct registry *r, const char *name,
	const struct platform *want, struct found *f, char ret_id[65], struct err *err)
{
	const struct descriptor *d = &f->manifest.config;
	_cleanup_strv_ struct strv names = {0}, indexes = {0};
	_cleanup_json_ json_t *config = NULL;
	int e = 0;

	if (!stored_config(&w->store, d->digest, &f->config))
		e = registry_blob(r, d->digest, d->size, &f->config, err);
	else if (f->config.len != d->size)
		e = err_say(err, EBADMSG, "%s: the manifest has a wrong size for the configuration",
			name);
	if (e == 0)
		e = json_parse(
			buf_str(&f->config), f->config.len, "image configuration", &config, err);
	if (e == 0)
		e = manifest_check_config(config, &f->manifest, name, &f->diff_ids, err);
	if (e == 0)
		e = check_platform(
			w, config, want, json_get_bool(request, "platformGiven", false), name, err);
	if (e == 0)
		e = fetch_layers(w, r, &f->manifest, &f->diff_ids, err);
	if (e < 0)
		return e;
	strv_add(&names, name);
	known_indexes(&w->store, f, &indexes);
	if (!str_eq(f->top, f->digest) && !strv_has(&indexes, f->top))
		strv_add(&indexes, f->top);
	e = ingest_image(&w->store, &f->config, &f->bytes, &f->diff_ids, &names, ret_id, err);
	if (e == 0)
		image_note_indexes(&w->store, ret_id, &indexes);
	return e;
}

/* whether an image that is there needs nothing of what a pull brings */
static bool is_whole(const struct store *s, const char *digest)
{
	_cleanup_free_ char *path = xasprintf("images/%s/config.json", digest + strlen("sha256:"));
	_cleanup_strv_ struct strv diff_ids = {0};
	_cleanup_json_ json_t *config = NULL;

	if (json_read_at(s->fd, path, &config, NULL) < 0)
		return false;
	json_get_strv(json_object_get(config, "rootfs"), "diff_ids", &diff_ids);
	strv_foreach (i, diff_id, &diff_ids)
		if (!ingest_has_whole_layer(s, diff_id))
			return false;
	return true;
}

static int pull_from(struct worker *w, const json_t *request, const json_t *candidate,
	const json_t *endpoint, json_t **ret, struct err *err)
{
	_cleanup_(platform_done) struct platform want = worker_platform(request);
	const char *name = json_get_str(candidate, "name", ""),
		   *tag = json_get_str(candidate, "tag", "latest"),
		   *digest = json_get_str(candidate, "digest", NULL);
	_cleanup_(registry_done) struct registry r = {0};
	_cleanup_(found_done) struct found f = {0};
	const char *key;
	char id[65];
	int e = endpoint_open(request, endpoint, &r, err), lock;

	if (e < 0)
		return e;
	if (json_get_bool(request, "listTags", false)) {
		_cleanup_strv_ struct strv tags = {0};

		e = registry_tags(&r, &tags, err);
		if (e == 0)
			*ret = json_pack("{s:s,s:o}", "name", name, "tags", json_from_strv(&tags));
		return e;
	}
	e = find_manifest(&r, digest ? digest : tag, name, &want, &f, err);
	if (e == 0)
		e = sigstore_check(&r, json_object_get(candidate, "policy"), name, f.top, err);
	if (e < 0)
		return e;
	if (str_eq(json_get_str(request, "have", NULL), f.digest) &&
		is_whole(&w->store, f.manifest.config.digest)) {
		*ret = json_pack(
			"{s:s,s:s,s:b}", "name", name, "digest", f.digest, "changed", false);
		return 0;
	}
	key = f.manifest.config.digest + strlen("sha256:");
	lock = fetch_lock(&w->store, key, note_waiting, w, err);
	if (lock < 0)
		return lock;
	e = take_image(w, request, &r, name, &want, &f, id, err);
	fetch_unlock(&w->store, key, lock);
	if (e == 0)
		*ret = json_pack("{s:s,s:s,s:s,s:b}", "id", id, "name", name, "digest", f.digest,
			"changed", true);
	return e;
}

/* whether another place could do better: not if the trouble is here */
static bool is_local(int e)
{
	return e == -ENOSPC || e == -EDQUOT || e == -EROFS || e == -ENOMEM || e == -EMFILE ||
	       e == -EAGAIN;
}

static void summarise(const struct strv *tried, struct err *err)
{
	_cleanup_free_ char *list = strv_join(tried, "; ");
	char hint[sizeof(err->hint)];
	int code = err->code;

	memcpy(hint, err->hint, sizeof(hint));
	err_say(err, code, "tried %zu places: %s", tried->n, list);
	err_hint(err, "%s", hint);
}

int pull_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_strv_ struct strv tried = {0};
	json_t *candidate, *endpoint;
	size_t i, k;
	int e = err_say(err, EINVAL, "nothing to pull");

	confine_writes(w->store.fd);
	json_array_foreach (json_object_get(request, "candidates"), i, candidate) {
		worker_note(w, "Trying to pull %s...", json_get_str(candidate, "name", ""));
		json_array_foreach (json_object_get(candidate, "endpoints"), k, endpoint) {
			e = pull_from(w, request, candidate, endpoint, ret, err);
			if (e == 0 || is_local(e))
				return e;
			strv_add(&tried, err->msg);
		}
	}
	if (tried.n > 1)
		summarise(&tried, err);
	return e;
}
