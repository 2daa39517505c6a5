#include "storage/transfer/registry.h"

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "runtime/base/parse.h"
#include "storage/ref.h"
#include "storage/transfer/http_url.h"
#include "storage/transfer/ingest.h"

#include <stdio.h>
#include <strings.h>

#define PAGE_CAP    ((size_t)8 << 20)
#define PAGES_MAX   1000
#define RETRIES	    3
#define RETRY_MS    1000
#define HOST_DOCKER "registry-1.docker.io"

static const char accept_manifest[] = "Accept: application/vnd.oci.image.index.v1+json, "
				      "application/vnd.oci.image.manifest.v1+json, "
				      "application/vnd.docker.distribution.manifest.list.v2+json, "
				      "application/vnd.docker.distribution.manifest.v2+json";

int registry_init(struct registry *r, const char *host, const char *path, int tls, struct err *err)
{
	int e;

	*r = (struct registry){.retry = {.max = RETRIES, .delay_ms = RETRY_MS}};
	e = http_init(&r->http, err);
	if (e < 0)
		return e;
	r->host = xstrdup(host);
	r->path = xstrdup(path);
	r->base = xasprintf("https://%s", str_eq(host, "docker.io") ? HOST_DOCKER : host);
	r->http.verify = tls != 0;
	r->may_plain = tls == 0 || (tls < 0 && http_is_loopback(host));
	return 0;
}

void registry_done(struct registry *r)
{
	http_done(&r->http);
	free(r->host);
	free(r->path);
	free(r->base);
	free(r->auth);
	free(r->user);
	free(r->password);
	free(r->identity_token);
	free(r->from);
	free(r->scope);
	strv_done(&r->challenges);
	*r = (struct registry){0};
}

/* the registry's own words about an error (distribution-spec, Error Codes), for people; may be NULL */
static char *error_text(const struct http_resp *resp)
{
	_cleanup_json_ json_t *j = NULL;
	const json_t *first;
	const char *text;

	if (!resp->body.len || json_parse(resp->body.data, resp->body.len, "error", &j, NULL) < 0)
		return NULL;
	first = json_array_get(json_object_get(j, "errors"), 0);
	text = json_get_str(first, "message", "");
	if (!*text)
		text = json_get_str(first, "code", "");
	return *text ? http_printable(text, 200) : NULL;
}

/* @name: what was asked for, "HOST/PATH:TAG" or "HOST/PATH: blob …" */
int registry_status(
	const struct registry *r, const char *name, const struct http_resp *resp, struct err *err)
{
	_cleanup_free_ char *said = error_text(resp);
	_cleanup_free_ char *tail = said ? xasprintf(": %s", said) : xstrdup("");

	switch (resp->status) {
	case 401:
		err_say(err, EACCES, "%s: the registry does not accept the credentials%s", name,
			tail);
		break;
	case 403:
		err_say(err, EACCES, "%s: access is denied%s", name, tail);
		break;
	case 404:
		err_say(err, ERR_NO_OBJECT, "%s: not found%s", name, tail);
		return err_hint(err, "check the spelling of the repository and the tag; a private "
				     "one may need a login");
	case 416:
		return err_say(err, ERR_REGISTRY,
			"%s: the registry has fewer bytes of it than it should", name);
	case 429:
		err_say(err, ERR_REGISTRY, "%s: too many requests%s", name, tail);
		return err_hint(err, "wait some time, or log in for a higher limit");
	default:
		return err_say(err, ERR_REGISTRY, "%s: status %ld%s", name, resp->status, tail);
	}
	return err_hint(err,
		"does the repository exist? If it is private, log in (rl login %s) or use --creds",
		r->host);
}

/* with what was asked for in the last 401 */
static int authenticate(struct registry *r, struct err *err)
{
	struct auth_login login = {r->user, r->password, r->identity_token};
	_cleanup_buf_ struct buf scope = {0};
	_cleanup_free_ char *auth = NULL;
	int e;

	if (r->scope)
		buf_adds(&scope, r->scope);
	else if (*r->path)
		buf_addf(&scope, "repository:%s:%s", r->path, r->push ? "pull,push" : "pull");
	if (r->from)
		buf_addf(&scope, " repository:%s:pull", r->from);
	e = auth_answer(&r->http, &r->challenges, &login, buf_str(&scope),
		strncmp(r->base, "http:", 5) == 0, &r->retry, &auth, err);
	if (e < 0) {
		err_wrap(err, "%s%s%s", r->host, *r->path ? "/" : "", r->path);
		if (e == -EACCES)
			err_hint(err, "log in (rl login %s) or use --creds USER:PASSWORD", r->host);
		return e;
	}
	free(r->auth);
	r->auth = take_ptr(auth);
	return 0;
}

bool registry_may_mount(struct registry *r, const char *from)
{
	if (str_eq(r->from, from))
		return true;
	free(r->from);
	r->from = xstrdup(from);
	if (!r->auth || strncmp(r->auth, "Bearer ", 7) != 0 || authenticate(r, NULL) == 0)
		return true;
	free(r->from);
	r->from = NULL;
	return false;
}

/* whether a URL leads to the registry itself and not to where it redirects to */
static bool is_ours(const struct registry *r, const char *url)
{
	const char *rest = url ? str_after(url, r->base) : NULL;

	return rest && (*rest == '/' || *rest == '\0');
}

int registry_send(struct registry *r, struct http_req *req, const char *target,
	struct http_resp *resp, enum http_failure *failure, struct err *err)
{
	bool has_port =
		strrchr(r->host, ':') && strrchr(r->host, ':') > (strchr(r->host, ']') ?: r->host);
	bool asked = false;

	for (;;) {
		_cleanup_free_ char *url = xasprintf("%s%s", *target == '/' ? r->base : "", target);
		int e;

		req->url = url;
		req->auth = is_ours(r, url) ? r->auth : NULL;
		e = http_send(&r->http, req, resp, failure, err);
		req->url = NULL;
		if (e < 0 && r->may_plain && !r->settled && strncmp(r->base, "https:", 6) == 0 &&
			(*failure == HTTP_FAIL_TLS_SPEAK ||
				(*failure == HTTP_FAIL_CONNECT && !has_port))) {
			char *plain = xasprintf("http://%s", str_after(r->base, "https://"));

			log_debug("%s does not speak TLS, trying plain HTTP", r->host);
			free(r->base);
			r->base = plain;
			continue;
		}
		if (e < 0)
			return e;
		r->settled = true;
		if (resp->status != 401 || asked || !is_ours(r, resp->url))
			return 0;
		asked = true;
		*failure = HTTP_FAIL_FATAL;
		strv_done(&r->challenges);
		strv_addv(&r->challenges, &resp->challenges);
		e = authenticate(r, err);
		if (e < 0)
			return e;
	}
}

static bool is_among(long status, const long *ok)
{
	while (*ok && *ok != status)
		ok++;
	return *ok != 0;
}

int registry_ask(struct registry *r, struct http_req *req, const char *target, const long *ok,
	const char *what, struct http_resp *resp, struct err *err)
{
	struct http_retry retry = r->retry;

	for (;;) {
		enum http_failure failure;
		int e = registry_send(r, req, target, resp, &failure, err);

		if (e == 0 && is_among(resp->status, ok))
			return 0;
		if (e == 0) {
			e = registry_status(r, what, resp, err);
		} else {
			resp->status = 0;
			if (err && strncmp(err->msg, r->host, strlen(r->host)) != 0)
				err_wrap(err, "%s", what);
		}
		if (!http_retry(&retry, resp->status, failure, resp->retry_after_ms, 0))
			return e;
	}
}

/* a request whose answer is collected; Return: 0 with status 200, or a negative errno */
static int fetch(struct registry *r, struct http_req *req, const char *target, const char *what,
	struct http_resp *resp, struct err *err)
{
	return registry_ask(r, req, target, (const long[]){200, 0}, what, resp, err);
}

int registry_manifest(struct registry *r, const char *ref, struct buf *ret_body, char **ret_type,
	char ret_digest[72], struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = xasprintf("/v2/%s/manifests/%s", r->path, ref);
	_cleanup_free_ char *what = xasprintf("%s/%s%c%s", r->host, r->path,
				    ref_digest_ok(ref) ? '@' : ':', ref),
			    *type = NULL;
	struct http_req req = {.method = "GET", .cap = REGISTRY_MANIFEST_CAP};
	char digest[72];
	int e;

	strv_add(&req.headers, accept_manifest);
	e = fetch(r, &req, target, what, &resp, err);
	strv_done(&req.headers);
	if (e < 0)
		return e;
	ingest_digest(buf_str(&resp.body), resp.body.len, digest);
	if (ref_digest_ok(ref) && strcmp(ref, digest) != 0)
		return err_say(err, EBADMSG, "%s/%s: manifest %s has in truth the digest %s",
			r->host, r->path, ref, digest);
	if (resp.digest && ref_digest_ok(resp.digest) && strcmp(resp.digest, digest) != 0)
		return err_say(err, EBADMSG,
			"%s/%s: manifest %s: the registry says digest %s, but it is %s", r->host,
			r->path, ref, resp.digest, digest);
	type = resp.content_type ? xstrndup(resp.content_type, strcspn(resp.content_type, "; \t"))
				 : xstrdup("");
	*ret_body = resp.body;
	resp.body = (struct buf){0};
	*ret_type = take_ptr(type);
	memcpy(ret_digest, digest, sizeof(digest));
	return 0;
}

int registry_blob(
	struct registry *r, const char *digest, uint64_t size, struct buf *ret, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = xasprintf("/v2/%s/blobs/%s", r->path, digest);
	_cleanup_free_ char *what = xasprintf("%s/%s: blob %s", r->host, r->path, digest);
	struct http_req req = {.method = "GET", .cap = REGISTRY_MANIFEST_CAP};
	char got[72];
	int e;

	if (size > REGISTRY_MANIFEST_CAP)
		return err_say(err, ERR_REGISTRY,
			"%s: %llu bytes are more than the %zu that are allowed", what,
			(unsigned long long)size, REGISTRY_MANIFEST_CAP);
	e = fetch(r, &req, target, what, &resp, err);
	if (e < 0)
		return e;
	ingest_digest(buf_str(&resp.body), resp.body.len, got);
	if (strcmp(got, digest) != 0 || resp.body.len != size)
		return err_say(err, EBADMSG,
			"%s does not match: digest %s, %zu bytes instead of %llu", what, got,
			resp.body.len, (unsigned long long)size);
	*ret = resp.body;
	resp.body = (struct buf){0};
	return 0;
}

/* a blob on its way into a pipe */
struct stream {
	uint64_t pos, size, skip;
	uint64_t asked; /* Range of the request under way */
	int fd;
};

/* "bytes 100-199/200" */
static bool range_begins(const char *content_range, uint64_t at)
{
	const char *from = content_range ? str_after(content_range, "bytes ") : NULL;
	_cleanup_free_ char *digits = from ? xstrndup(from, strcspn(from, "-")) : NULL;
	uint64_t n;

	return digits && parse_u64(digits, &n) == 0 && n == at;
}

static int stream_start(void *arg, const struct http_resp *resp)
{
	struct stream *s = arg;

	s->skip = 0;
	if (resp->status == 206)
		return s->asked && range_begins(resp->content_range, s->asked) ? 0 : -EPROTO;
	/* It cannot go on where it stopped, only begin anew.  Worth it while little is lost. */
	if (s->asked > s->size / 10)
		return -ESPIPE;
	s->skip = s->asked;
	return 0;
}

static int stream_write(void *arg, const void *data, size_t len)
{
	struct stream *s = arg;
	int r;

	if (s->skip) {
		size_t n = len < s->skip ? len : (size_t)s->skip;

		s->skip -= n;
		data = (const char *)data + n;
		len -= n;
	}
	if (len > s->size - s->pos)
		return -EFBIG;
	r = fd_write_full(s->fd, data, len);
	if (r == 0)
		s->pos += len;
	return r;
}

static int stream_error(const char *what, const struct stream *s, int why, int e, struct err *err)
{
	unsigned long long size = s->size, pos = s->pos;

	switch (why) {
	case -EFBIG:
		return err_say(err, EBADMSG,
			"%s is larger than the %llu bytes that the manifest says", what, size);
	case -ESPIPE:
		return err_say(err, ERR_REGISTRY,
			"%s: the connection broke at %llu of %llu bytes and the registry "
			"cannot go on from there",
			what, pos, size);
	case -EPROTO:
		return err_say(err, ERR_REGISTRY,
			"%s: the registry sent another range than was asked for", what);
	case 0:
		return e;
	default:
		return err_set(err, -why, "%s: pass it on", what);
	}
}

int registry_stream(struct registry *r, const char *digest, uint64_t size, int fd, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	_cleanup_free_ char *target = xasprintf("/v2/%s/blobs/%s", r->path, digest);
	_cleanup_free_ char *what = xasprintf("%s/%s: blob %.19s", r->host, r->path, digest);
	struct stream s = {.size = size, .fd = fd};
	struct http_req req = {
		.method = "GET", .sink = stream_write, .sink_start = stream_start, .arg = &s};
	struct http_retry retry = r->retry;

	for (;;) {
		enum http_failure failure = HTTP_FAIL_NONE;
		int e;

		req.range_from = s.asked = s.pos;
		e = registry_send(r, &req, target, &resp, &failure, err);
		if (s.pos == size && (e < 0 || resp.status == 200 || resp.status == 206))
			return 0;
		if (e < 0 && resp.sink_result < 0)
			return stream_error(what, &s, resp.sink_result, e, err);
		if (e < 0) {
			err_wrap(err, "%s: %llu of %llu bytes", what, (unsigned long long)s.pos,
				(unsigned long long)size);
			resp.status = 0;
		} else if (resp.status == 200 || resp.status == 206) {
			e = err_say(err, ERR_REGISTRY, "%s: the registry sent %llu of %llu bytes",
				what, (unsigned long long)s.pos, (unsigned long long)size);
			failure = HTTP_FAIL_BROKEN;
			resp.status = 0;
		} else {
			e = registry_status(r, what, &resp, err);
		}
		if (!http_retry(&retry, resp.status, failure, resp.retry_after_ms, s.pos))
			return e;
	}
}

int registry_check(struct registry *r, struct err *err)
{
	_cleanup_(http_resp_done) struct http_resp resp = {0};
	struct http_req req = {.method = "GET"};

	return fetch(r, &req, "/v2/", r->host, &resp, err);
}

/* a page's target as a path on this registry; a link to somewhere else is not followed */
static int next_page(
	const struct registry *r, const char *from, const char *link, char **ret, struct err *err)
{
	_cleanup_free_ char *base = xasprintf("%s%s", r->base, from), *url = NULL;
	const char *rest;
	bool same;
	int e = http_redirect(base, link, &url, &same, err);

	if (e < 0)
		return e;
	rest = str_after(url, r->base);
	if (!same || !rest || *rest != '/')
		return err_say(err, ERR_REGISTRY, "%s: the list goes on at another host", r->host);
	*ret = xstrdup(rest);
	return 0;
}

int registry_pages(struct registry *r, const char *first, const char *what,
	int (*page)(void *arg, const json_t *list, struct err *err), void *arg, struct err *err)
{
	_cleanup_free_ char *target = xstrdup(first);

	for (unsigned n = 0; n < PAGES_MAX; n++) {
		_cleanup_(http_resp_done) struct http_resp resp = {0};
		_cleanup_json_ json_t *j = NULL;
		struct http_req req = {.method = "GET", .cap = PAGE_CAP};
		char *next = NULL;
		int e = fetch(r, &req, target, what, &resp, err);

		if (e == 0)
			e = json_parse(buf_str(&resp.body), resp.body.len, what, &j, err);
		if (e == 0)
			e = page(arg, j, err);
		if (e != 0)
			return e < 0 ? e : 0;
		if (!resp.link_next)
			return 0;
		e = next_page(r, target, resp.link_next, &next, err);
		if (e < 0)
			return e;
		free(target);
		target = next;
	}
	return err_say(err, ERR_REGISTRY, "%s: it does not end", what);
}

static int take_tags(void *arg, const json_t *list, struct err *err)
{
	struct strv *tags = arg;

	json_get_strv(list, "tags", tags);
	return tags->n > REGISTRY_TAGS_MAX
		       ? err_say(err, ERR_REGISTRY, "more than %d tags", REGISTRY_TAGS_MAX)
		       : 0;
}

int registry_tags(struct registry *r, struct strv *ret, struct err *err)
{
	_cleanup_free_ char *target = xasprintf("/v2/%s/tags/list?n=1000", r->path);
	_cleanup_free_ char *what = xasprintf("%s/%s: list of tags", r->host, r->path);

	return registry_pages(r, target, what, take_tags, ret, err);
}
