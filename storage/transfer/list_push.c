/*
 * rl-transfer list-push: a manifest list, and the images in it, to a repository of a registry
 *
 *   {"id", "endpoint", "tag", "all": bool, "format": "oci"|"v2s2" or absent, "sources": {"HOST/PATH": [endpoints]}, and
 *    what push has: "compression", "level", "force", "tlsVerify", "retry", "retryDelay"}
 * The result is {"digest", "size"} of the list.
 *
 * The images go first, by their digests alone; a registry may refuse a list of what it does not have.  An image that
 * goes out with another manifest than it has here (its layers are compressed anew, or another format was asked for)
 * is named by the digest that it has there.
 */
#include "storage/image_find.h"
#include "storage/transfer/worker.h"

#include "runtime/base/fd.h"
#include "storage/artifact.h"
#include "storage/list.h"
#include "storage/transfer/confine.h"
#include "storage/transfer/copy.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/index.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/list_source.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/rebuilder.h"
#include "storage/transfer/upload.h"

struct list_push {
	struct worker *w;
	const json_t *request;
	struct registry to;
	int docker; /* 1, 0, or -1: each as it is */
	json_t *index, *sources;
	size_t n, total;
};

static void list_push_done(struct list_push *p)
{
	registry_done(&p->to);
	json_decref(p->index);
	json_decref(p->sources);
}

/* an image of the store; it may have come in with another manifest since it was added */
static int push_local(struct list_push *p, const char *id, const char *digest, struct pushed *ret,
	struct err *err)
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
	return r < 0 ? r : push_image(p->w, p->request, &p->to, id, NULL, ret, err);
}

/* an image of a registry, from the first place that answers */
static int push_remote(struct list_push *p, const char *from, const char *digest,
	struct pushed *ret, struct err *err)
{
	const json_t *endpoints = json_path(p->request, "sources", from, NULL), *endpoint;
	int r = err_say(err, EINVAL, "%.19s: where it comes from is not known", digest);
	size_t i;

	json_array_foreach (endpoints, i, endpoint) {
		_cleanup_(registry_done) struct registry reg = {0};

		r = endpoint_open(p->request, endpoint, &reg, err);
		if (r == 0)
			r = copy_manifest(p->w, &reg, &p->to, digest, p->docker, ret, err);
		if (r == 0)
			return 0;
	}
	return r;
}

static int push_blob(
	struct list_push *p, const char *digest, const struct descriptor *blob, struct err *err)
{
	_cleanup_close_ int fd = artifact_blob(&p->w->store, digest, blob->digest, err);
	struct http_file file = {.fd = fd, .length = blob->size};
	int r = fd < 0 ? fd : upload_exists(&p->to, blob->digest, err);

	/* the registry compares the digest with what it gets */
	return r != 0 ? (r < 0 ? r : 0) : upload_blob(&p->to, blob->digest, &file, err);
}

/* an artifact of the store: its blobs and its manifest, as they are */
static int push_artifact(
	struct list_push *p, const char *digest, struct pushed *ret, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_buf_ struct buf bytes = {.cap = REGISTRY_MANIFEST_CAP};
	const char *type = manifest_type(false, false);
	int r = artifact_manifest(&p->w->store, digest, &bytes, err);

	if (r < 0)
		return r;
	ingest_digest(buf_str(&bytes), bytes.len, ret->digest);
	if (!str_eq(ret->digest, digest)) {
		err_say(err, EBADMSG, "artifact %.19s is damaged", digest);
		return err_hint(
			err, "take it out with 'rl manifest remove', and add its files again");
	}
	r = manifest_read(buf_str(&bytes), bytes.len, type, "artifact", &m, err);
	if (r == 0)
		r = push_blob(p, digest, &m.config, err);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = push_blob(p, digest, &m.entries[i], err);
	ret->size = bytes.len;
	ret->docker = false;
	return r < 0 ? r : upload_manifest(&p->to, digest, type, &bytes, digest, err);
}

static void set_entry(json_t *entry, const struct pushed *as)
{
	json_set_str(entry, "mediaType", manifest_type(as->docker, false));
	json_set_str(entry, "digest", as->digest);
	json_object_set_new(entry, "size", json_integer((json_int_t)as->size));
}

static int push_entry(struct list_push *p, json_t *entry, struct err *err)
{
	_cleanup_free_ char *digest = xstrdup(json_get_str(entry, "digest", ""));
	const json_t *source = json_object_get(p->sources, digest);
	const char *image = json_get_str(source, "image", NULL),
		   *from = json_get_str(source, "from", "");
	struct pushed as;
	int r;

	worker_note(p->w, "Copying image %.19s (%zu/%zu)", digest, ++p->n, p->total);
	if (json_object_get(source, "artifact"))
		r = push_artifact(p, digest, &as, err);
	else if (image)
		r = push_local(p, image, digest, &as, err);
	else
		r = push_remote(p, from, digest, &as, err);
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
		*ret = json_pack("{s:s,s:I}", "digest", digest, "size", (json_int_t)bytes.len);
	return r;
}

static int push_all(struct list_push *p, struct err *err)
{
	_cleanup_buf_ struct buf probe = {0};
	json_t *entry;
	size_t i;
	/* what the format cannot hold is found before anything is sent */
	int r = index_bytes(p->index, p->docker == 1, &probe, err);

	if (!json_get_bool(p->request, "all", true))
		return r;
	json_array_foreach (json_object_get(p->index, "manifests"), i, entry)
		if (r == 0)
			r = push_entry(p, entry, err);
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
	r = read_list(&p, err);
	if (r == 0)
		r = endpoint_open(request, json_object_get(request, "endpoint"), &p.to, err);
	if (r < 0)
		return r;
	p.to.push = true;
	r = push_all(&p, err);
	return r < 0 ? r : send_list(&p, ret, err);
}
