#include "storage/transfer/push_layer.h"

#include "runtime/base/fd.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/places.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/upload.h"

#include <stdio.h>
#include <unistd.h>

/* a layer at work */
struct job {
	struct worker *w;
	struct registry *r;
	const struct push_wish *wish;
	const char *diff_id;
	const struct descriptor *named;
	struct chunked named_chunked;
	struct places places;
	struct layer_blob kept;
	int kept_fd;
	uint64_t total, tar_size;
	int64_t last; /* when progress was told */
};

static const char *const media_types[] = {
	[COMPRESSION_NONE] = "application/vnd.oci.image.layer.v1.tar",
	[COMPRESSION_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
	[COMPRESSION_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
};

static void tell(struct job *j, const char *state, uint64_t done, uint64_t total)
{
	worker_progress(j->w, j->named->digest, state, done, total);
}

static void tell_now_and_then(struct job *j, const char *state, uint64_t done, uint64_t total)
{
	if (worker_progress_due(&j->last))
		tell(j, state, done, total);
}

static void on_sent(void *arg, uint64_t sent)
{
	struct job *j = arg;

	tell_now_and_then(j, "uploading", sent, j->total);
}

static void on_compressed(void *arg, uint64_t done)
{
	struct job *j = arg;

	tell_now_and_then(j, "compressing", done, j->tar_size);
}

/* whether bytes that were compressed like this may stand for the layer */
static bool is_wanted(const struct job *j, enum compression c, const struct chunked *chunked)
{
	if (c == COMPRESSION_OTHER)
		return false;
	if (j->wish->docker && c != COMPRESSION_GZIP)
		return false;
	if (j->wish->force && j->wish->chunked && !chunked_is(chunked))
		return false;
	return !j->wish->force || (c == j->wish->compression && j->wish->level < 0);
}

static const struct place_blob *known(const struct job *j, const char *digest)
{
	for (size_t i = 0; i < j->places.n; i++)
		if (str_eq(j->places.v[i].digest, digest))
			return &j->places.v[i];
	return NULL;
}

/* the table of contents that bytes are known to have */
static struct chunked known_chunked(const struct job *j, const char *digest)
{
	const struct place_blob *p = known(j, digest);

	if (str_eq(j->named->digest, digest) && chunked_is(&j->named_chunked))
		return j->named_chunked;
	return p ? p->chunked : (struct chunked){0};
}

static struct push_blob make_blob(
	const struct job *j, const char *digest, uint64_t size, const char *media_type)
{
	struct push_blob b = {.size = size,
		.compression = compression_of(media_type),
		.chunked = known_chunked(j, digest)};

	snprintf(b.digest, sizeof(b.digest), "%s", digest);
	return b;
}

/* without sending it: it is there, or another repository has it; Return: 1 if so, 0, or a negative errno */
static int without_sending(struct job *j, const struct push_blob *b, struct err *err)
{
	const struct place_blob *p = known(j, b->digest);
	const char *from;
	int r = upload_exists(j->r, b->digest, err);

	if (r > 0)
		tell(j, "exists", b->size, b->size);
	if (r != 0)
		return r;
	from = p ? places_on(p, j->r->host, j->r->path) : NULL;
	if (!from)
		return 0;
	r = upload_mount(j->r, b->digest, from, err);
	if (r == 0)
		places_remove(&j->w->store, j->diff_id, b->digest, j->r->host, from);
	if (r > 0)
		tell(j, "mounted", b->size, b->size);
	/* it was worth a try: what is wrong with the other repository does not matter here */
	return r == -EACCES || r == -ERR_NO_OBJECT ? 0 : r;
}

static int send_file(struct job *j, const struct push_blob *b, int fd, struct err *err)
{
	struct http_file file = {.fd = fd, .length = b->size, .progress = on_sent, .arg = j};
	int r;

	j->total = b->size;
	tell(j, "uploading", 0, b->size);
	r = upload_blob(j->r, b->digest, &file, err);
	if (r == 0)
		tell(j, "done", b->size, b->size);
	return r;
}

/* a registry that refuses what is kept: is it the fault of the store? */
static int check_kept(struct job *j, int r, struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	struct stream_range all = {0, j->kept.size};
	char in[STREAM_DIGEST_MAX], out[STREAM_DIGEST_MAX];

	if (r != -ERR_REGISTRY || stream_new(j->kept_fd, &all, &st, NULL) < 0)
		return r;
	if (stream_drain(st, NULL) == 0) {
		stream_digests(st, in, out);
		if (str_eq(in, j->kept.digest))
			return r;
	}
	err_say(err, EBADMSG, "the store's copy of layer %.19s is damaged", j->kept.digest);
	return err_hint(err, "remove the image and pull it again");
}

/* bytes that are there: the kept blob, or the plain tar; Return: 1 if the registry has them, 0 if they are not there */
static int try_blob(struct job *j, const struct push_blob *b, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	uint64_t size;
	int r = without_sending(j, b, err);

	if (r != 0)
		return r;
	if (j->kept_fd >= 0 && str_eq(j->kept.digest, b->digest)) {
		r = send_file(j, b, j->kept_fd, err);
		return r < 0 ? check_kept(j, r, err) : 1;
	}
	if (b->compression != COMPRESSION_NONE || !str_eq(b->digest, j->diff_id))
		return 0;
	r = compress_none(&j->w->store, j->diff_id, &size, &fd, err);
	if (r == 0 && size != b->size)
		r = err_say(err, EBADMSG, "layer %.19s has %llu bytes, its manifest says %llu",
			j->diff_id, (unsigned long long)size, (unsigned long long)b->size);
	if (r == 0)
		r = send_file(j, b, fd, err);
	return r < 0 ? r : 1;
}

/* Plain tars go out only where they came from a registry, so that an image keeps its digest; what was made or
   loaded here is compressed. */
static bool may_go_as_named(const struct job *j)
{
	enum compression c = compression_of(j->named->media_type);
	struct chunked chunked = known_chunked(j, j->named->digest);

	return is_wanted(j, c, &chunked) && (c != COMPRESSION_NONE || known(j, j->named->digest));
}

static int compress_and_send(struct job *j, struct push_blob *b, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	tell(j, "compressing", 0, j->tar_size);
	r = push_compress(j->w, j->wish, j->diff_id, on_compressed, j, b, &fd, err);
	if (r == 0)
		r = without_sending(j, b, err);
	return r == 0 ? send_file(j, b, fd, err) : r;
}

static int run(struct job *j, struct push_blob *ret, struct err *err)
{
	int r = 0;

	if (may_go_as_named(j)) {
		*ret = make_blob(j, j->named->digest, j->named->size, j->named->media_type);
		r = try_blob(j, ret, err);
	}
	if (r == 0 && j->kept_fd >= 0) {
		*ret = make_blob(j, j->kept.digest, j->kept.size, j->kept.media_type);
		if (is_wanted(j, ret->compression, &ret->chunked))
			r = try_blob(j, ret, err);
	}
	for (size_t i = 0; r == 0 && i < j->places.n; i++) {
		const struct place_blob *p = &j->places.v[i];

		*ret = make_blob(j, p->digest, p->size, p->media_type);
		if (ret->compression != COMPRESSION_NONE &&
			is_wanted(j, ret->compression, &ret->chunked))
			r = without_sending(j, ret, err);
	}
	return r == 0 ? compress_and_send(j, ret, err) : r;
}

int push_compress(struct worker *w, const struct push_wish *wish, const char *diff_id,
	void (*progress)(void *arg, uint64_t done), void *arg, struct push_blob *ret, int *ret_fd,
	struct err *err)
{
	struct push_blob b = {.compression = wish->compression};
	_cleanup_close_ int tar = -EBADF;
	struct err why = {0};
	uint64_t size;
	int r = 0;

	if (wish->chunked) {
		r = compress_none(&w->store, diff_id, &size, &tar, err);
		if (r < 0)
			return r;
		r = chunked_write(&w->store, tar, size, wish->level, progress, arg, b.digest,
			&b.size, &b.chunked, ret_fd, &why);
		if (r < 0 && r != -EOPNOTSUPP) {
			if (err)
				*err = why;
			return r;
		}
		if (r < 0)
			worker_note(
				w, "Layer %.19s gets no table of contents: %s", diff_id, why.msg);
	}
	if (!wish->chunked || r < 0)
		r = compress_layer(&w->store, diff_id, b.compression, wish->level, progress, arg,
			b.digest, &b.size, ret_fd, err);
	if (r == 0)
		*ret = b;
	return r;
}

int push_layer(struct worker *w, struct registry *reg, const struct push_wish *wish,
	const char *diff_id, const struct descriptor *named, const json_t *annotations,
	struct push_blob *ret, struct err *err)
{
	struct job j = {.w = w,
		.r = reg,
		.wish = wish,
		.diff_id = diff_id,
		.named = named,
		.named_chunked = chunked_from(annotations),
		.kept_fd = -EBADF};
	struct push_blob blob = {0};
	int r = rebuild_blob(&w->store, diff_id, &j.kept, &j.kept_fd, err);

	/* for the progress only */
	if (r == 0)
		(void)rebuild_tar_size(&w->store, diff_id, &j.tar_size, NULL);
	places_read(&w->store, diff_id, &j.places);
	if (r == 0)
		r = run(&j, &blob, err);
	if (r == 0)
		places_add(&w->store, diff_id, blob.digest, blob.size,
			media_types[blob.compression], &blob.chunked, reg->host, reg->path);
	places_done(&j.places);
	fd_close(j.kept_fd);
	if (r < 0)
		return r;
	*ret = blob;
	return 0;
}
