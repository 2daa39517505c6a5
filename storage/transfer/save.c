/*
 * rl-transfer save: {"format", "compress", "images": [{"id", "names": [canonical references]}]}; the output is an open
 * file, pipe or empty directory.  The result is {}.
 */
#include "storage/transfer/save.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/ref.h"
#include "storage/transfer.h"
#include "storage/transfer/confine.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/rebuild.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#define CHUNK	   ((size_t)256 << 10)
#define LAYER_TYPE "application/vnd.oci.image.layer.v1.tar"

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

int save_plan(const struct save *s, const struct save_image *img, size_t i, struct save_layer *ret,
	struct err *err)
{
	const json_t *wanted = json_array_get(json_object_get(img->m, "layers"), i);
	const char *digest = json_get_str(wanted, "digest", "");
	struct save_layer l = {.diff_id = img->diff_ids.v[i]};
	struct layer_blob blob = {0};
	int fd = -EBADF, r = rebuild_blob(&s->w->store, l.diff_id, &blob, &fd, err);

	if (r < 0)
		return r;
	/* what its manifest does not ask for must be of a kind that everybody reads */
	l.blob = fd >= 0 && !str_eq(digest, l.diff_id) &&
		 (str_eq(digest, blob.digest) || str_ends(blob.media_type, "+gzip") ||
			 str_ends(blob.media_type, "+zstd"));
	fd_close(fd);
	if (l.blob) {
		memcpy(l.digest, blob.digest, sizeof(l.digest));
		memcpy(l.media_type, blob.media_type, sizeof(l.media_type));
		l.size = blob.size;
	} else {
		snprintf(l.digest, sizeof(l.digest), "%s", l.diff_id);
		snprintf(l.media_type, sizeof(l.media_type), LAYER_TYPE);
		r = rebuild_tar_size(&s->w->store, l.diff_id, &l.size, err);
	}
	l.exact = str_eq(digest, l.digest) && json_get_int(wanted, "size", -1) == (int64_t)l.size;
	if (r == 0)
		*ret = l;
	return r;
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

/* the kept bytes, which must still be what they were */
static int write_blob(struct writing *w, const struct save_layer *l, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	_cleanup_close_ int fd = -EBADF;
	struct layer_blob blob = {0};
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	char digest[72];
	ssize_t n = 0;
	int r = rebuild_blob(&w->s->w->store, l->diff_id, &blob, &fd, err);

	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	if (r == 0 && fd < 0)
		r = err_say(
			err, EBADMSG, "the compressed copy of layer %.19s has gone", l->diff_id);
	while (r == 0 && (n = fd_read_full(fd, chunk, CHUNK)) > 0) {
		EVP_DigestUpdate(hash, chunk, (size_t)n);
		r = write_piece(w, chunk, (size_t)n, err);
	}
	if (r == 0 && n < 0)
		r = err_set(err, (int)-n, "read layer %.19s", l->diff_id);
	ingest_digest_end(hash, digest);
	if (r == 0 && !str_eq(digest, l->digest)) {
		err_say(err, EBADMSG, "the store's compressed copy of layer %.19s has changed",
			l->diff_id);
		r = err_hint(err, "remove the image with 'rl rmi -f', and pull or load it again");
	}
	return r;
}

int save_layer(struct save *s, const struct save_layer *l, const char *name, struct err *err)
{
	struct writing w = {.s = s, .id = l->digest, .total = l->size};
	int r;

	if (outbox_has(s->out, name))
		return 0;
	worker_progress(s->w, w.id, "unpacking", 0, w.total);
	r = outbox_begin(s->out, name, l->size, err);
	if (r == 0)
		r = l->blob ? write_blob(&w, l, err)
			    : rebuild_to(&s->w->store, l->diff_id, write_piece, &w, err);
	if (r == 0)
		r = outbox_end(s->out, err);
	if (r == 0)
		worker_progress(s->w, w.id, "done", w.total, w.total);
	return r;
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
	return 0;
}

int save_run(struct worker *w, const json_t *request, json_t **ret, struct err *err)
{
	static const struct {
		const char *name;
		int (*fn)(struct save *s, struct err *err);
		bool dir;
	} formats[] = {
		{"docker-archive", save_docker_archive, false},
		{"docker-dir", save_docker_dir, true},
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
	confine_writes_in(w->store.fd, outbox_is_dir(s.out) ? TRANSFER_FD_OUTPUT : -EBADF);
	s.compress = json_get_bool(request, "compress", false);
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
			*ret = json_object();
		return r;
	}
	return err_say(err, EINVAL, "the output does not fit the format %s", format);
}
