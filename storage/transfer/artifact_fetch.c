#include "storage/transfer/artifact_fetch.h"

#include "runtime/base/fd.h"
#include "storage/transfer/artifact_dir.h"
#include "storage/transfer/crew.h"
#include "storage/transfer/fetch.h"
#include "storage/transfer/ingest.h"
#include "storage/transfer/manifest.h"
#include "storage/transfer/sigstore.h"

/* an artifact on its way; @todo: its blobs, each once */
struct fetching {
	struct worker *w;
	struct registry *r;
	struct artifact_dir dir;
	struct manifest m;
	const struct descriptor **todo;
	size_t n;
};

static void fetching_done(struct fetching *f)
{
	artifact_dir_done(&f->dir);
	manifest_done(&f->m);
	free(f->todo);
}

static void tell(
	const struct fetching *f, const struct descriptor *blob, const char *state, uint64_t done)
{
	worker_progress(f->w, blob->digest, state, done, blob->size);
}

/* in a process of its own */
static int fetch_blob(void *arg, size_t i, struct err *err)
{
	const struct fetching *f = arg;
	const struct descriptor *blob = f->todo[i];
	_cleanup_close_ int fd = artifact_dir_blob(&f->dir, blob->digest, err);
	char digest[72];
	int r;

	if (fd < 0)
		return fd;
	r = http_after_fork(&f->r->http, err);
	tell(f, blob, "downloading", 0);
	if (r == 0 && blob->size)
		r = registry_stream(f->r, blob->digest, blob->size, fd, err);
	if (r == 0)
		r = ingest_digest_fd(fd, digest, err);
	if (r < 0)
		return r;
	if (!str_eq(digest, blob->digest))
		return err_say(err, EBADMSG, "%s/%s: blob %s has in truth the digest %s",
			f->r->host, f->r->path, blob->digest, digest);
	tell(f, blob, "done", blob->size);
	return 0;
}

static int add(struct fetching *f, const struct descriptor *blob, struct err *err)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->todo[i]->digest, blob->digest))
			return f->todo[i]->size == blob->size
				       ? 0
				       : err_say(err, EBADMSG,
						 "%s/%s: the manifest gives blob %.19s two sizes",
						 f->r->host, f->r->path, blob->digest);
	f->todo[f->n++] = blob;
	return 0;
}

static int check_kind(const struct manifest *m, const struct buf *bytes, const char *type,
	const char *what, struct err *err)
{
	_cleanup_(manifest_done) struct manifest image = {0};

	if (m->is_index) {
		err_say(err, ERR_REGISTRY, "%s is an index, not an artifact", what);
		return err_hint(
			err, "'rl manifest inspect' shows what is in it; name one as NAME@DIGEST");
	}
	if (manifest_parse(bytes->data, bytes->len, type, what, &image, NULL) < 0)
		return 0;
	err_say(err, ERR_REGISTRY, "%s is a container image, not an artifact", what);
	return err_hint(err, "get it with 'rl pull'");
}

static int fetch_all(
	struct fetching *f, const struct buf *bytes, const char *digest, struct err *err)
{
	int r = artifact_dir_have(f->w, digest, err);

	if (r > 0)
		tell(f, &f->m.config, "exists", f->m.config.size);
	if (r != 0)
		return r < 0 ? r : 0;
	f->todo = xcalloc(f->m.n + 1, sizeof(struct descriptor *));
	r = add(f, &f->m.config, err);
	for (size_t i = 0; r == 0 && i < f->m.n; i++)
		r = add(f, &f->m.entries[i], err);
	if (r == 0)
		r = artifact_dir_begin(f->w, &f->dir, err);
	if (r == 0)
		r = crew_run(f->n, FETCH_PARALLEL, fetch_blob, f, err);
	return r < 0 ? r
		     : artifact_dir_publish(f->w, &f->dir, bytes->data, bytes->len, digest, err);
}

int artifact_fetch(struct worker *w, struct registry *r, const char *ref, const char *what,
	const json_t *policy, char ret_digest[72], struct err *err)
{
	_cleanup_(fetching_done) struct fetching f = {.w = w, .r = r, .dir = ARTIFACT_DIR_INIT};
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_free_ char *type = NULL;
	const char *key;
	int e = registry_manifest(r, ref, &bytes, &type, ret_digest, err), lock;

	if (e == 0)
		e = sigstore_check(r, policy, what, ret_digest, err);
	if (e == 0)
		e = manifest_read(buf_str(&bytes), bytes.len, type, what, &f.m, err);
	if (e == 0)
		e = check_kind(&f.m, &bytes, type, what, err);
	if (e < 0)
		return e;
	/* of many who ask for it, one gets it */
	key = ret_digest + strlen("sha256:");
	lock = fetch_lock(&w->store, key, NULL, NULL, err);
	if (lock < 0)
		return lock;
	e = fetch_all(&f, &bytes, ret_digest, err);
	fetch_unlock(&w->store, key, lock);
	return e;
}
