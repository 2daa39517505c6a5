#include "storage/transfer/artifact_send.h"

#include "runtime/base/fd.h"
#include "storage/artifact.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/upload.h"

#include <sys/stat.h>

/* a blob on its way */
struct sending {
	struct worker *w;
	const struct descriptor *blob;
	int64_t last; /* when progress was told */
};

static void tell(const struct sending *s, const char *state, uint64_t done)
{
	worker_progress(s->w, s->blob->digest, state, done, s->blob->size);
}

static void on_sent(void *arg, uint64_t sent)
{
	struct sending *s = arg;

	if (worker_progress_due(&s->last))
		tell(s, "uploading", sent);
}

static int damaged(const char *digest, const struct descriptor *blob, struct err *err)
{
	err_say(err, EBADMSG, "artifact %.19s is damaged: blob %.19s has changed", digest,
		blob->digest);
	return err_hint(err, "'rl system check' tells what is wrong");
}

/* a registry that refuses a blob: is it the fault of the store? */
static int blame(const char *digest, const struct descriptor *blob, int fd, int r, struct err *err)
{
	char got[72];

	if (ingest_digest_fd(fd, got, NULL) == 0 && !str_eq(got, blob->digest))
		return damaged(digest, blob, err);
	return r;
}

static int send_blob(struct worker *w, struct registry *to, const char *digest,
	const struct descriptor *blob, struct err *err)
{
	_cleanup_close_ int fd = artifact_blob(&w->store, digest, blob->digest, err);
	struct sending s = {.w = w, .blob = blob};
	struct http_file file = {.fd = fd, .length = blob->size, .progress = on_sent, .arg = &s};
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat blob %.19s", blob->digest);
	if ((uint64_t)st.st_size != blob->size)
		return damaged(digest, blob, err);
	r = upload_exists(to, blob->digest, err);
	if (r > 0)
		tell(&s, "exists", blob->size);
	if (r != 0)
		return r < 0 ? r : 0;
	/* the registry compares the digest with what it gets */
	r = upload_blob(to, blob->digest, &file, err);
	if (r == 0)
		tell(&s, "done", blob->size);
	return r == -ERR_REGISTRY ? blame(digest, blob, fd, r, err) : r;
}

static const char *type_of(const json_t *manifest)
{
	const char *type = json_get_str(manifest, "mediaType", "");

	return manifest_is_type(type) ? type : manifest_type(false, false);
}

int artifact_send(struct worker *w, struct registry *to, const char *digest, const char *tag,
	struct pushed *ret, struct err *err)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	_cleanup_buf_ struct buf bytes = {.cap = REGISTRY_MANIFEST_CAP};
	_cleanup_json_ json_t *j = NULL;
	int r = artifact_manifest(&w->store, digest, &bytes, err);

	if (r < 0)
		return r;
	ingest_digest(buf_str(&bytes), bytes.len, ret->digest);
	if (!str_eq(ret->digest, digest)) {
		err_say(err, EBADMSG, "artifact %.19s is damaged", digest);
		return err_hint(err, "take it out with 'rl manifest remove' or 'rl artifact rm', "
				     "and add its files again");
	}
	r = json_parse(buf_str(&bytes), bytes.len, "artifact", &j, err);
	if (r == 0)
		r = manifest_read(buf_str(&bytes), bytes.len, type_of(j), "artifact", &m, err);
	if (r == 0)
		r = send_blob(w, to, digest, &m.config, err);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = send_blob(w, to, digest, &m.entries[i], err);
	if (r < 0)
		return r;
	ret->size = bytes.len;
	ret->docker = manifest_is_docker(type_of(j));
	return upload_manifest(to, tag ? tag : digest, type_of(j), &bytes, digest, err);
}
