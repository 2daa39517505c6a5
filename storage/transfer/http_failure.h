/*
 * http_failure - what it means that a request failed below the level of HTTP
 *
 * libcurl's codes are turned into the few kinds that callers act upon, and into one line that names the host and says
 * what can be done.
 */
#ifndef RL_STORAGE_TRANSFER_HTTP_FAILURE_H
#define RL_STORAGE_TRANSFER_HTTP_FAILURE_H

#include "storage/transfer/http_exchange.h"

/** http_failure_kind() - what kind of failure @code of exchange @x is */
enum http_failure http_failure_kind(CURLcode code, const struct http_exchange *x);

/**
 * http_failure_explain() - fill @err for it
 * @url: that the request was sent to
 * Return: the negative errno
 */
int http_failure_explain(
	CURLcode code, const char *url, const struct http_exchange *x, struct err *err);

#endif
