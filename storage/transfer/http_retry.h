/*
 * http_retry - whether and when a request is sent again
 *
 * Attempts are counted, the pause between them grows, Retry-After is honoured within a cap, and counting starts anew once
 * a transfer has really moved on.
 */
#ifndef RL_STORAGE_TRANSFER_HTTP_RETRY_H
#define RL_STORAGE_TRANSFER_HTTP_RETRY_H

#include "storage/transfer/http.h"

#define HTTP_RETRY_AFTER_MAX 60000 /* ms: a server may not make us wait longer */

/**
 * struct http_retry - how often to try
 * @max:      further attempts after the first
 * @delay_ms: pause before the second; doubles each time
 * @tries, @mark: state: attempts so far, and bytes when they were last reset
 */
struct http_retry {
	unsigned max, delay_ms, tries;
	uint64_t mark;
};

/**
 * http_retry() - decide whether to try again and sleep until then
 * @status:  HTTP status, or 0 if the transfer failed with @failure
 * @after_ms: Retry-After, or -1
 * @bytes:   how far a download came; real progress forgives earlier failures
 * Return: true to try again
 */
bool http_retry(struct http_retry *r, long status, enum http_failure failure, int64_t after_ms,
	uint64_t bytes);

/** http_retry_wait() - the pause before attempt @tries + 1 in ms (what http_retry() sleeps, without the sleep) */
int64_t http_retry_wait(const struct http_retry *r, int64_t after_ms);

/** http_retry_after() - value of Retry-After, seconds or an HTTP date, in ms from @now; -1 if it is neither */
int64_t http_retry_after(const char *value, int64_t now);

#endif
