#include "storage/ref.h"

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#include <arpa/inet.h>
#include <ctype.h>

#define NAME_MAX_LEN 255
#define TAG_MAX_LEN  128
#define DEFAULT_HOST "docker.io"

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* alpha-numerics joined by '.', '_', '__' or any number of '-' */
static bool component_ok(const char *s, size_t len)
{
	size_t i = 0;

	if (!len || !is_lower_alnum(s[0]) || !is_lower_alnum(s[len - 1]))
		return false;
	while (i < len) {
		size_t n = 0;

		if (is_lower_alnum(s[i])) {
			i++;
			continue;
		}
		if (!strchr("._-", s[i]))
			return false;
		while (i + n < len && s[i + n] == s[i])
			n++;
		if ((s[i] == '.' && n > 1) || (s[i] == '_' && n > 2) || !is_lower_alnum(s[i + n]))
			return false;
		i += n;
	}
	return true;
}

static bool path_ok(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (!component_ok(path, n))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

static bool tag_ok(const char *tag)
{
	size_t n = 0;

	if (!is_word(*tag))
		return false;
	while (is_word(tag[n]) || tag[n] == '.' || tag[n] == '-')
		n++;
	return !tag[n] && n <= TAG_MAX_LEN;
}

static bool port_ok(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n <= 5 && !s[n] && strtoul(s, NULL, 10) <= 65535;
}

static bool host_name_ok(const char *s, size_t len)
{
	bool start = true;

	if (!len || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.') {
			if (start || s[i - 1] == '-')
				return false;
			start = true;
		} else if (isalnum((unsigned char)s[i]) || (s[i] == '-' && !start)) {
			start = false;
		} else {
			return false;
		}
	}
	return !start && s[len - 1] != '-';
}

static bool host_ok(const char *host)
{
	size_t n;

	if (*host == '[') {
		_cleanup_free_ char *addr = NULL;
		struct in6_addr a;

		n = strcspn(host, "]");
		if (!host[n])
			return false;
		addr = xstrndup(host + 1, n - 1);
		if (inet_pton(AF_INET6, addr, &a) != 1)
			return false;
		n++;
		return !host[n] || (host[n] == ':' && port_ok(host + n + 1));
	}
	n = strcspn(host, ":");
	return host_name_ok(host, n) && (!host[n] || port_ok(host + n + 1));
}

/* Whether what stands before the first slash is a registry and not the first part of a path. */
static bool looks_like_host(const char *s, size_t len)
{
	if (len == strlen("localhost") && memcmp(s, "localhost", len) == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		if (strchr(".:[", s[i]) || isupper((unsigned char)s[i]))
			return true;
	return false;
}

bool ref_digest_ok(const char *s)
{
	const char *hex = s ? str_after(s, "sha256:") : NULL;

	return hex && str_is_hex(hex, 64);
}

static int bad(struct err *err, const char *text, const char *rule)
{
	err_say(err, EINVAL, "invalid image reference \"%.300s\": %s", text, rule);
	return err_hint(err, "write it as [HOST[:PORT]/]NAME[:TAG][@DIGEST], such as alpine or "
			     "localhost:5000/team/app:1.2");
}

static void split_host(char *name, struct ref *r)
{
	char *slash = strchr(name, '/');

	if (slash && looks_like_host(name, (size_t)(slash - name))) {
		r->host = xstrndup(name, (size_t)(slash - name));
		r->path = xstrdup(slash + 1);
		if (str_eq(r->host, "index.docker.io")) {
			free(r->host);
			r->host = xstrdup(DEFAULT_HOST);
		}
	} else {
		r->host = xstrdup(DEFAULT_HOST);
		r->path = xstrdup(name);
		r->short_name = true;
	}
	if (str_eq(r->host, DEFAULT_HOST) && !strchr(r->path, '/')) {
		char *path = xasprintf("library/%s", r->path);

		free(r->path);
		r->path = path;
	}
}

int ref_parse(const char *text, struct ref *ret, struct err *err)
{
	_cleanup_free_ char *name = xstrdup(text);
	_cleanup_(ref_done) struct ref r = {0};
	char *at = strchr(name, '@'), *slash, *colon;

	if (!*text)
		return bad(err, text, "it is empty");
	if (at) {
		*at = '\0';
		if (!ref_digest_ok(at + 1))
			return bad(err, text,
				"what follows '@' must be sha256: and 64 hexadecimal digits");
		r.digest = xstrdup(at + 1);
	}
	slash = strrchr(name, '/');
	colon = strrchr(slash ? slash : name, ':');
	if (colon) {
		*colon = '\0';
		if (!tag_ok(colon + 1))
			return bad(err, text,
				"a tag is letters, digits, '_', '.' and '-', beginning with none "
				"of "
				"the last two, 128 at most");
		r.tag = xstrdup(colon + 1);
	}
	if (str_is_hex(name, 64))
		return bad(err, text, "64 hexadecimal digits are an id, not a name");
	split_host(name, &r);
	if (!host_ok(r.host))
		return bad(err, text, "the registry must be HOST[:PORT]");
	if (!path_ok(r.path)) {
		for (const char *p = r.path; *p; p++)
			if (isupper((unsigned char)*p))
				return bad(err, text, "the repository name must be lower-case");
		return bad(err, text,
			"a repository is lower-case letters and digits, joined by '.', '_', '-' "
			"and '/'");
	}
	if (strlen(r.host) + strlen(r.path) + 1 > NAME_MAX_LEN)
		return bad(err, text, "the name is longer than 255 bytes");
	if (!r.tag && !r.digest)
		r.tag = xstrdup("latest");
	*ret = r;
	r = (struct ref){0};
	return 0;
}

char *ref_name(const struct ref *r)
{
	return xasprintf("%s/%s", r->host, r->path);
}

char *ref_format(const struct ref *r)
{
	return xasprintf("%s/%s%s%s%s%s", r->host, r->path, r->tag ? ":" : "", r->tag ? r->tag : "",
		r->digest ? "@" : "", r->digest ? r->digest : "");
}

void ref_done(struct ref *r)
{
	free(take_ptr(r->host));
	free(take_ptr(r->path));
	free(take_ptr(r->tag));
	free(take_ptr(r->digest));
}
