/*
 * Theory of operation: the blob, where there is one, is tried first: a user can change a file of the tree by mistake, but hardly
 * the blob.  When a source breaks off, the other one is read from its beginning, and what has been given out
 * already is skipped; the hash over all that went out then tells whether the two fit together.
 */
#include "storage/transfer/rebuild.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/json.h"
#include "runtime/base/path.h"
#include "storage/ref.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/lent.h"
#include "storage/transfer/record.h"
#include "storage/transfer/stream.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK	     ((size_t)256 << 10)
#define SIZE_UNKNOWN INT64_MAX /* layer.json was lost and made anew: the DiffID alone has to tell */

/* where a layer is: in the store itself, or in a shared one */
struct home {
	int dir;
	bool is_lent;
	struct lent lent;
	json_t *facts; /* layer.json */
};

#define HOME_INIT                                                                                  \
	{                                                                                          \
		.dir = -EBADF, .lent = LENT_INIT                                                   \
	}

static void home_done(struct home *h)
{
	fd_close(h->dir);
	lent_done(&h->lent);
	json_decref(h->facts);
}

struct rebuild {
	const char *diff_id;
	struct home home;
	int diff, lost; /* of the layer; @lost is -EBADF where nothing was replaced */
	int (*sink)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	EVP_MD_CTX *hash;
	uint64_t size;	/* of the tar */
	uint64_t given; /* bytes that have gone out */
	uint64_t at;	/* where in the tar the present source is */
	bool sink_failed;
	char *chunk;
};

static void rebuild_done(struct rebuild *b)
{
	home_done(&b->home);
	fd_close(b->diff);
	fd_close(b->lost);
	EVP_MD_CTX_free(b->hash);
	free(b->chunk);
}

static int changed(struct rebuild *b, struct err *err, const char *what)
{
	err_say(err, EBADMSG, "the store's copy of layer %.19s has changed: %.250s", b->diff_id,
		what);
	return err_hint(err, "remove the image with 'rl rmi -f', and pull or load it again");
}

static int open_own(const struct store *s, const char *diff_id, struct home *h, struct err *err)
{
	char path[96];

	snprintf(path, sizeof(path), "layers/%.64s", diff_id + strlen("sha256:"));
	h->dir = fs_opendir_at(s->fd, path, err);
	if (h->dir < 0)
		return err_wrap(err, "layer %.19s is missing from the store", diff_id);
	return json_read_at(h->dir, "layer.json", &h->facts, err);
}

static int open_layer(const struct store *s, const char *diff_id, struct home *h, struct err *err)
{
	struct err why = {0};
	int r;

	if (!ref_digest_ok(diff_id))
		return err_say(err, EINVAL, "bad DiffID %.100s", diff_id);
	r = open_own(s, diff_id, h, &why);
	if (r == -ENOENT && lent_open(s, diff_id, &h->lent, NULL) == 0) {
		h->is_lent = true;
		h->facts = json_incref(h->lent.facts);
		return 0;
	}
	if (r < 0 && err)
		*err = why;
	return r;
}

/* "record" or "blob"; Return: a descriptor or a negative errno */
static int open_source(const struct home *h, const char *name)
{
	int fd;

	if (h->is_lent)
		return lent_file(&h->lent, name);
	fd = openat(h->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* the next bytes of the present source: those that have not gone out yet go out */
static int give(struct rebuild *b, const char *data, size_t len, struct err *err)
{
	uint64_t known = b->given - b->at < len ? b->given - b->at : len;
	int r;

	if (len > b->size - b->at)
		return changed(b, err, "it has become longer");
	b->at += len;
	data += known;
	len -= (size_t)known;
	if (!len)
		return 0;
	EVP_DigestUpdate(b->hash, data, len);
	b->given += len;
	r = b->sink(b->arg, data, len, err);
	b->sink_failed = r < 0;
	return r;
}

static int give_zeros(struct rebuild *b, uint64_t len, struct err *err)
{
	int r = 0;

	memset(b->chunk, 0, len < CHUNK ? (size_t)len : CHUNK);
	for (; r == 0 && len; len -= len < CHUNK ? len : CHUNK)
		r = give(b, b->chunk, len < CHUNK ? (size_t)len : CHUNK, err);
	return r;
}

/* Reads the record's bytes, across the blocks that a stream gives. */
struct reader {
	struct stream *st;
	const char *p;
	size_t n;
};

/* Return: how many bytes are there at @rd->p, 0 at the end, or a negative errno */
static ssize_t fill(struct reader *rd, struct err *err)
{
	const void *data;
	ssize_t n;

	if (rd->n)
		return (ssize_t)rd->n;
	n = stream_read(rd->st, &data, err);
	if (n > 0) {
		rd->p = data;
		rd->n = (size_t)n;
	}
	return n;
}

static int get_bytes(struct rebuild *b, struct reader *rd, void *ret, size_t len, struct err *err)
{
	char *to = ret;

	while (len) {
		ssize_t have = fill(rd, err);
		size_t n = have > 0 && (size_t)have < len ? (size_t)have : len;

		if (have <= 0)
			return have < 0 ? (int)have : changed(b, err, "its record is cut off");
		memcpy(to, rd->p, n);
		to += n;
		rd->p += n;
		rd->n -= n;
		len -= n;
	}
	return 0;
}

static int get_number(struct rebuild *b, struct reader *rd, uint64_t *ret, struct err *err)
{
	uint64_t n = 0;
	unsigned char c;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		int r = get_bytes(b, rd, &c, 1, err);

		if (r < 0)
			return r;
		n |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = n;
			return 0;
		}
	}
	return changed(b, err, "its record is damaged");
}

static int give_raw(struct rebuild *b, struct reader *rd, uint64_t len, struct err *err)
{
	while (len) {
		ssize_t have = fill(rd, err);
		size_t n = have > 0 && (uint64_t)have < len ? (size_t)have : (size_t)len;
		int r;

		if (have <= 0)
			return have < 0 ? (int)have : changed(b, err, "its record is cut off");
		r = give(b, rd->p, n, err);
		if (r < 0)
			return r;
		rd->p += n;
		rd->n -= n;
		len -= n;
	}
	return 0;
}

/* a part of a file, as the record names it */
struct part {
	char path[PATH_MAX];
	uint64_t inode, size, offset, len;
};

static int get_part(struct rebuild *b, struct reader *rd, struct part *p, struct err *err)
{
	uint64_t len = 0;
	int r = get_number(b, rd, &len, err);

	if (r == 0 && (len == 0 || len >= sizeof(p->path)))
		r = changed(b, err, "its record is damaged");
	if (r == 0)
		r = get_bytes(b, rd, p->path, (size_t)len, err);
	if (r == 0)
		r = get_number(b, rd, &p->inode, err);
	if (r == 0)
		r = get_number(b, rd, &p->size, err);
	if (r == 0)
		r = get_number(b, rd, &p->offset, err);
	if (r == 0)
		r = get_number(b, rd, &p->len, err);
	if (r < 0)
		return r;
	p->path[len] = '\0';
	return 0;
}

static int open_part(struct rebuild *b, const struct part *p, struct err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	char name[24];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)p->inode);
	if (b->home.is_lent)
		fd = lent_content(&b->home.lent, p->path, p->inode);
	else if (b->lost >= 0)
		fd = openat(b->lost, name, flags);
	if (fd < 0 && !b->home.is_lent)
		fd = path_open_in_root(b->diff, p->path, flags, 0, NULL);
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -EACCES)
		return err_set(err, -fd, "open %.200s", p->path);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		_cleanup_free_ char *what = xasprintf("the file %.200s is missing", p->path);

		return changed(b, err, what);
	}
	if ((uint64_t)st.st_size != p->size || p->len > p->size || p->offset > p->size - p->len) {
		_cleanup_free_ char *what = xasprintf("the file %.200s has another size", p->path);

		return changed(b, err, what);
	}
	return take_fd(fd);
}

static int give_part(struct rebuild *b, const struct part *p, struct err *err)
{
	_cleanup_close_ int fd = open_part(b, p, err);
	uint64_t offset = p->offset, len = p->len;

	if (fd < 0)
		return fd;
	while (len) {
		size_t want = len < CHUNK ? (size_t)len : CHUNK;
		ssize_t n = pread(fd, b->chunk, want, (off_t)offset);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, errno, "read %.200s", p->path);
		r = n ? give(b, b->chunk, (size_t)n, err)
		      : changed(b, err, "a file has become shorter");
		if (r < 0)
			return r;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* Return: 1 after an operation, 0 after the last one */
static int replay(struct rebuild *b, struct reader *rd, struct part *p, struct err *err)
{
	uint64_t len = 0;
	char op = 0;
	int r = get_bytes(b, rd, &op, 1, err);

	if (r == 0)
		r = op == 'F' ? get_part(b, rd, p, err) : get_number(b, rd, &len, err);
	if (r < 0)
		return r;
	switch (op) {
	case 'R':
		r = give_raw(b, rd, len, err);
		break;
	case 'Z':
		r = give_zeros(b, len, err);
		break;
	case 'F':
		r = give_part(b, p, err);
		break;
	case 'E':
		return len == b->at ? 0 : changed(b, err, "its record is damaged");
	default:
		return changed(b, err, "its record is damaged");
	}
	return r < 0 ? r : 1;
}

static int from_record(struct rebuild *b, int fd, struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	_cleanup_free_ struct part *p = xcalloc(1, sizeof(*p));
	char magic[sizeof(RECORD_MAGIC) - 1];
	struct reader rd = {0};
	int r = stream_new_unhashed(fd, NULL, &st, err);

	rd.st = st;
	b->at = 0;
	if (r == 0)
		r = get_bytes(b, &rd, magic, sizeof(magic), err);
	if (r == 0 && memcmp(magic, RECORD_MAGIC, sizeof(magic)) != 0)
		r = changed(b, err, "its record is of an unknown kind");
	if (r < 0)
		return r;
	do
		r = replay(b, &rd, p, err);
	while (r > 0);
	return r;
}

static int from_blob(struct rebuild *b, int fd, struct err *err)
{
	_cleanup_(stream_freep) struct stream *st = NULL;
	const void *data;
	ssize_t n;
	int r = stream_new_unhashed(fd, NULL, &st, err);

	b->at = 0;
	if (r < 0)
		return r;
	while ((n = stream_read(st, &data, err)) > 0) {
		r = give(b, data, (size_t)n, err);
		if (r < 0)
			return r;
	}
	if (n == 0 && b->at < b->size && b->size != SIZE_UNKNOWN)
		return changed(b, err, "its compressed copy is cut off");
	return (int)n;
}

/* what went out, against what it should be */
static int verify(struct rebuild *b, struct err *err)
{
	char got[72];

	ingest_digest_end(take_ptr(b->hash), got);
	return str_eq(got, b->diff_id) ? 0 : changed(b, err, "it has another digest");
}

static int run(struct rebuild *b, struct err *err)
{
	_cleanup_close_ int blob = open_source(&b->home, "blob");
	_cleanup_close_ int record = open_source(&b->home, "record");
	struct err first = {0};
	int r = -ENODATA;

	if (blob < 0 && record < 0 && b->home.is_lent) {
		err_say(err, ENODATA,
			"the shared store %s has layer %.19s to run, but nothing to give it out "
			"from",
			b->home.lent.from.path, b->diff_id);
		return err_hint(err,
			"its owner puts that there by taking the image out and sharing "
			"it again: 'rl image share'");
	}
	if (blob < 0 && record < 0) {
		err_say(err, ENODATA,
			"layer %.19s was unpacked by an older version, which kept no "
			"record of its archive",
			b->diff_id);
		return err_hint(err, "pull the image or load it again");
	}
	if (blob >= 0)
		r = from_blob(b, blob, &first);
	if (r < 0 && !b->sink_failed && record >= 0)
		r = from_record(b, record, err);
	else if (r < 0 && err)
		*err = first;
	return r < 0 ? r : verify(b, err);
}

int rebuild_to(const struct store *s, const char *diff_id,
	int (*sink)(void *arg, const void *data, size_t len, struct err *err), void *arg,
	struct err *err)
{
	_cleanup_(rebuild_done) struct rebuild b = {
		.diff_id = diff_id,
		.home = HOME_INIT,
		.diff = -EBADF,
		.lost = -EBADF,
		.sink = sink,
		.arg = arg,
	};
	int r = open_layer(s, diff_id, &b.home, err);

	if (r < 0)
		return r;
	b.size = (uint64_t)json_get_int(b.home.facts, "tarSize", SIZE_UNKNOWN);
	if (!b.home.is_lent) {
		b.diff = fs_opendir_at(b.home.dir, "diff", err);
		if (b.diff < 0)
			return b.diff;
		b.lost = fs_opendir_at(b.home.dir, "lost", NULL);
	}
	b.chunk = xmalloc(CHUNK);
	b.hash = EVP_MD_CTX_new();
	if (!b.hash || EVP_DigestInit_ex(b.hash, EVP_sha256(), NULL) != 1)
		abort();
	return run(&b, err);
}

static int write_piece(void *arg, const void *data, size_t len, struct err *err)
{
	int r = fd_write_full(*(const int *)arg, data, len);

	return r < 0 ? err_set(err, -r, "write the layer") : 0;
}

int rebuild_tar(const struct store *s, const char *diff_id, int fd, struct err *err)
{
	return rebuild_to(s, diff_id, write_piece, &fd, err);
}

int rebuild_need(const struct store *s, const char *diff_id, struct err *err)
{
	struct err why = {0};
	int r = ingest_need_layer(s, diff_id, &why);

	if (r == 0 || lent_has(s, diff_id))
		return 0;
	if (err)
		*err = why;
	return r;
}

int rebuild_tar_size(const struct store *s, const char *diff_id, uint64_t *ret, struct err *err)
{
	_cleanup_(home_done) struct home h = HOME_INIT;
	int r = open_layer(s, diff_id, &h, err);

	if (r < 0)
		return r;
	*ret = (uint64_t)json_get_int(h.facts, "tarSize", SIZE_UNKNOWN);
	if (*ret != SIZE_UNKNOWN)
		return 0;
	err_say(err, ENODATA, "the size of layer %.19s's archive is not known any more", diff_id);
	return err_hint(err, "pull the image or load it again");
}

int rebuild_blob(const struct store *s, const char *diff_id, struct layer_blob *ret, int *ret_fd,
	struct err *err)
{
	_cleanup_(home_done) struct home h = HOME_INIT;
	int r = open_layer(s, diff_id, &h, err);
	const json_t *j = json_object_get(h.facts, "blob");
	_cleanup_close_ int fd = r == 0 && j ? open_source(&h, "blob") : -ENOENT;
	struct layer_blob blob = {0};
	struct stat st;

	if (r < 0)
		return r;
	if (fd < 0 && fd != -ENOENT)
		return err_set(err, -fd, "open the compressed copy of layer %.19s", diff_id);
	/* one that is damaged is as good as none: the tar can still be made */
	blob.size = (uint64_t)json_get_int(j, "size", 0);
	if (fd < 0 || !ref_digest_ok(json_get_str(j, "digest", NULL)) || fstat(fd, &st) < 0 ||
		(uint64_t)st.st_size != blob.size) {
		*ret_fd = -EBADF;
		return 0;
	}
	snprintf(blob.digest, sizeof(blob.digest), "%s", json_get_str(j, "digest", ""));
	snprintf(blob.media_type, sizeof(blob.media_type), "%s", json_get_str(j, "mediaType", ""));
	*ret = blob;
	*ret_fd = take_fd(fd);
	return 0;
}
