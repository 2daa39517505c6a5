#include "storage/transfer/http.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/parse.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 20
#define STALL_TIMEOUT_S	  30
#define STALL_BYTES_S	  512	/* slower than this for stall_s is not alive */
#define FINISH_BYTES_MS	  10000 /* a registry that has got everything is given time to put it away */
#define PROGRESS_MS	  100
#define CA_CAP		  ((size_t)4 << 20)
#define PROGRESS_BYTES	  ((uint64_t)256 << 10) /* so much more forgives earlier failures */
#define RETRY_DELAY_MAX	  30000

/* the transfer in progress, for libcurl's callbacks */
struct transfer {
	const struct http_req *req;
	struct http_resp *resp;
	CURL *curl;
	size_t header_bytes, cap;
	bool started;
	uint64_t sent;		       /* of a file, handed to libcurl */
	uint64_t moved;		       /* bytes of both directions when it was last seen alive */
	int64_t alive, told, stall_ms; /* clock_ms() of that and of the last progress; patience */
	bool complete, stalled;
	int read_error;
	char error[CURL_ERROR_SIZE];
};

int http_init(struct http *h, struct err *err)
{
	static bool global;
	const char *stall = getenv("RL_STALL_TIMEOUT");
	uint64_t seconds;

	*h = (struct http){.verify = true, .ca.cap = CA_CAP, .stall_s = STALL_TIMEOUT_S};
	if (stall && parse_u64_max(stall, 3600, &seconds) == 0 && seconds > 0)
		h->stall_s = (unsigned)seconds;
	if (!global && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, EIO, "initialise libcurl");
	global = true;
	h->curl = curl_easy_init();
	if (!h->curl)
		return err_set(err, ENOMEM, "initialise libcurl");
	return 0;
}

void http_done(struct http *h)
{
	if (h->curl)
		curl_easy_cleanup(h->curl);
	h->curl = NULL;
	buf_done(&h->ca);
	free(h->cert);
	free(h->key);
	h->cert = h->key = NULL;
}

int http_after_fork(struct http *h, struct err *err)
{
	/* Not cleaned up: closing would say goodbye on connections that the parent goes on using. */
	h->curl = curl_easy_init();
	return h->curl ? 0 : err_say(err, ENOMEM, "libcurl cannot be initialised");
}

void http_resp_done(struct http_resp *r)
{
	buf_done(&r->body);
	free(r->content_type);
	free(r->content_range);
	free(r->digest);
	free(r->location);
	free(r->link_next);
	free(r->url);
	free(r->range);
	strv_done(&r->challenges);
	*r = (struct http_resp){.retry_after_ms = -1};
}

int http_add_certs(struct http *h, const char *dir, struct err *err)
{
	_cleanup_strv_ struct strv names = {0};
	_cleanup_close_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dirfd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : err_set(err, errno, "open %s", dir);
	r = fs_list_at(dirfd, ".", &names, err);
	if (r < 0)
		return err_wrap(err, "read %s", dir);
	strv_foreach (i, name, &names) {
		if (str_ends(name, ".crt")) {
			r = fs_read_at(dirfd, name, &h->ca, err);
			if (r < 0)
				return err_wrap(err, "%s/%s", dir, name);
			buf_addc(&h->ca, '\n');
		} else if (str_ends(name, ".cert") && !h->cert) {
			_cleanup_free_ char *key =
				xasprintf("%.*s.key", (int)strlen(name) - 5, name);

			if (!strv_has(&names, key)) {
				err_set(err, ENOENT, "client certificate %s/%s has no key", dir,
					name);
				return err_hint(err, "put the key into %s/%s", dir, key);
			}
			h->cert = xasprintf("%s/%s", dir, name);
			h->key = xasprintf("%s/%s", dir, key);
		}
	}
	return 0;
}

bool http_is_loopback(const char *host)
{
	_cleanup_free_ char *name = NULL;
	struct in_addr a4;

	if (host[0] == '[')
		return strncmp(host, "[::1]", 5) == 0 && (host[5] == '\0' || host[5] == ':');
	name = xstrndup(host, strcspn(host, ":"));
	if (strcasecmp(name, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, name, &a4) == 1 && (ntohl(a4.s_addr) >> 24) == 127;
}

char *http_printable(const char *text, size_t max)
{
	char *copy = xstrndup(text, max);

	for (unsigned char *p = (unsigned char *)copy; *p; p++)
		if (*p < 0x20 || *p >= 0x7f)
			*p = '?';
	return copy;
}

int64_t http_retry_after(const char *value, int64_t now)
{
	uint64_t seconds;
	time_t when;

	if (parse_u64(value, &seconds) == 0)
		return seconds > INT32_MAX ? INT64_C(1000) * INT32_MAX : (int64_t)seconds * 1000;
	when = curl_getdate(value, NULL);
	if (when < 0)
		return -1;
	return when <= now ? 0 : (int64_t)(when - now) * 1000;
}

char *http_link_next(const char *value)
{
	while (*value) {
		const char *open = strchr(value, '<');
		const char *close = open ? strchr(open, '>') : NULL;
		size_t params;

		if (!close)
			return NULL;
		params = strcspn(close, ",");
		for (const char *p = close; p < close + params; p++)
			if (strncasecmp(p, "rel=\"next\"", 10) == 0 ||
				strncasecmp(p, "rel=next", 8) == 0)
				return xstrndup(open + 1, (size_t)(close - open - 1));
		value = close + params;
	}
	return NULL;
}

static void curl_strp(char **s)
{
	curl_free(*s);
}

static void curl_urlp(CURLU **u)
{
	curl_url_cleanup(*u);
}

static char *url_origin(CURLU *u)
{
	_cleanup_(curl_strp) char *scheme = NULL, *host = NULL, *port = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return xasprintf("%s://%s:%s", scheme, host, port);
}

int http_redirect(
	const char *from, const char *location, char **ret_url, bool *ret_same, struct err *err)
{
	_cleanup_(curl_urlp) CURLU *u = curl_url();
	_cleanup_(curl_strp) char *scheme = NULL, *url = NULL, *user = NULL;
	_cleanup_free_ char *before = NULL, *after = NULL, *shown = http_printable(location, 120);

	if (!u || curl_url_set(u, CURLUPART_URL, from, 0) != CURLUE_OK)
		return err_set(err, ERR_REGISTRY, "not a URL: %s", from);
	before = url_origin(u);
	if (curl_url_set(u, CURLUPART_URL, location, 0) != CURLUE_OK)
		return err_set(err, ERR_REGISTRY,
			"redirected to something that is not an HTTP URL: %s", shown);
	after = url_origin(u);
	if (!before || !after || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return err_set(err, ERR_REGISTRY,
			"redirected to something that is not an HTTP URL: %s", shown);
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return err_set(err, ERR_REGISTRY, "redirected to another protocol: %s", shown);
	if (strncmp(before, "https:", 6) == 0 && strcmp(scheme, "https") != 0)
		return err_set(err, ERR_REGISTRY, "redirected from https to plain http: %s", shown);
	/* a user name in a URL would become credentials that nobody asked for */
	if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return err_set(err, ERR_REGISTRY, "redirected to a URL with credentials");
	if (curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK)
		return err_set(err, ERR_REGISTRY,
			"redirected to something that is not an HTTP URL: %s", shown);
	*ret_same = strcmp(before, after) == 0;
	*ret_url = xstrdup(url);
	return 0;
}

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
	struct transfer *t = arg;
	_cleanup_free_ char *line = xstrndup(data, len);
	char *colon = strchr(line, ':'), *end;

	(void)one;
	t->header_bytes += len;
	if (t->header_bytes > HTTP_HEADER_CAP) {
		t->resp->sink_result = -E2BIG;
		return 0;
	}
	if (strncmp(line, "HTTP/", 5) == 0) {
		/* a new answer begins (after "100 Continue", or a proxy's): forget the one before */
		http_resp_done(t->resp);
		t->resp->body.cap = t->cap;
	} else if (colon) {
		*colon = '\0';
		for (end = colon + 1 + strlen(colon + 1);
			end > colon + 1 && strchr(" \t\r\n", end[-1]);)
			*--end = '\0';
		take_header(t->resp, line, colon + 1 + strspn(colon + 1, " \t"));
	}
	return len;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	long status = 0;
	int r = 0;

	(void)one;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	t->resp->status = status;
	if (t->req->sink && (status == 200 || status == 206)) {
		if (!t->started && t->req->sink_start)
			r = t->req->sink_start(t->req->arg, t->resp);
		t->started = true;
		if (r >= 0)
			r = t->req->sink(t->req->arg, data, len);
	} else {
		/* of an error page only the beginning is of interest */
		if (status >= 300 && t->resp->body.len + len > t->cap)
			return len;
		r = buf_add(&t->resp->body, data, len);
	}
	if (r < 0) {
		t->resp->sink_result = r;
		return CURL_WRITEFUNC_ERROR;
	}
	return len;
}

static size_t on_send(char *buf, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	const struct http_file *f = t->req->file;
	ssize_t n;

	(void)one;
	if (len > f->length - t->sent)
		len = (size_t)(f->length - t->sent);
	do
		n = pread(f->fd, buf, len, (off_t)(f->offset + t->sent));
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && len)) {
		t->read_error = n < 0 ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	t->sent += (uint64_t)n;
	return (size_t)n;
}

/* Where a kept connection dies libcurl would begin again by itself: an upload that had got somewhere would have its
   first bytes twice then. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;

	return origin == SEEK_SET && offset == 0 && t->sent == 0 ? CURL_SEEKFUNC_OK
								 : CURL_SEEKFUNC_FAIL;
}

/* libcurl's own watch would also end the wait of one who has sent everything */
static int on_watch(
	void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct transfer *t = arg;
	const struct http_file *f = t->req->file;
	uint64_t moved = (uint64_t)ulnow + (uint64_t)dlnow;
	int64_t now = clock_ms(), patience = t->stall_ms;
	bool complete = (uint64_t)ulnow >= f->length;

	(void)dltotal;
	(void)ultotal;
	if (complete)
		patience += (int64_t)(f->length / FINISH_BYTES_MS);
	if (moved < t->moved ||
		moved - t->moved >= (uint64_t)(STALL_BYTES_S * t->stall_ms / 1000) ||
		complete != t->complete) {
		t->moved = moved;
		t->alive = now;
		t->complete = complete;
	}
	if (f->progress && now - t->told >= PROGRESS_MS) {
		t->told = now;
		f->progress(f->arg, (uint64_t)ulnow);
	}
	t->stalled = now - t->alive > patience;
	return t->stalled;
}

static void set_file(struct http *h, struct transfer *t)
{
	CURL *c = h->curl;

	t->stall_ms = (int64_t)h->stall_s * 1000;
	t->alive = clock_ms();
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->req->file->length);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(c, CURLOPT_READDATA, t);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_rewind);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_watch);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 0L);
}

static void set_common(struct http *h, struct transfer *t)
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
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
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

/* status of a proxy's refusal to open a tunnel; 0 if that was not it */
static long tunnel_refused(const struct transfer *t)
{
	long code = 0;

	curl_easy_getinfo(t->curl, CURLINFO_HTTP_CONNECTCODE, &code);
	return code >= 300 ? code : 0;
}

/* one exchange without redirects */
static CURLcode exchange(struct http *h, struct transfer *t, const char *url, const char *auth)
{
	const struct http_req *req = t->req;
	const char *authority = strstr(url, "://");
	_cleanup_(curl_slistp) struct curl_slist *headers = make_headers(req, auth);
	CURL *c = h->curl;
	CURLcode code;

	set_common(h, t);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	set_proxy(c, url, authority ? authority + 3 : "");
	if (req->fresh)
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (str_eq(req->method, "HEAD"))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (req->file) {
		set_file(h, t);
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
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &t->resp->status);
	log_debug("  %ld %s", t->resp->status, code == CURLE_OK ? "" : curl_easy_strerror(code));
	return code;
}

static enum http_failure classify(CURLcode code, const struct transfer *t)
{
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return t->stalled ? HTTP_FAIL_STALL : HTTP_FAIL_FATAL;
	case CURLE_SSL_CONNECT_ERROR:
		return HTTP_FAIL_TLS_SPEAK;
	case CURLE_COULDNT_CONNECT:
		return HTTP_FAIL_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_FAIL_STALL;
	case CURLE_RECV_ERROR:
		return tunnel_refused(t) ? HTTP_FAIL_CONNECT : HTTP_FAIL_BROKEN;
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
		return HTTP_FAIL_BROKEN;
	default:
		return HTTP_FAIL_FATAL;
	}
}

/* a certificate problem: say which and what can be done */
static int tls_error(const char *host, const char *detail, struct err *err)
{
	err_set(err, ERR_REGISTRY, "the certificate of %s cannot be verified: %s", host, detail);
	if (strstr(detail, "subject name"))
		return err_hint(err, "use the host name that the certificate is for, or "
				     "--tls-verify=false if you trust the "
				     "network");
	return err_hint(err,
		"put its authority into ~/.config/containers/certs.d/%s/ca.crt, or use "
		"--tls-verify=false if you "
		"trust the network",
		host);
}

static int explain(CURLcode code, const char *url, const struct transfer *t, struct err *err)
{
	const char *authority = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	_cleanup_free_ char *host = xstrndup(authority, strcspn(authority, "/"));
	const char *detail = *t->error ? t->error : curl_easy_strerror(code);
	_cleanup_free_ char *shown = http_printable(detail, 200);
	unsigned long long got = 0;
	curl_off_t n = 0;

	curl_easy_getinfo(t->curl, CURLINFO_SIZE_DOWNLOAD_T, &n);
	got = (unsigned long long)n;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(err, ERR_REGISTRY, "cannot find the address of %s", host);
		return err_hint(
			err, "check the spelling, /etc/resolv.conf and the network connection");
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(err, ERR_REGISTRY, "cannot find the proxy for %s", host);
		return err_hint(err, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY");
	case CURLE_COULDNT_CONNECT:
		err_set(err, ERR_REGISTRY, "cannot connect to %s", host);
		return err_hint(err, "is the registry running there, and is the port right?");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return tls_error(host, shown, err);
	case CURLE_SSL_CONNECT_ERROR:
		err_set(err, ERR_REGISTRY, "%s does not speak TLS as it should: %s", host, shown);
		return err_hint(err, "a registry without TLS needs --tls-verify=false or insecure "
				     "= true in registries.conf");
	case CURLE_SSL_CERTPROBLEM:
		return err_set(err, ERR_REGISTRY, "the client certificate %s cannot be used: %s",
			host, shown);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_REGISTRY,
			"%s is too slow: %llu bytes came, then hardly any", host, got);
	case CURLE_WRITE_ERROR:
		if (t->resp->sink_result == -E2BIG)
			return err_set(err, ERR_REGISTRY,
				"the answer of %s is larger than %zu bytes", host, t->cap);
		return err_set(err, t->resp->sink_result ? -t->resp->sink_result : EIO,
			"receive from %s", host);
	case CURLE_ABORTED_BY_CALLBACK:
		if (t->stalled)
			return err_set(err, ERR_REGISTRY,
				"%s is too slow: it hardly took anything any more", host);
		return err_set(
			err, t->read_error ? t->read_error : EIO, "read what is sent to %s", host);
	default:
		if (code != CURLE_RECV_ERROR || !tunnel_refused(t))
			return err_set(
				err, ERR_REGISTRY, "the connection to %s broke: %s", host, shown);
		err_set(err, ERR_REGISTRY, "the proxy does not let us through to %s: status %ld",
			host, tunnel_refused(t));
		return err_hint(err, "check HTTPS_PROXY and NO_PROXY");
	}
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int http_send(struct http *h, const struct http_req *req, struct http_resp *ret,
	enum http_failure *ret_failure, struct err *err)
{
	_cleanup_free_ char *url = xstrdup(req->url);
	const char *auth = req->auth;
	size_t cap = req->cap ? req->cap : HTTP_ERROR_BODY_CAP;

	if (ret_failure)
		*ret_failure = HTTP_FAIL_NONE;
	for (unsigned hops = 0;; hops++) {
		struct transfer t = {.req = req, .resp = ret, .curl = h->curl, .cap = cap};
		_cleanup_free_ char *next = NULL;
		bool same;
		CURLcode code;
		int r;

		http_resp_done(ret);
		ret->body.cap = cap;
		code = exchange(h, &t, url, auth);
		if (code != CURLE_OK) {
			if (ret_failure)
				*ret_failure = classify(code, &t);
			return explain(code, url, &t, err);
		}
		if (!is_redirect(ret->status) || !ret->location) {
			ret->url = take_ptr(url);
			return 0;
		}
		if (ret_failure)
			*ret_failure = HTTP_FAIL_FATAL;
		if (hops == HTTP_REDIRECTS)
			return err_set(err, ERR_REGISTRY, "%s redirects more than %d times",
				req->url, HTTP_REDIRECTS);
		/* sending a body again to somewhere else is never right here; an empty one is none */
		if (req->body_len || req->file ||
			(req->body && ret->status != 307 && ret->status != 308))
			return err_set(err, ERR_REGISTRY, "%s redirects a %s request", req->url,
				req->method);
		r = http_redirect(url, ret->location, &next, &same, err);
		if (r < 0)
			return err_wrap(err, "%s", req->url);
		if (!same)
			auth = NULL;
		free(url);
		url = take_ptr(next);
	}
}

int64_t http_retry_wait(const struct http_retry *r, int64_t after_ms)
{
	int64_t ms = (int64_t)r->delay_ms << (r->tries > 6 ? 6 : r->tries);

	if (ms > RETRY_DELAY_MAX && ms > r->delay_ms)
		ms = r->delay_ms > RETRY_DELAY_MAX ? r->delay_ms : RETRY_DELAY_MAX;
	return after_ms > ms ? after_ms : ms;
}

bool http_retry(struct http_retry *r, long status, enum http_failure failure, int64_t after_ms,
	uint64_t bytes)
{
	struct timespec ts;
	uint32_t jitter = 0;
	int64_t ms;

	if (status ? status != 429 && status != 408 && status < 500
		   : failure != HTTP_FAIL_BROKEN && failure != HTTP_FAIL_STALL)
		return false;
	if (status == 501 || status == 505)
		return false;
	if (bytes >= r->mark + PROGRESS_BYTES) {
		r->mark = bytes;
		r->tries = 0;
	}
	/* a stall has already cost its time out */
	if (r->tries >= r->max || (failure == HTTP_FAIL_STALL && r->tries >= 1))
		return false;
	if (after_ms > HTTP_RETRY_AFTER_MAX)
		return false;
	ms = http_retry_wait(r, after_ms);
	r->tries++;
	/* many clients that failed together should not come back together */
	if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) == sizeof(jitter))
		ms += (int64_t)(jitter % (uint32_t)(ms / 4 + 1));
	log_debug("trying again in %lld ms", (long long)ms);
	ts = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
	return true;
}
