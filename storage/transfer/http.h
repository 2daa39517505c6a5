/*
 * http - requests to one registry over libcurl
 *
 * HTTPS is verified unless the session says otherwise.  Redirects are followed here and not by libcurl,
 * because what may be followed is policy: never from https to http, at most HTTP_REDIRECTS of them, and
 * an Authorization header stays with the scheme, host and port it was made for (blobs are often
 * redirected to a content network).  Bodies are capped or go to a callback; header bytes are capped.
 *
 * http_send() is one attempt.  Whether and when to try again is decided by http_retry().
 */
#ifndef RL_STORAGE_TRANSFER_HTTP_H
#define RL_STORAGE_TRANSFER_HTTP_H

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <stdbool.h>

#define HTTP_REDIRECTS	    10
#define HTTP_HEADER_CAP	    ((size_t)256 << 10)
#define HTTP_ERROR_BODY_CAP ((size_t)64 << 10)

/**
 * struct http - a session: keeps connections open between requests
 * @curl:       the handle (CURL *)
 * @verify:     check certificates and host names
 * @ca:         more certificate authorities (PEM), beside the system's
 * @cert, @key: client certificate files, or NULL
 * @stall_s:    seconds below a minimal speed after which a transfer is given up
 */
struct http {
	void *curl;
	bool verify;
	struct buf ca;
	char *cert, *key;
	unsigned stall_s;
};

struct http_resp;

/**
 * struct http_file - a body that is read from a file with pread(2), so that it can be sent again
 * @progress: called with how many of its bytes have gone out; may be NULL
 */
struct http_file {
	int fd;
	uint64_t offset, length;
	void (*progress)(void *arg, uint64_t sent);
	void *arg;
};

/**
 * struct http_req - one request; everything is borrowed
 * @method:   "GET", "HEAD", "POST", …
 * @headers:  "Name: value" lines
 * @auth:     value of Authorization, or NULL
 * @body:     what to send, or NULL
 * @file:     what to send instead, or NULL
 * @fresh:    not on a connection that was kept open
 * @range_from: ask for the bytes from here on, if not 0
 * @sink:     takes the body of a 200 or 206 answer as it comes; a negative return ends the transfer.  NULL collects it
 * @sink_start: called once before the first sink call, with what is known of the answer; may be NULL
 * @cap:      bytes of body to collect at most
 */
struct http_req {
	const char *method, *url, *auth;
	struct strv headers;
	const void *body;
	size_t body_len;
	const struct http_file *file;
	bool fresh;
	uint64_t range_from;
	int (*sink)(void *arg, const void *data, size_t len);
	int (*sink_start)(void *arg, const struct http_resp *resp);
	void *arg;
	size_t cap;
};

/**
 * struct http_resp - an answer; http_resp_done() frees it
 * @challenges: values of WWW-Authenticate
 * @range:      value of Range: how much of an upload is there
 * @chunk_min:  value of OCI-Chunk-Min-Length, 0 if there was none
 * @retry_after_ms: -1 if there was none
 * @link_next:  target of the Link header with rel="next"
 * @sink_result: negative result of the sink that ended the transfer
 */
struct http_resp {
	long status;
	struct buf body;
	char *content_type, *content_range, *digest, *location, *link_next, *url, *range;
	struct strv challenges;
	uint64_t chunk_min;
	int64_t retry_after_ms;
	int sink_result;
};

/* what kind of failure http_send() saw below the level of HTTP; see http_failure() */
enum http_failure {
	HTTP_FAIL_NONE,
	HTTP_FAIL_FATAL,     /* would fail again */
	HTTP_FAIL_TLS_SPEAK, /* the other side does not seem to speak TLS */
	HTTP_FAIL_CONNECT,   /* nobody there */
	HTTP_FAIL_BROKEN,    /* broke in the middle: worth another try */
	HTTP_FAIL_STALL,     /* too slow for too long */
};

/** http_init() - make a session; the certificate options may be set afterwards, before the first request */
int http_init(struct http *h, struct err *err);
void http_done(struct http *h);

/** http_after_fork() - in a child: leave the parent's connections alone and begin with none */
int http_after_fork(struct http *h, struct err *err);

/**
 * http_add_certs() - use a certs.d/HOST directory: *.crt are authorities, *.cert and *.key a client certificate
 * A missing directory is fine.
 */
int http_add_certs(struct http *h, const char *dir, struct err *err);

/**
 * http_send() - send a request, follow redirects, receive the answer
 * @ret_failure: says what kind of failure a negative return is; may be NULL
 * Return: 0 with any HTTP status in @ret, or a negative errno; @ret may be filled partly and is freed by the caller
 */
int http_send(struct http *h, const struct http_req *req, struct http_resp *ret,
	enum http_failure *ret_failure, struct err *err);
void http_resp_done(struct http_resp *r);

#endif
