#include "storage/transfer/http_url.h"

#include "runtime/base/str.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <strings.h>

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
