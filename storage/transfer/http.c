#include "storage/transfer/http.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "storage/transfer/http_exchange.h"
#include "storage/transfer/http_failure.h"
#include "storage/transfer/http_url.h"

#include <fcntl.h>

#define STALL_TIMEOUT_S 30
#define CA_CAP		((size_t)4 << 20)

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
		struct http_exchange x = {.req = req, .resp = ret, .curl = h->curl, .cap = cap};
		_cleanup_free_ char *next = NULL;
		bool same;
		CURLcode code;
		int r;

		http_resp_done(ret);
		ret->body.cap = cap;
		code = http_exchange(h, &x, url, auth);
		if (code != CURLE_OK) {
			if (ret_failure)
				*ret_failure = http_failure_kind(code, &x);
			return http_failure_explain(code, url, &x, err);
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
