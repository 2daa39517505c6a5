#include "storage/transfer/copy.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/pin.h"
#include "storage/transfer/push_manifest.h"
#include "storage/transfer/upload.h"

#include <fcntl.h>
#include <stdio.h>

/* a blob on its way */
struct blob {
	struct worker *w;
	struct registry *from, *to;
	const struct descriptor *desc;
	int fd;
};

static void tell(const struct blob *b, const char *state, uint64_t done)
{
	worker_progress(b->w, b->desc->digest, state, done, b->desc->size);
}

static void on_sent(void *arg, uint64_t sent)
{
	tell(arg, "uploading", sent);
}

/* what came must be what was asked for, before anybody else gets it */
static int check(const struct blob *b, struct err *err)
{
	char got[72];
	int r = ingest_digest_fd(b->fd, got, err);

	if (r < 0)
		return r;
	if (!str_eq(got, b->desc->digest))
		return err_say(err, EBADMSG, "%s/%s: blob %s has in truth the digest %s",
			b->from->host, b->from->path, b->desc->digest, got);
	return 0;
}

static int send_through_file(struct blob *b, struct err *err)
{
	struct http_file file = {.length = b->desc->size, .progress = on_sent, .arg = b};
	int r = 0;

	tell(b, "downloading", 0);
	b->fd = pin_nameless(&b->w->store, err);
	if (b->fd < 0)
		return b->fd;
	if (b->desc->size)
		r = registry_stream(b->from, b->desc->digest, b->desc->size, b->fd, err);
	if (r == 0)
		r = check(b, err);
	tell(b, "uploading", 0);
	file.fd = b->fd;
	if (r == 0)
		r = upload_blob(b->to, b->desc->digest, &file, err);
	b->fd = fd_close(b->fd);
	return r;
}

static int copy_blob(struct worker *w, struct registry *from, struct registry *to,
	const struct descriptor *desc, struct err *err)
{
	struct blob b = {.w = w, .from = from, .to = to, .desc = desc, .fd = -EBADF};
	int r = upload_exists(to, desc->digest, err);

	if (r > 0)
		tell(&b, "exists", desc->size);
	if (r != 0)
		return r < 0 ? r : 0;
	if (str_eq(from->host, to->host) && !str_eq(from->path, to->path))
		r = upload_mount(to, desc->digest, from->path, err);
	if (r > 0)
		tell(&b, "mounted", desc->size);
	if (r > 0)
		return 0;
	if (r < 0 && r != -EACCES && r != -ERR_NO_OBJECT)
		return r;
	r = send_through_file(&b, err);
	if (r == 0)
		tell(&b, "done", desc->size);
	return r;
}

/* the same image in the other format; what is compressed in a way that this has no name for cannot be told in it */
static int convert(
	const json_t *j, const struct manifest *m, bool docker, struct buf *bytes, struct err *err)
{
	_cleanup_free_ struct push_blob *blobs = xcalloc(m->n + 1, sizeof(*blobs));

	for (size_t i = 0; i < m->n; i++) {
		enum compression c = compression_of(m->entries[i].media_type);

		if (c == COMPRESSION_OTHER || (docker && c != COMPRESSION_GZIP))
			return err_say(err, EINVAL,
				"layer %.19s is not compressed with gzip, and Docker's format "
				"knows no other",
				m->entries[i].digest);
		snprintf(blobs[i].digest, sizeof(blobs[i].digest), "%s", m->entries[i].digest);
		blobs[i].size = m->entries[i].size;
		blobs[i].compression = c;
	}
	buf_clear(bytes);
	push_manifest_make(j, docker, blobs, m->n, bytes);
	return 0;
}

static int check_compression(
	const struct manifest *m, const char *digest, const struct push_wish *wish, struct err *err)
{
	bool fits = wish->level < 0 && !wish->chunked;

	if (!wish->force)
		return 0;
	for (size_t i = 0; fits && i < m->n; i++)
		fits = compression_of(m->entries[i].media_type) == wish->compression;
	if (fits)
		return 0;
	err_say(err, EINVAL, "image %.19s is not here, so its layers cannot be compressed again",
		digest);
	return err_hint(err, "pull it and add it to the list from the store");
}

int copy_manifest(struct worker *w, struct registry *from, struct registry *to, const char *digest,
	int docker, const struct push_wish *wish, struct pushed *ret, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_free_ char *type = NULL;
	_cleanup_json_ json_t *j = NULL;
	bool image, is_docker;
	struct pushed done;
	int r = registry_manifest(from, digest, &bytes, &type, done.digest, err);

	if (r == 0)
		r = manifest_read(buf_str(&bytes), bytes.len, type, digest, &m, err);
	if (r == 0 && m.is_index)
		r = err_say(err, EBADMSG, "%.19s is an index inside a list", digest);
	if (r == 0)
		r = json_parse(buf_str(&bytes), bytes.len, digest, &j, err);
	if (r < 0)
		return r;
	is_docker = push_manifest_is_docker(j);
	image = manifest_is_image(&m) && str_empty(m.artifact);
	r = image ? check_compression(&m, digest, wish, err) : 0;
	if (r == 0)
		r = copy_blob(w, from, to, &m.config, err);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = copy_blob(w, from, to, &m.entries[i], err);
	if (r == 0 && image && docker >= 0 && is_docker != docker) {
		r = convert(j, &m, docker, &bytes, err);
		is_docker = docker;
	}
	if (r < 0)
		return r;
	ingest_digest(buf_str(&bytes), bytes.len, done.digest);
	r = upload_manifest(
		to, done.digest, push_manifest_type(is_docker), &bytes, done.digest, err);
	if (r < 0)
		return r;
	done.size = bytes.len;
	done.docker = is_docker;
	*ret = done;
	return 0;
}
