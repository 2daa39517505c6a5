/*
 * rl-transfer list-push: a manifest list, and the images in it, to a repository of a registry
 *
 *   {"id", "endpoint", "tag", "all": bool, "format": "oci"|"v2s2" or absent, "sources": {NAME: {"endpoints", "policy"}},
 *    "addCompression": ["gzip"|"zstd"|"zstd:chunked"], and what push has: "compression", "level", "force", "name", "sign", …}
 * The result is {"digest", "size"} of the list.
 *
 * The images go first, by their digests alone; a registry may refuse a list of what it does not have.  An image that
 * goes out with another manifest than it has here (its layers are compressed anew, or another format was asked for)
 * is named by the digest that it has there.  The signature policy is asked again for what comes from a registry: it may have
 * become stricter since.
 */
#include "storage/image_find.h"
#include "storage/transfer/worker.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/list.h"
#include "storage/transfer/artifact_send.h"
#include "storage/transfer/copy.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/index.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/list_source.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/rebuilder.h"
#include "storage/transfer/sign.h"
#include "storage/transfer/sigstore.h"
#include "storage/transfer/upload.h"

struct list_push {
	struct worker *w;
	const json_t *request;
	struct registry to;
	struct signer signer;
	struct push_wish wish;
	int docker; /* 1, 0, or -1: each as it is */
	json_t *index, *sources;
	size_t n, total;
};

#define ZSTD_ANNOTATION "io.github.containers.compression.zstd"

static void list_push_done(struct list_push *p)
{
	registry_done(&p->to);
	signer_done(&p->signer);
	json_decref(p->index);
	json_decref(p->sources);
}

/* an image of the store; it may have come in with another manifest since it was added */
static int push_local(struct list_push *p, const json_t *request, const char *id,
	const char *digest, struct pushed *ret, struct err *err)
{
	_cleanup_(image_done) struct image img = {0};
	int r = image_find_any(&p->w->store, id, &img, err);

	if (r == -ERR_NO_OBJECT) {
		err_say(err, ERR_NO_OBJECT,
			"image %.12s, entry %.19s of the list, is not here any more", id, digest);
		return err_hint(
			err, "pull or build it again, or take it out with 'rl manifest remove'");
	}
	if (r == 0 && !str_eq(img.digest, digest))
		worker_note(p->w, "Image %.12s has another manifest than when it was added", id);
	return r < 0 ? r : push_image(p->w, request, &p->to, id, NULL, ret, err);
}

/* an image of a registry, from the first place that answers */
static int push_remote(struct list_push *p, const json_t *source, const char *digest,
	struct pushed *ret, struct err *err)
{
	const char *from = json_get_str(source, "from", ""),
		   *name = json_get_str(source, "name", NULL),
		   *top = json_get_str(source, "top", digest);
	const json_t *place = json_path(p->request, "sources", name ? name : from, NULL), *endpoint;
	_cleanup_free_ char *by_digest = xasprintf("%s@%s", from, digest);
	int r = err_say(err, EINVAL, "%.19s: where it comes from is not known", digest);
	size_t i;

	json_array_foreach (json_object_get(place, "endpoints"), i, endpoint) {
		_cleanup_(registry_done) struct registry reg = {0};

		r = endpoint_open(p->request, endpoint, &reg, err);
		if (r == 0)
			r = sigstore_check(&reg, json_object_get(place, "policy"),
				name ? name : by_digest, top, err);
		if (r == 0)
			r = copy_manifest(
				p->w, &reg, &p->to, digest, p->docker, &p->wish, ret, err);
		if (r == 0)
			return 0;
	}
	return r;
}

static void set_entry(json_t *entry, const struct pushed *as)
{
	json_set_str(entry, "mediaType", manifest_type(as->docker, false));
	json_set_str(entry, "digest", as->digest);
	json_object_set_new(entry, "size", json_integer((json_int_t)as->size));
}

static int sign(struct list_push *p, const char *digest, struct err *err)
{
	return signer_sign(&p->signer, &p->to, json_get_str(p->request, "name", ""), digest, err);
}

/* the same image with its layers compressed in another way, as a further entry behind the others */
static int add_variant(struct list_push *p, const json_t *entry, const char *image,
	const char *compression, struct err *err)
{
	const char *digest = json_get_str(entry, "digest", "");
	_cleanup_json_ json_t *request = json_copy((json_t *)(uintptr_t)p->request), *more = NULL;
	struct pushed as;
	json_t *notes;
	int r;

	if (!image) {
		err_say(err, EINVAL,
			"image %.19s is not here, so its layers cannot be compressed with %s",
			digest, compression);
		return err_hint(err, "pull it and add it to the list from the store");
	}
	json_set_str(request, "compression", compression);
	json_object_set_new(request, "force", json_true());
	json_object_del(request, "level");
	r = push_local(p, request, image, digest, &as, err);
	if (r == 0)
		r = sign(p, as.digest, err);
	if (r < 0 || index_find(p->index, as.digest))
		return r;
	more = json_deep_copy(entry);
	set_entry(more, &as);
	notes = json_object_get(more, "annotations");
	if (notes)
		json_object_del(notes, ZSTD_ANNOTATION);
	if (str_after(compression, "zstd")) {
		if (!notes)
			json_object_set_new(more, "annotations", notes = json_object());
		json_set_str(notes, ZSTD_ANNOTATION, "true");
	}
	return index_add(p->index, more, err);
}

static int add_variants(
	struct list_push *p, const json_t *entry, const char *image, struct err *err)
{
	_cleanup_strv_ struct strv wanted = {0};
	int r = 0;

	json_get_strv(p->request, "addCompression", &wanted);
	strv_foreach (i, compression, &wanted)
		if (r == 0)
			r = add_variant(p, entry, image, compression, err);
	return r;
}

static int push_entry(struct list_push *p, json_t *entry, struct err *err)
{
	_cleanup_free_ char *digest = xstrdup(json_get_str(entry, "digest", ""));
	const json_t *source = json_object_get(p->sources, digest);
	const char *image = json_get_str(source, "image", NULL);
	bool artifact = json_object_get(source, "artifact") != NULL;
	struct pushed as;
	int r;

	worker_note(p->w, "Copying image %.19s (%zu/%zu)", digest, ++p->n, p->total);
	if (artifact)
		r = artifact_send(p->w, &p->to, digest, NULL, &as, err);
	else if (image)
		r = push_local(p, p->request, image, digest, &as, err);
	else
		r = push_remote(p, source, digest, &as, err);
	if (r == 0)
		r = sign(p, as.digest, err);
	if (r == 0 && !artifact)
		r = add_variants(p, entry, image, err);
	if (r < 0)
		return r;
	if (str_eq(as.digest, digest))
		return 0;
	worker_note(p->w, "It is %.19s there", as.digest);
	set_entry(entry, &as);
	return 0;
}

static int read_list(struct list_push *p, struct err *err)
{
	const char *id = json_get_str(p->request, "id", "");
	_cleanup_(image_done) struct image img = {0};
	int r = list_find(&p->w->store, id, &img, err);

	if (r < 0)
		return r;
	p->index = json_incref(img.manifest);
	p->sources = list_sources(&p->w->store, img.id);
	p->total = json_array_size(json_object_get(p->index, "manifests"));
	return 0;
}

static int send_list(struct list_push *p, json_t **ret, struct err *err)
{
	const char *tag = json_get_str(p->request, "tag", "latest");
	_cleanup_buf_ struct buf bytes = {0};
	char digest[72];
	int r = index_bytes(p->index, p->docker == 1, &bytes, err);

	if (r < 0)
		return r;
	ingest_digest(bytes.data, bytes.len, digest);
	worker_note(p->w, "Writing manifest list to image destination");
	r = upload_manifest(&p->to, tag, manifest_type(p->docker == 1, true), &bytes, digest, err);
	if (r == 0)
		r = sign(p, digest, err);
	if (r == 0)
		*ret = json_pack("{s:s,s:I}", "digest", digest, "size", (json_int_t)bytes.len);
	return r;
}

static int push_all(struct list_push *p, struct err *err)
{
	_cleanup_buf_ struct buf probe = {0};
	json_t *entries = json_object_get(p->index, "manifests");
	/* what the format cannot hold is found before anything is sent */
	int r = index_bytes(p->index, p->docker == 1, &probe, err);

	if (!json_get_bool(p->request, "all", true))
		return r;
	/* those that are added on the way are pushed already */
	for (size_t i = 0; r == 0 && i < p->total; i++)
		r = push_entry(p, json_array_get(entries, i), err);
	return r;
}

int list_push_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(list_push_done) struct list_push p = {.w = w, .request = request, .docker = -1};
	const char *format = json_get_str(request, "format", NULL);
	int r;

	r = rebuilder_start(&w->store, err);
	if (r < 0)
		return r;
	confine_writes(w->store.fd);
	confine_caps();
	if (format)
		p.docker = str_eq(format, "v2s2");
	push_read_wish(request, &p.wish);
	r = signer_open(request, &p.signer, err);
	if (r == 0)
		r = read_list(&p, err);
	if (r == 0)
		r = endpoint_open(request, json_object_get(request, "endpoint"), &p.to, err);
	if (r < 0)
		return r;
	p.to.push = true;
	r = push_all(&p, err);
	return r < 0 ? r : send_list(&p, ret, err);
}
