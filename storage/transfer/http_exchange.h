/*
 * http_exchange - one request and its answer, without redirects
 *
 * Everything that libcurl is told, and what it calls back for: header bytes are capped, a body is collected up to a cap or
 * goes to the request's sink, a file is sent with pread(2), and a transfer that hardly moves is given up.
 */
#ifndef RL_STORAGE_TRANSFER_HTTP_EXCHANGE_H
#define RL_STORAGE_TRANSFER_HTTP_EXCHANGE_H

#include "storage/transfer/http.h"

#include <curl/curl.h>

/**
 * struct http_exchange - an exchange under way; zero but for the first four before http_exchange()
 * @req, @resp, @curl: borrowed
 * @cap:      bytes of body to collect at most
 * @started:  the sink was called
 * @sent:     bytes of a file handed to libcurl
 * @moved:    bytes of both directions when it was last seen alive, which was at @alive (clock_ms())
 * @told:     when the last progress was told
 * @stall_ms: patience
 * @complete: everything was sent, and the answer is waited for
 * @stalled:  it was given up because it hardly moved
 * @read_error: errno of reading what is to be sent
 * @error:    libcurl's words
 */
struct http_exchange {
	const struct http_req *req;
	struct http_resp *resp;
	CURL *curl;
	size_t cap;
	size_t header_bytes;
	bool started;
	uint64_t sent;
	uint64_t moved;
	int64_t alive, told, stall_ms;
	bool complete, stalled;
	int read_error;
	char error[CURL_ERROR_SIZE];
};

/** http_exchange() - send @x's request to @url, with @auth as its Authorization if not NULL; fills @x's answer */
CURLcode http_exchange(
	const struct http *h, struct http_exchange *x, const char *url, const char *auth);

#endif
