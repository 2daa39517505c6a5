/*
 * rl-transfer save: images into the open file, pipe or directory on the output descriptor
 *
 *   {"format", "images": [{"id", "names": [canonical references], "reference": as an OCI layout is to have it, or absent}],
 *    "compress", "plain", "add": bool, "manifest": "oci"|"v2s2" or absent, "compression", "level", "force": as for push}
 * The result is {"digest": of the last image's manifest, as it was written}.
 */
#include "storage/transfer/save.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/transfer.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/push.h"
#include "storage/transfer/push_manifest.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/rebuilder.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

static void save_done(struct save *s)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_done(&s->v[i].config);
		buf_done(&s->v[i].manifest);
		json_decref(s->v[i].m);
		strv_done(&s->v[i].diff_ids);
		strv_done(&s->v[i].names);
	}
	free(s->v);
	outbox_free(s->out);
}

/* how a layer is written: as the bytes that it came as, as ones that were compressed now, or else as its tar */
struct plan {
	const char *diff_id;
	struct push_blob blob;
	bool kept;
	int fd;
};

static void plan_done(struct plan *p)
{
	fd_close(p->fd);
}

/* whether the bytes that are kept may stand for a layer; @digest: what its manifest names; @chunked: what is known of them */
static bool may_be_kept(const struct save *s, const char *diff_id, const char *digest, bool docker,
	const struct layer_blob *kept, const struct chunked *chunked)
{
	enum compression c = compression_of(kept->media_type);

	if (s->plain || (str_eq(digest, diff_id) && !s->compress && !s->wish.force))
		return false;
	if (s->wish.force && (c != s->wish.compression || s->wish.level >= 0))
		return false;
	if (s->wish.force && s->wish.chunked && !chunked_is(chunked))
		return false;
	/* what its manifest does not ask for must be of a kind that everybody reads */
	return c == COMPRESSION_GZIP ||
	       (!docker && (c == COMPRESSION_ZSTD || str_eq(digest, kept->digest)));
}

static int plan_layer(const struct save *s, const struct save_image *img, size_t i, bool docker,
	struct plan *p, struct err *err)
{
	const json_t *layer = json_array_get(json_object_get(img->m, "layers"), i);
	const char *digest = json_get_str(layer, "digest", "");
	_cleanup_close_ int fd = -EBADF;
	struct layer_blob kept = {0};
	struct chunked chunked = {0};
	int r;

	p->diff_id = img->diff_ids.v[i];
	r = rebuild_blob(&s->w->store, p->diff_id, &kept, &fd, err);
	if (r < 0)
		return r;
	if (str_eq(kept.digest, digest))
		chunked = chunked_from(json_object_get(layer, "annotations"));
	p->kept = fd >= 0 && may_be_kept(s, p->diff_id, digest, docker, &kept, &chunked);
	if (p->kept) {
		memcpy(p->blob.digest, kept.digest, sizeof(p->blob.digest));
		p->blob.size = kept.size;
		p->blob.compression = compression_of(kept.media_type);
		return 0;
	}
	if (s->compress || s->wish.force)
		return push_compress(s->w, &s->wish, p->diff_id, NULL, NULL, &p->blob, &p->fd, err);
	snprintf(p->blob.digest, sizeof(p->blob.digest), "%s", p->diff_id);
	p->blob.compression = COMPRESSION_NONE;
	return rebuild_tar_size(&s->w->store, p->diff_id, &p->blob.size, err);
}

struct writing {
	struct save *s;
	const char *id;
	uint64_t done, total;
};

static int write_piece(void *arg, const void *data, size_t len, struct err *err)
{
	struct writing *w = arg;
	uint64_t before = w->done / (4 << 20);

	w->done += len;
	if (w->done / (4 << 20) != before)
		worker_progress(w->s->w, w->id, "unpacking", w->done, w->total);
	return outbox_write(w->s->out, data, len, err);
}

/* bytes that must be what they were */
static int write_blob(struct writing *w, const struct plan *p, int fd, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	char digest[72];
	ssize_t n = 0;
	int r = 0;

	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	while (r == 0 && (n = fd_read_full(fd, chunk, CHUNK)) > 0) {
		EVP_DigestUpdate(hash, chunk, (size_t)n);
		r = write_piece(w, chunk, (size_t)n, err);
	}
	if (r == 0 && n < 0)
		r = err_set(err, (int)-n, "read layer %.19s", p->diff_id);
	ingest_digest_end(hash, digest);
	if (r == 0 && !str_eq(digest, p->blob.digest)) {
		err_say(err, EBADMSG, "the store's compressed copy of layer %.19s has changed",
			p->diff_id);
		r = err_hint(err, "remove the image with 'rl rmi -f', and pull or load it again");
	}
	return r;
}

static int write_kept(struct writing *w, const struct plan *p, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct layer_blob blob = {0};
	int r = rebuild_blob(&w->s->w->store, p->diff_id, &blob, &fd, err);

	if (r == 0 && fd < 0)
		r = err_say(
			err, EBADMSG, "the compressed copy of layer %.19s has gone", p->diff_id);
	return r < 0 ? r : write_blob(w, p, fd, err);
}

static int write_compressed(struct writing *w, const struct plan *p, struct err *err)
{
	if (lseek(p->fd, 0, SEEK_SET) < 0)
		return err_set(err, errno, "read the compressed layer");
	return write_blob(w, p, p->fd, err);
}

static int write_layer(struct save *s, const struct plan *p, const char *name, struct err *err)
{
	struct writing w = {.s = s, .id = p->blob.digest, .total = p->blob.size};
	int r;

	if (outbox_has(s->out, name))
		return 0;
	worker_progress(s->w, w.id, "unpacking", 0, w.total);
	r = outbox_begin(s->out, name, p->blob.size, err);
	if (r == 0)
		r = p->kept	 ? write_kept(&w, p, err)
		    : p->fd >= 0 ? write_compressed(&w, p, err)
				 : rebuild_to(&s->w->store, p->diff_id, write_piece, &w, err);
	if (r == 0)
		r = outbox_end(s->out, err);
	if (r == 0)
		worker_progress(s->w, w.id, "done", w.total, w.total);
	return r;
}

int save_tar(struct save *s, const char *diff_id, const char *name, struct err *err)
{
	struct plan p = {.diff_id = diff_id, .fd = -EBADF};
	int r = rebuild_tar_size(&s->w->store, diff_id, &p.blob.size, err);

	snprintf(p.blob.digest, sizeof(p.blob.digest), "%s", diff_id);
	return r < 0 ? r : write_layer(s, &p, name, err);
}

int save_layers(struct save *s, const struct save_image *img, bool docker,
	void (*name)(const char *digest, char ret[96]), struct push_blob *ret, struct err *err)
{
	for (size_t i = 0; i < img->diff_ids.n; i++) {
		_cleanup_(plan_done) struct plan p = {.fd = -EBADF};
		char file[96];
		int r = plan_layer(s, img, i, docker, &p, err);

		if (r < 0)
			return r;
		name(p.blob.digest, file);
		r = write_layer(s, &p, file, err);
		if (r < 0)
			return err_wrap(err, "image %.12s", img->id);
		ret[i] = p.blob;
	}
	return 0;
}

void save_manifest(struct save *s, const struct save_image *img, bool docker,
	const struct push_blob *blobs, struct buf *ret)
{
	if (push_manifest_fits(img->m, docker, blobs, img->diff_ids.n))
		buf_add(ret, img->manifest.data, img->manifest.len);
	else
		push_manifest_make(img->m, docker, blobs, img->diff_ids.n, ret);
	ingest_digest(ret->data, ret->len, s->written);
}

static int read_document(
	const struct store *s, const char *id, const char *name, struct buf *ret, struct err *err)
{
	ret->cap = JSON_RECORD_CAP;
	return image_document(s, id, name, ret, err);
}

/* What can be a name in an archive has a tag; one by digest follows from the content. */
static void add_names(const json_t *request, struct strv *ret)
{
	_cleanup_strv_ struct strv all = {0};

	json_get_strv(request, "names", &all);
	strv_foreach (i, text, &all) {
		_cleanup_(ref_done) struct ref ref = {0};
		_cleanup_free_ char *name = NULL, *full = NULL;

		if (ref_parse(text, &ref, NULL) < 0 || !ref.tag)
			continue;
		name = ref_name(&ref);
		full = xasprintf("%s:%s", name, ref.tag);
		if (!strv_has(ret, full))
			strv_add(ret, full);
	}
}

static int read_image(
	const struct store *s, const json_t *request, struct save_image *img, struct err *err)
{
	const char *id = json_get_str(request, "id", "");
	_cleanup_json_ json_t *config = NULL;
	char digest[72];
	int r;

	if (!str_is_hex(id, 64))
		return err_say(err, EINVAL, "bad image id");
	memcpy(img->id, id, 65);
	r = read_document(s, id, "config.json", &img->config, err);
	if (r == 0)
		r = read_document(s, id, "manifest.json", &img->manifest, err);
	if (r == 0)
		r = json_parse(buf_str(&img->config), img->config.len, "image configuration",
			&config, err);
	if (r == 0)
		r = json_parse(
			buf_str(&img->manifest), img->manifest.len, "manifest", &img->m, err);
	if (r < 0)
		return r;
	ingest_digest(img->config.data, img->config.len, digest);
	if (!str_eq(digest + strlen("sha256:"), id))
		return err_say(
			err, EBADMSG, "image %.12s is damaged: its configuration has changed", id);
	ingest_digest(img->manifest.data, img->manifest.len, img->digest);
	json_get_strv(json_object_get(config, "rootfs"), "diff_ids", &img->diff_ids);
	/* this pins them, too: they stay while they are read */
	strv_foreach (i, diff_id, &img->diff_ids) {
		r = rebuild_need(s, diff_id, err);
		if (r < 0)
			return r == -EBADMSG ? err_wrap(err, "image %.12s is damaged", id) : r;
	}
	add_names(request, &img->names);
	img->reference = json_get_str(request, "reference", NULL);
	return 0;
}

static void read_wish(struct save *s, const json_t *request, const char *format)
{
	const char *manifest =
		str_eq(format, "docker-dir") ? "v2s2" : json_get_str(request, "manifest", NULL);

	s->compress = json_get_bool(request, "compress", false);
	s->plain = json_get_bool(request, "plain", false);
	s->add = json_get_bool(request, "add", false);
	s->docker = manifest ? str_eq(manifest, "v2s2") : -1;
	push_read_wish(request, &s->wish);
}

int save_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	static const struct {
		const char *name;
		int (*fn)(struct save *s, struct err *err);
		bool dir;
	} formats[] = {
		{"docker-archive", save_docker_archive, false},
		{"docker-dir", save_dir, true},
		{"dir", save_dir, true},
		{"oci-archive", save_oci, false},
		{"oci-dir", save_oci, true},
	};
	const json_t *images = json_object_get(request, "images"), *image;
	const char *format = json_get_str(request, "format", "");
	_cleanup_(save_done) struct save s = {.w = w};
	size_t i;
	int r = outbox_new(TRANSFER_FD_OUTPUT, &s.out, err);

	if (r < 0)
		return r;
	/* which compressing a layer wants */
	r = rebuilder_start(&w->store, err);
	if (r < 0)
		return r;
	confine_writes_in(w->store.fd, outbox_is_dir(s.out) ? TRANSFER_FD_OUTPUT : -EBADF);
	read_wish(&s, request, format);
	s.v = xcalloc(json_array_size(images) + 1, sizeof(*s.v));
	json_array_foreach (images, i, image) {
		r = read_image(&w->store, image, &s.v[s.n++], err);
		if (r < 0)
			return r;
	}
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!str_eq(format, formats[i].name) || formats[i].dir != outbox_is_dir(s.out))
			continue;
		r = formats[i].fn(&s, err);
		if (r == 0)
			r = outbox_close(s.out, err);
		if (r == 0)
			*ret = json_pack("{s:s}", "digest", s.written);
		return r;
	}
	return err_say(err, EINVAL, "the output does not fit the format %s", format);
}
