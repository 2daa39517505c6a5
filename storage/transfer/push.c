/*
 * rl-transfer push: an image to a repository of a registry
 *
 *   {"id": image, "endpoint": {…, as for pull}, "tag", "format": "oci"|"v2s2" or absent,
 *    "compression": "gzip"|"zstd"|"zstd:chunked" or absent, "level": number or absent, "force": bool, "name": canonical, "sign": {"key": PEM,
 *    "file": its path, "passphrase"} or absent, "removeSignatures": bool, "tlsVerify", "retry", "retryDelay"}
 * The result is {"digest": of the manifest that the registry has now, "size": its bytes}.
 *
 * The image keeps its digest where that is possible: its manifest goes out as it came in if the registry has, or can be
 * given, exactly the blobs that it names.  Otherwise a new one names the blobs that stand for its layers.
 */
#include "storage/transfer/push.h"

#include "runtime/base/confine.h"
#include "runtime/base/fs.h"
#include "storage/transfer/crew.h"
#include "storage/transfer/endpoint.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/push_manifest.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/rebuilder.h"
#include "storage/transfer/sign.h"
#include "storage/transfer/upload.h"

#include <sys/mman.h>
#include <unistd.h>

/* an image on its way; @blobs is shared with the processes of the layers */
struct push {
	struct worker *w;
	struct registry *r;
	struct push_wish wish;
	struct buf bytes, config;
	json_t *json;
	struct manifest manifest;
	struct strv diff_ids;
	struct push_blob *blobs;
	size_t *first; /* the first layer with the same DiffID */
};

static size_t blobs_bytes(const struct push *p)
{
	return (p->manifest.n + 1) * sizeof(*p->blobs);
}

static void push_done(struct push *p)
{
	if (p->blobs)
		munmap(p->blobs, blobs_bytes(p));
	free(p->first);
	buf_done(&p->bytes);
	buf_done(&p->config);
	json_decref(p->json);
	manifest_done(&p->manifest);
	strv_done(&p->diff_ids);
}

static int read_document(
	const struct store *s, const char *id, const char *file, struct buf *ret, struct err *err)
{
	ret->cap = REGISTRY_MANIFEST_CAP;
	return image_document(s, id, file, ret, err);
}

/* manifest and configuration from the store, checked as if they came from elsewhere */
static int read_image(struct push *p, const char *id, struct err *err)
{
	_cleanup_json_ json_t *config = NULL;
	char digest[72];
	int r = read_document(&p->w->store, id, "manifest.json", &p->bytes, err);

	if (r == 0)
		r = read_document(&p->w->store, id, "config.json", &p->config, err);
	if (r == 0)
		r = json_parse(buf_str(&p->bytes), p->bytes.len, "manifest", &p->json, err);
	if (r == 0)
		r = manifest_parse(buf_str(&p->bytes), p->bytes.len, "", id, &p->manifest, err);
	if (r == 0)
		r = json_parse(
			buf_str(&p->config), p->config.len, "image configuration", &config, err);
	if (r < 0)
		return r;
	ingest_digest(buf_str(&p->config), p->config.len, digest);
	if (p->manifest.is_index || !str_eq(digest, p->manifest.config.digest) ||
		!str_eq(digest + strlen("sha256:"), id))
		return err_say(err, EBADMSG,
			"image %.12s is damaged: its configuration is not the "
			"one that its manifest names",
			id);
	return manifest_check_config(config, &p->manifest, id, &p->diff_ids, err);
}

/* keep the layers from being collected meanwhile, and note which occur more than once */
static int hold_layers(struct push *p, struct err *err)
{
	int r;

	p->first = xcalloc(p->diff_ids.n + 1, sizeof(*p->first));
	for (size_t i = 0; i < p->diff_ids.n; i++) {
		while (!str_eq(p->diff_ids.v[p->first[i]], p->diff_ids.v[i]))
			p->first[i]++;
		r = rebuild_need(&p->w->store, p->diff_ids.v[i], err);
		if (r < 0)
			return r;
	}
	p->blobs = mmap(
		NULL, blobs_bytes(p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->blobs == MAP_FAILED) {
		p->blobs = NULL;
		return err_set(err, errno, "allocate memory");
	}
	return 0;
}

/* in a process of its own */
static int one_layer(void *arg, size_t i, struct err *err)
{
	struct push *p = arg;
	const json_t *layer = json_array_get(json_object_get(p->json, "layers"), i);
	int r;

	if (p->first[i] != i)
		return 0;
	r = http_after_fork(&p->r->http, err);
	return r < 0 ? r
		     : push_layer(p->w, p->r, &p->wish, p->diff_ids.v[i], &p->manifest.entries[i],
			       json_object_get(layer, "annotations"), &p->blobs[i], err);
}

void push_read_wish(const json_t *request, struct push_wish *ret)
{
	const char *name = json_get_str(request, "compression", "");

	*ret = (struct push_wish){
		.compression = str_after(name, "zstd") ? COMPRESSION_ZSTD : COMPRESSION_GZIP,
		.chunked = str_eq(name, "zstd:chunked"),
		.level = (int)json_get_int(request, "level", -1),
		.force = json_get_bool(request, "force", false),
	};
}

static int read_wish(struct push *p, const json_t *request, struct err *err)
{
	const char *format = json_get_str(request, "format", NULL);

	push_read_wish(request, &p->wish);
	p->wish.docker = format ? str_eq(format, "v2s2") : push_manifest_is_docker(p->json);
	/* Docker's format has no name for it */
	if (p->wish.compression == COMPRESSION_ZSTD && p->wish.docker) {
		if (format)
			return err_say(err, ERR_USAGE,
				"--format v2s2 does not know layers compressed with zstd");
		p->wish.docker = false;
	}
	return 0;
}

static int send_manifest(struct push *p, const char *tag, struct pushed *ret, struct err *err)
{
	_cleanup_buf_ struct buf made = {0};
	struct buf *bytes = &p->bytes;
	char digest[72];
	int r;

	if (!push_manifest_fits(p->json, p->wish.docker, p->blobs, p->manifest.n)) {
		push_manifest_make(p->json, p->wish.docker, p->blobs, p->manifest.n, &made);
		bytes = &made;
	}
	ingest_digest(buf_str(bytes), bytes->len, digest);
	if (tag)
		worker_note(p->w, "Writing manifest to image destination");
	r = upload_manifest(
		p->r, tag ? tag : digest, push_manifest_type(p->wish.docker), bytes, digest, err);
	if (r < 0)
		return r;
	memcpy(ret->digest, digest, sizeof(digest));
	ret->size = bytes->len;
	ret->docker = p->wish.docker;
	return 0;
}

int push_image(struct worker *w, const json_t *request, struct registry *reg, const char *id,
	const char *tag, struct pushed *ret, struct err *err)
{
	_cleanup_(push_done) struct push p = {.w = w, .r = reg};
	int r = read_image(&p, id, err);

	if (r == 0)
		r = read_wish(&p, request, err);
	if (r == 0)
		r = hold_layers(&p, err);
	/* It goes first: it is small, and what is wrong with the registry or the credentials shows. */
	if (r == 0)
		r = upload_bytes(reg, p.manifest.config.digest, p.config.data, p.config.len, err);
	if (r == 0)
		r = crew_run(p.manifest.n, crew_cores(), one_layer, &p, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p.manifest.n; i++)
		p.blobs[i] = p.blobs[p.first[i]];
	return send_manifest(&p, tag, ret, err);
}

int push_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	_cleanup_(registry_done) struct registry reg = {0};
	_cleanup_(signer_done) struct signer signer = {0};
	struct pushed done;
	int r;

	r = rebuilder_start(&w->store, err);
	if (r < 0)
		return r;
	confine_writes(w->store.fd);
	confine_caps();
	/* a wrong passphrase is found before anything is sent */
	r = signer_open(request, &signer, err);
	if (r == 0)
		r = endpoint_open(request, json_object_get(request, "endpoint"), &reg, err);
	if (r < 0)
		return r;
	reg.push = true;
	r = push_image(w, request, &reg, json_get_str(request, "id", ""),
		json_get_str(request, "tag", "latest"), &done, err);
	if (r == 0)
		r = signer_sign(&signer, &reg, json_get_str(request, "name", ""), done.digest, err);
	if (r == 0)
		*ret = json_pack("{s:s,s:I}", "digest", done.digest, "size", (json_int_t)done.size);
	return r;
}
