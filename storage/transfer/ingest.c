#include "storage/transfer/ingest.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "storage/ref.h"
#include "storage/transfer/layer.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/publish.h"
#include "userns/idmap.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYER_VERSION 1
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"

static void digest_text(const unsigned char *md, unsigned n, char ret[72])
{
	if (n != 32)
		abort();
	memcpy(ret, "sha256:", 7);
	for (unsigned i = 0; i < n; i++)
		snprintf(ret + 7 + 2 * i, 3, "%02x", md[i]);
}

void ingest_digest(const void *data, size_t len, char ret[72])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) != 1)
		abort();
	digest_text(md, n, ret);
}

void ingest_digest_end(EVP_MD_CTX *hash, char ret[72])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(hash, md, &n) != 1)
		abort();
	EVP_MD_CTX_free(hash);
	digest_text(md, n, ret);
}

int ingest_digest_fd(int fd, char ret[72], struct err *err)
{
	const size_t size = (size_t)256 << 10;
	_cleanup_free_ char *chunk = xmalloc(size);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	off_t at = 0;
	ssize_t n;

	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort();
	while ((n = pread(fd, chunk, size, at)) > 0) {
		EVP_DigestUpdate(hash, chunk, (size_t)n);
		at += n;
	}
	ingest_digest_end(hash, ret);
	return n < 0 ? err_set(err, errno, "read a file back") : 0;
}

static bool layer_exists(const struct store *s, const char *diff_id)
{
	char path[96];

	snprintf(path, sizeof(path), "layers/%.64s/layer.json", diff_id + strlen("sha256:"));
	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int ingest_need_layer(const struct store *s, const char *diff_id, struct err *err)
{
	_cleanup_close_ int lock = -EBADF;
	int r;

	if (!ref_digest_ok(diff_id))
		return err_say(err, EBADMSG, "bad DiffID %.100s", diff_id);
	lock = store_lock(s, LOCK_SHARED, err);
	r = lock < 0 ? lock : pin_layer(s, diff_id, err);
	if (r < 0)
		return r;
	return layer_exists(s, diff_id)
		       ? 0
		       : err_say(err, EBADMSG, "layer %.19s is missing from the store", diff_id);
}

bool ingest_has_layer(const struct store *s, const char *diff_id)
{
	return ingest_need_layer(s, diff_id, NULL) == 0;
}

bool ingest_has_whole_layer(const struct store *s, const char *diff_id)
{
	return ingest_has_layer(s, diff_id) && publish_is_whole(s, diff_id);
}

bool ingest_is_single_id(void)
{
	_cleanup_(idmap_done) struct idmap map = {0};

	return idmap_read("/proc/self/uid_map", &map, NULL) == 0 && idmap_count(&map) == 1;
}

struct unpack {
	struct stream *st;
	const struct ingest_layer *l;
};

static void report(void *arg)
{
	const struct unpack *u = arg;

	u->l->progress(u->l->arg, stream_taken(u->st), stream_given(u->st));
}

/* reads the whole stream; @dir: the layer's directory, with diff/ in it */
static int unpack(int dir, struct stream *st, const struct ingest_layer *l,
	struct layer_facts *facts, struct err *err)
{
	_cleanup_close_ int root = fs_opendir_at(dir, "diff", err);
	_cleanup_(record_freep) struct record *rec = NULL;
	_cleanup_(tar_freep) struct tar *t = NULL;
	struct unpack u = {st, l};
	struct layer_opts o = {
		.single_id = ingest_is_single_id(),
		.progress = l->progress ? report : NULL,
		.arg = &u,
	};
	int r = root < 0 ? root : record_new(dir, &rec, err);

	if (r == 0)
		r = tar_new_recorded(st, rec, &t, err);
	o.record = rec;
	if (r == 0)
		r = layer_apply(root, t, &o, facts, err);
	if (r == 0)
		r = tar_drain(t, err);
	return r < 0 ? r : record_end(rec, err);
}

/* what the stream turned out to be, against what was promised */
static int check(struct stream *st, const struct ingest_layer *l, char in[STREAM_DIGEST_MAX],
	char out[STREAM_DIGEST_MAX], struct err *err)
{
	stream_digests(st, in, out);
	/* where nobody says what is to come, nothing is a mistake */
	if (stream_taken(st) == 0 && !l->digest && !l->diff_id)
		return err_say(err, EBADMSG, "the archive is empty");
	if (l->size && stream_taken(st) != l->size)
		return err_say(err, EBADMSG, "layer has %llu bytes instead of %llu",
			(unsigned long long)stream_taken(st), (unsigned long long)l->size);
	if (l->digest && !str_eq(l->digest, in))
		return err_say(
			err, EBADMSG, "layer has the digest %s instead of %s", in, l->digest);
	if (l->diff_id && !str_eq(l->diff_id, out))
		return err_say(
			err, EBADMSG, "layer has the DiffID %s instead of %s", out, l->diff_id);
	return 0;
}

/*
 * Compressed bytes are kept as they came where an image may name them again: somebody has named them, or they are of
 * a kind that every registry's users understand.
 */
static bool is_kept(const struct stream *st, const struct ingest_layer *l)
{
	const char *kind = stream_kind(st);

	return kind && (l->digest || str_eq(kind, "gzip") || str_eq(kind, "zstd"));
}

static json_t *describe_blob(const struct stream *st, const char *digest)
{
	json_t *j = json_object();
	_cleanup_free_ char *type = xasprintf(LAYER_TYPE "+%s", stream_kind(st));

	json_set_str(j, "digest", digest);
	json_object_set_new(j, "size", json_integer((json_int_t)stream_taken(st)));
	json_set_str(j, "mediaType", type);
	return j;
}

static int write_facts(int dir, const struct stream *st, const struct layer_facts *f,
	const char *blob, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();
	int r = 0;

	json_object_set_new(j, "version", json_integer(LAYER_VERSION));
	json_object_set_new(j, "size", json_integer((json_int_t)f->size));
	json_object_set_new(j, "tarSize", json_integer((json_int_t)stream_given(st)));
	json_object_set_new(j, "entries", json_integer((json_int_t)f->entries));
	json_object_set_new(j, "devicesLeftOut", json_integer((json_int_t)f->devices));
	if (blob)
		json_object_set_new(j, "blob", describe_blob(st, blob));
	if (f->opaque_root)
		r = fs_write_at(dir, "opaque", "", 0, 0600, 0, err);
	return r < 0 ? r : json_write_at(dir, "layer.json", j, 0, err);
}

static int make_layer_dir(const struct store *s, const char *dir, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;

	if (mkdirat(s->fd, dir, 0700) < 0)
		return err_set(err, errno, "create %s/%s", s->path, dir);
	fd = fs_opendir_at(s->fd, dir, err);
	if (fd < 0)
		return fd;
	if (mkdirat(fd, "diff", 0755) < 0)
		return err_set(err, errno, "create %s/%s/diff", s->path, dir);
	/* whatever umask we were started with */
	if (fchmodat(fd, "diff", 0755, 0) < 0)
		return err_set(err, errno, "set the mode of %s/%s/diff", s->path, dir);
	return take_fd(fd);
}

static int unpack_into(const struct store *s, const char *dir, struct stream *st,
	const struct ingest_layer *l, char ret_diff_id[72], struct err *err)
{
	_cleanup_close_ int fd = make_layer_dir(s, dir, err), blob = -EBADF;
	char in[STREAM_DIGEST_MAX], out[STREAM_DIGEST_MAX];
	struct layer_facts facts = {0};
	int r = 0;

	if (fd < 0)
		return fd;
	if (is_kept(st, l)) {
		blob = openat(fd, "blob", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		r = blob < 0 ? err_set(err, errno, "create %s/%s/blob", s->path, dir)
			     : stream_keep(st, blob, err);
	}
	if (r == 0)
		r = unpack(fd, st, l, &facts, err);
	if (r == 0)
		r = check(st, l, in, out, err);
	if (r == 0)
		r = write_facts(fd, st, &facts, blob >= 0 ? in : NULL, err);
	if (r == 0 && syncfs(fd) < 0)
		r = err_set(err, errno, "write the layer to disk");
	if (r == 0)
		r = publish_layer(s, dir, out, err);
	if (r == 0)
		memcpy(ret_diff_id, out, sizeof(out));
	return r;
}

int ingest_layer(const struct store *s, int fd, const struct ingest_layer *l, char ret_diff_id[72],
	struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	char name[32] = "layer-", in[STREAM_DIGEST_MAX], out[STREAM_DIGEST_MAX];
	_cleanup_free_ char *dir = NULL;
	const char *tmp;
	int r = pin_dir(s, &tmp, err);

	if (r < 0)
		return r;
	r = stream_new(fd, l->range, &st, err);
	if (r < 0)
		return r;
	if (l->diff_id && ingest_has_whole_layer(s, l->diff_id)) {
		r = stream_drain(st, err);
		if (r == 0)
			r = check(st, l, in, out, err);
		if (r == 0)
			memcpy(ret_diff_id, out, sizeof(out));
		return r;
	}
	fs_random_hex(name + strlen(name), 16);
	dir = xasprintf("%s/%s", tmp, name);
	r = unpack_into(s, dir, st, l, ret_diff_id, err);
	/* nothing is there any more after success, unless somebody else was faster */
	store_discard(s, tmp, name, NULL);
	return r;
}
