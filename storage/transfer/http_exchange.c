#include "storage/transfer/http_exchange.h"

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/parse.h"
#include "storage/transfer/http_retry.h"
#include "storage/transfer/http_url.h"

#include <strings.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 20
#define STALL_BYTES_S	  512	/* slower than this for stall_s is not alive */
#define FINISH_BYTES_MS	  10000 /* a registry that has got everything is given time to put it away */
#define PROGRESS_MS	  100

/* one header line of the final or of a redirecting answer; the fields of an earlier one are replaced */
static void take_header(struct http_resp *resp, const char *name, const char *value)
{
	struct {
		const char *name;
		char **field;
	} const kept[] = {{"Content-Type", &resp->content_type},
		{"Docker-Content-Digest", &resp->digest}, {"Content-Range", &resp->content_range},
		{"Location", &resp->location}, {"Range", &resp->range}};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (strcasecmp(name, kept[i].name) != 0)
			continue;
		free(*kept[i].field);
		*kept[i].field = xstrdup(value);
	}
	if (strcasecmp(name, "WWW-Authenticate") == 0) {
		strv_add(&resp->challenges, value);
	} else if (strcasecmp(name, "Link") == 0) {
		free(resp->link_next);
		resp->link_next = http_link_next(value);
	} else if (strcasecmp(name, "OCI-Chunk-Min-Length") == 0) {
		if (parse_u64(value, &resp->chunk_min) < 0)
			resp->chunk_min = 0;
	} else if (strcasecmp(name, "Retry-After") == 0) {
		resp->retry_after_ms = http_retry_after(value, time(NULL));
	}
}

static size_t on_header(char *data, size_t one, size_t len, void *arg)
{
	struct http_exchange *x = arg;
	_cleanup_free_ char *line = xstrndup(data, len);
	char *colon = strchr(line, ':'), *end;

	(void)one;
	x->header_bytes += len;
	if (x->header_bytes > HTTP_HEADER_CAP) {
		x->resp->sink_result = -E2BIG;
		return 0;
	}
	if (strncmp(line, "HTTP/", 5) == 0) {
		/* a new answer begins (after "100 Continue", or a proxy's): forget the one before */
		http_resp_done(x->resp);
		x->resp->body.cap = x->cap;
	} else if (colon) {
		*colon = '\0';
		for (end = colon + 1 + strlen(colon + 1);
			end > colon + 1 && strchr(" \t\r\n", end[-1]);)
			*--end = '\0';
		take_header(x->resp, line, colon + 1 + strspn(colon + 1, " \t"));
	}
	return len;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct http_exchange *x = arg;
	long status = 0;
	int r = 0;

	(void)one;
	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	x->resp->status = status;
	if (x->req->sink && (status == 200 || status == 206)) {
		if (!x->started && x->req->sink_start)
			r = x->req->sink_start(x->req->arg, x->resp);
		x->started = true;
		if (r >= 0)
			r = x->req->sink(x->req->arg, data, len);
	} else {
		/* of an error page only the beginning is of interest */
		if (status >= 300 && x->resp->body.len + len > x->cap)
			return len;
		r = buf_add(&x->resp->body, data, len);
	}
	if (r < 0) {
		x->resp->sink_result = r;
		return CURL_WRITEFUNC_ERROR;
	}
	return len;
}

static size_t on_send(char *buf, size_t one, size_t len, void *arg)
{
	struct http_exchange *x = arg;
	const struct http_file *f = x->req->file;
	ssize_t n;

	(void)one;
	if (len > f->length - x->sent)
		len = (size_t)(f->length - x->sent);
	do
		n = pread(f->fd, buf, len, (off_t)(f->offset + x->sent));
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && len)) {
		x->read_error = n < 0 ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	x->sent += (uint64_t)n;
	return (size_t)n;
}

/* Where a kept connection dies libcurl would begin again by itself: an upload that had got somewhere would have its
   first bytes twice then. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
	struct http_exchange *x = arg;

	return origin == SEEK_SET && offset == 0 && x->sent == 0 ? CURL_SEEKFUNC_OK
								 : CURL_SEEKFUNC_FAIL;
}

/* libcurl's own watch would also end the wait of one who has sent everything */
static int on_watch(
	void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct http_exchange *x = arg;
	const struct http_file *f = x->req->file;
	uint64_t moved = (uint64_t)ulnow + (uint64_t)dlnow;
	int64_t now = clock_ms(), patience = x->stall_ms;
	bool complete = (uint64_t)ulnow >= f->length;

	(void)dltotal;
	(void)ultotal;
	if (complete)
		patience += (int64_t)(f->length / FINISH_BYTES_MS);
	if (moved < x->moved ||
		moved - x->moved >= (uint64_t)(STALL_BYTES_S * x->stall_ms / 1000) ||
		complete != x->complete) {
		x->moved = moved;
		x->alive = now;
		x->complete = complete;
	}
	if (f->progress && now - x->told >= PROGRESS_MS) {
		x->told = now;
		f->progress(f->arg, (uint64_t)ulnow);
	}
	x->stalled = now - x->alive > patience;
	return x->stalled;
}

static void set_file(const struct http *h, struct http_exchange *x)
{
	CURL *c = h->curl;

	x->stall_ms = (int64_t)h->stall_s * 1000;
	x->alive = clock_ms();
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->req->file->length);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(c, CURLOPT_READDATA, x);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_rewind);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, x);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_watch);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 0L);
}

static void set_common(const struct http *h, struct http_exchange *x)
{
	CURL *c = h->curl;
	const char *ca_file = getenv("SSL_CERT_FILE");

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "rl/" RL_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)h->stall_s);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, h->verify ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, h->verify ? 2L : 0L);
	if (h->ca.len) {
		/* replaces the system's file of authorities but not its directory, so it adds to them */
		struct curl_blob blob = {h->ca.data, h->ca.len, CURL_BLOB_NOCOPY};

		curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
	} else if (!str_empty(ca_file)) {
		curl_easy_setopt(c, CURLOPT_CAINFO, ca_file);
	}
	if (h->cert) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, h->cert);
		curl_easy_setopt(c, CURLOPT_SSLKEY, h->key);
	}
}

static struct curl_slist *make_headers(const struct http_req *req, const char *auth)
{
	struct curl_slist *l = curl_slist_append(NULL, "Expect:");

	strv_foreach (i, line, &req->headers)
		l = curl_slist_append(l, line);
	if (auth) {
		_cleanup_free_ char *line = xasprintf("Authorization: %s", auth);

		l = curl_slist_append(l, line);
	}
	return l;
}

static void curl_slistp(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

/* libcurl reads the environment, but for HTTP_PROXY in capitals, which a web server's children must not trust; other
   tools of this kind do */
static void set_proxy(CURL *c, const char *url, const char *authority)
{
	const char *proxy = getenv("HTTP_PROXY");

	if (http_is_loopback(authority))
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	else if (str_after(url, "http://") && str_empty(getenv("http_proxy")) && !str_empty(proxy))
		curl_easy_setopt(c, CURLOPT_PROXY, proxy);
}

CURLcode http_exchange(
	const struct http *h, struct http_exchange *x, const char *url, const char *auth)
{
	const struct http_req *req = x->req;
	const char *authority = strstr(url, "://");
	_cleanup_(curl_slistp) struct curl_slist *headers = make_headers(req, auth);
	CURL *c = h->curl;
	CURLcode code;

	set_common(h, x);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	set_proxy(c, url, authority ? authority + 3 : "");
	if (req->fresh)
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (str_eq(req->method, "HEAD"))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (req->file) {
		set_file(h, x);
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
	} else if (req->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, req->body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
	} else if (!str_eq(req->method, "GET"))
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, req->method);
	if (req->range_from) {
		_cleanup_free_ char *range =
			xasprintf("%llu-", (unsigned long long)req->range_from);

		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
	log_debug("%s %s", req->method, url);
	code = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->resp->status);
	log_debug("  %ld %s", x->resp->status, code == CURLE_OK ? "" : curl_easy_strerror(code));
	return code;
}
