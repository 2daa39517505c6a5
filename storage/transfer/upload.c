#include "storage/transfer/upload.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/parse.h"
#include "storage/ref.h"
#include "storage/transfer/http_url.h"
#include "storage/transfer/ingest.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK_BYTES ((uint64_t)16 << 20) /* at least this much at once, where pieces are wanted */
#define CHUNK_FIRST ((uint64_t)64 << 20) /* after a refusal of all at once; halved each time */
#define CHUNK_MIN   ((uint64_t)1 << 20)

/* an upload under way */
struct session {
	struct registry *r;
	const char *digest, *what;
	const struct http_file *file;
	char *location; /* whole URL of the next request; NULL: not begun */
	uint64_t at;	/* so much has arrived */
	uint64_t chunk; /* bytes of a piece, 0: all at once */
	bool done;
	bool fresh; /* a connection has broken: the next piece has one of its own */
};

int upload_exists(struct registry *r, const char *digest, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = xasprintf("/v2/%s/blobs/%s", r->path, digest);
	_cleanup_free_ char *what = xasprintf("%s/%s: blob %.19s", r->host, r->path, digest);
	struct http_req req = {.method = "HEAD"};
	/* one that lets us write but not read is not asked twice */
	int e = registry_ask(
		r, &req, target, (const long[]){200, 404, 401, 403, 405, 0}, what, &resp, err);

	return e < 0 ? e : resp.status == 200;
}

uint64_t upload_range(const char *range)
{
	const char *end = range ? str_after(range, "0-") : NULL;
	uint64_t last;

	if (range && !end)
		end = str_after(range, "bytes=0-");
	return end && parse_u64(end, &last) == 0 && last < UINT64_MAX ? last + 1 : 0;
}

/* where the next request goes to: relative to where this one went */
static int take_location(struct session *s, const struct http_resp *resp, struct err *err)
{
	char *url;
	bool same;
	int e;

	if (!resp->location || !resp->url)
		return err_say(err, ERR_REGISTRY,
			"%s: the registry does not say where the upload goes to", s->what);
	e = http_redirect(resp->url, resp->location, &url, &same, err);
	if (e < 0)
		return err_wrap(err, "%s", s->what);
	free(s->location);
	s->location = url;
	return 0;
}

static void forget(struct session *s)
{
	free(s->location);
	s->location = NULL;
	s->at = 0;
}

/* POST: open a session, or have the blob mounted from @from; Return: 1 mounted, 0 open, or a negative errno */
static int begin(struct session *s, const char *from, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = from ? xasprintf("/v2/%s/blobs/uploads/?mount=%s&from=%s",
						     s->r->path, s->digest, from)
					   : xasprintf("/v2/%s/blobs/uploads/", s->r->path);
	struct http_req req = {.method = "POST", .body = "", .body_len = 0};
	int e;

	strv_add(&req.headers, "Content-Type:");
	e = registry_ask(s->r, &req, target, (const long[]){201, 202, 0}, s->what, &resp, err);
	strv_done(&req.headers);
	if (e < 0)
		return e;
	if (resp.status == 201)
		return from ? 1
			    : err_say(err, ERR_REGISTRY, "%s: status 201 is no upload", s->what);
	s->at = 0;
	if (resp.chunk_min)
		s->chunk = resp.chunk_min > CHUNK_BYTES ? resp.chunk_min : CHUNK_BYTES;
	return take_location(s, &resp, err);
}

/* GET: how far did it come?  What cannot be told is begun anew. */
static void resume(struct session *s)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	struct http_req req = {.method = "GET"};
	enum http_failure failure;
	uint64_t at;

	if (!s->location)
		return;
	if (registry_send(s->r, &req, s->location, &resp, &failure, NULL) < 0 ||
		(resp.status != 204 && resp.status != 202)) {
		forget(s);
		return;
	}
	at = upload_range(resp.range);
	if (!at || at > s->file->length || (resp.location && take_location(s, &resp, NULL) < 0)) {
		forget(s);
		return;
	}
	log_debug("%s: going on at %llu", s->what, (unsigned long long)at);
	s->at = at;
}

struct step {
	const struct session *s;
	uint64_t from;
};

static void on_sent(void *arg, uint64_t sent)
{
	const struct step *step = arg;
	const struct http_file *f = step->s->file;

	if (f->progress)
		f->progress(f->arg, step->from + sent);
}

/* one request: PATCH a piece, or PUT the last bytes; Return: as http_send() */
static int send_part(struct session *s, struct http_resp *resp, enum http_failure *failure,
	uint64_t *ret_sent, struct err *err)
{
	uint64_t left = s->file->length - s->at;
	bool all = s->at == 0 && !s->chunk;
	uint64_t n = s->chunk && s->chunk < left ? s->chunk : left;
	struct step step = {s, s->at};
	struct http_file part = {
		.fd = s->file->fd, .offset = s->at, .length = n, .progress = on_sent, .arg = &step};
	struct http_req req = {.method = all || !left ? "PUT" : "PATCH",
		.file = n ? &part : NULL,
		.fresh = s->fresh};
	_cleanup_free_ char *url = NULL;
	int e;

	if (*req.method == 'P' && req.method[1] == 'U')
		url = xasprintf("%s%cdigest=%s", s->location, strchr(s->location, '?') ? '&' : '?',
			s->digest);
	if (!n)
		req.body = "";
	strv_add(&req.headers, "Content-Type: application/octet-stream");
	if (!url)
		strv_addf(&req.headers, "Content-Range: %llu-%llu", (unsigned long long)s->at,
			(unsigned long long)(s->at + n - 1));
	e = registry_send(s->r, &req, url ? url : s->location, resp, failure, err);
	strv_done(&req.headers);
	*ret_sent = n;
	s->done = e == 0 && url && resp->status == 201;
	return e;
}

/* a PATCH has been taken */
static int next_part(
	struct session *s, const struct http_resp *resp, uint64_t sent, struct err *err)
{
	uint64_t at = upload_range(resp->range), want = s->at + sent;

	if (at && at != want)
		return err_say(err, ERR_REGISTRY,
			"%s: the registry has %llu bytes of it, %llu were sent", s->what,
			(unsigned long long)at, (unsigned long long)want);
	s->at = want;
	return take_location(s, resp, err);
}

static int check_stored(const struct session *s, const struct http_resp *resp, struct err *err)
{
	if (resp->digest && ref_digest_ok(resp->digest) && !str_eq(resp->digest, s->digest))
		return err_say(err, EBADMSG, "%s: the registry has stored %s instead", s->what,
			resp->digest);
	return 0;
}

/* 413: a proxy on the way takes less at once; Return: whether it is worth trying with smaller pieces */
static bool smaller(struct session *s)
{
	uint64_t chunk = s->chunk ? s->chunk / 2 : CHUNK_FIRST;

	while (chunk >= s->file->length && chunk > CHUNK_MIN)
		chunk /= 2;
	if (chunk < CHUNK_MIN || s->file->length <= CHUNK_MIN)
		return false;
	s->chunk = chunk;
	forget(s);
	return true;
}

/* Return: 0 to go on, or a negative errno if there is no use in it */
static int after_failure(struct session *s, struct http_retry *retry, long status,
	enum http_failure failure, int64_t after_ms, int e)
{
	bool lost = status == 404 || status == 416;
	int known;

	if (status == 413)
		return smaller(s) ? 0 : e;
	/* the session is gone or knows another number of bytes: another one may do better */
	if (!http_retry(
		    retry, lost ? 0 : status, lost ? HTTP_FAIL_BROKEN : failure, after_ms, s->at))
		return e;
	s->fresh = failure == HTTP_FAIL_BROKEN;
	if (lost)
		forget(s);
	else
		resume(s);
	if (s->location)
		return 0;
	/* the answer to the last request may have been all that was lost */
	known = upload_exists(s->r, s->digest, NULL);
	s->done = known == 1;
	return 0;
}

static int run(struct session *s, struct err *err)
{
	struct http_retry retry = s->r->retry;

	while (!s->done) {
		_cleanup_(http_resp_done) struct http_resp resp = {0};
		enum http_failure failure = HTTP_FAIL_NONE;
		uint64_t sent = 0;
		int e = s->location ? 0 : begin(s, NULL, err);

		if (e < 0)
			return e;
		e = send_part(s, &resp, &failure, &sent, err);
		if (s->done)
			return check_stored(s, &resp, err);
		if (e == 0 && (resp.status == 202 || resp.status == 204) && sent &&
			(s->at || s->chunk)) {
			e = next_part(s, &resp, sent, err);
			if (e < 0)
				return e;
			continue;
		}
		if (e < 0) {
			err_wrap(err, "%s", s->what);
			resp.status = 0;
		} else {
			e = registry_status(s->r, s->what, &resp, err);
		}
		e = after_failure(s, &retry, resp.status, failure, resp.retry_after_ms, e);
		if (e < 0)
			return e;
	}
	return 0;
}

int upload_mount(struct registry *r, const char *digest, const char *from, struct err *err)
{
	_cleanup_free_ char *what = xasprintf("%s/%s: blob %.19s", r->host, r->path, digest);
	struct session s = {.r = r, .digest = digest, .what = what};
	int e;

	if (!registry_may_mount(r, from))
		return 0;
	e = begin(&s, from, err);
	/* the session that it opened instead is left to the registry's own cleaning */
	forget(&s);
	return e;
}

int upload_blob(
	struct registry *r, const char *digest, const struct http_file *file, struct err *err)
{
	_cleanup_free_ char *what = xasprintf("%s/%s: blob %.19s", r->host, r->path, digest);
	struct session s = {.r = r, .digest = digest, .what = what, .file = file};
	int e = run(&s, err);

	forget(&s);
	return e;
}

/* where the answer to the PUT does not say what was stored, it is read back */
static int check_manifest(struct registry *r, const char *digest, struct err *err)
{
	_cleanup_buf_ struct buf bytes = {0};
	_cleanup_free_ char *type = NULL;
	char got[72];

	return registry_manifest(r, digest, &bytes, &type, got, err);
}

int upload_manifest(struct registry *r, const char *ref, const char *type, const struct buf *bytes,
	const char *digest, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = xasprintf("/v2/%s/manifests/%s", r->path, ref);
	_cleanup_free_ char *what =
		xasprintf("%s/%s%c%s", r->host, r->path, ref_digest_ok(ref) ? '@' : ':', ref);
	struct http_req req = {.method = "PUT", .body = bytes->data, .body_len = bytes->len};
	int e;

	strv_addf(&req.headers, "Content-Type: %s", type);
	e = registry_ask(r, &req, target, (const long[]){201, 200, 202, 0}, what, &resp, err);
	strv_done(&req.headers);
	if (e < 0)
		return e;
	if (!resp.digest || !ref_digest_ok(resp.digest))
		return check_manifest(r, digest, err);
	if (!str_eq(resp.digest, digest))
		return err_say(err, EBADMSG, "%s: the registry has stored %s instead of %s", what,
			resp.digest, digest);
	return 0;
}

int upload_bytes(
	struct registry *r, const char *digest, const void *data, size_t len, struct err *err)
{
	struct http_file file = {.length = len};
	int e = upload_exists(r, digest, err);
	_cleanup_close_ int fd = -EBADF;

	if (e != 0)
		return e < 0 ? e : 0;
	fd = memfd_create("blob", MFD_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "allocate memory");
	if (pwrite(fd, data, len, 0) != (ssize_t)len)
		return err_set(err, EIO, "write to memory");
	file.fd = fd;
	return upload_blob(r, digest, &file, err);
}
