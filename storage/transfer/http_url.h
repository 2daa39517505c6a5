/*
 * http_url - what a server says about where to go, and text of servers that is shown
 *
 * Where a redirection may lead is policy: from https only to https, never to another protocol or to a URL that brings
 * credentials along.
 */
#ifndef RL_STORAGE_TRANSFER_HTTP_URL_H
#define RL_STORAGE_TRANSFER_HTTP_URL_H

#include "runtime/base/err.h"

#include <stdbool.h>

/** http_link_next() - the target with rel="next" of a Link header's value (RFC 8288); the caller owns it, or NULL */
char *http_link_next(const char *value);

/**
 * http_redirect() - where a Location leads
 * @from: URL of the request; @location: absolute or relative
 * @ret_url: owned by the caller; @ret_same: whether scheme, host and port stay, so that credentials may go along
 * Return: 0, or -ERR_REGISTRY if it must not be followed
 */
int http_redirect(
	const char *from, const char *location, char **ret_url, bool *ret_same, struct err *err);

/** http_is_loopback() - whether HOST[:PORT] is localhost, 127.0.0.0/8 or [::1] */
bool http_is_loopback(const char *host);

/** http_printable() - copy of text from a server with control characters replaced, cut at @max; the caller owns it */
char *http_printable(const char *text, size_t max);

#endif
