#include "network/resolv.h"

#include "runtime/base/fs.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>

#define RESOLV_CAP ((size_t)256 << 10)

void resolv_done(struct resolv *r)
{
	strv_done(&r->nameservers);
	strv_done(&r->search);
	strv_done(&r->options);
}

bool resolv_is_loopback(const char *addr)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, addr, &in) == 1)
		return ntohl(in.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, addr, &in6) == 1 && IN6_IS_ADDR_LOOPBACK(&in6);
}

/* an IPv6 address may carry a zone ("fe80::1%eth0") */
static bool is_addr(const char *s)
{
	_cleanup_free_ char *copy = xstrndup(s, strcspn(s, "%"));
	unsigned char addr[16];

	return inet_pton(AF_INET, s, addr) == 1 || inet_pton(AF_INET6, copy, addr) == 1;
}

static bool is_word(const char *s)
{
	if (!*s || strlen(s) > 253)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.:", *s))
			return false;
	return true;
}

static void parse_line(const char *line, struct resolv *ret)
{
	_cleanup_strv_ struct strv words = {0}, rest = {0};

	strv_split(&words, line, " \t\r");
	strv_foreach (i, w, &words)
		if (*w)
			strv_add(&rest, w);
	if (rest.n < 2)
		return;
	if (str_eq(rest.v[0], "nameserver")) {
		if (is_addr(rest.v[1]))
			strv_add(&ret->nameservers, rest.v[1]);
		return;
	}
	if (str_eq(rest.v[0], "options")) {
		for (size_t i = 1; i < rest.n; i++)
			if (is_word(rest.v[i]))
				strv_add(&ret->options, rest.v[i]);
		return;
	}
	if (!str_eq(rest.v[0], "search") && !str_eq(rest.v[0], "domain"))
		return;
	/* the last of several lines counts */
	strv_done(&ret->search);
	ret->search = (struct strv){0};
	for (size_t i = 1; i < rest.n; i++)
		if (is_word(rest.v[i]))
			strv_add(&ret->search, rest.v[i]);
}

void resolv_parse(const char *text, struct resolv *ret)
{
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines)
		parse_line(line, ret);
}

static int check(const char *flag, const struct strv *v, bool (*ok)(const char *), struct err *err)
{
	strv_foreach (i, s, v)
		if (!ok(s))
			return err_set(err, ERR_USAGE, "%s '%s' is not valid", flag, s);
	return 0;
}

static void add_nameservers(const struct net_conf *c, const struct resolv *host, struct buf *ret)
{
	char addr[NET_ADDR_MAX];

	if (c->dns.n) {
		strv_foreach (i, s, &c->dns)
			buf_addf(ret, "nameserver %s\n", s);
		return;
	}
	if (c->mode == NET_NONE)
		return;
	/* slirp4netns forwards this one to whatever the host uses at that moment */
	if (c->mode == NET_SLIRP)
		buf_addf(ret, "nameserver %s\n", net_slirp_addr(c, 3, addr));
	strv_foreach (i, s, &host->nameservers)
		if (c->mode == NET_HOST || !resolv_is_loopback(s))
			buf_addf(ret, "nameserver %s\n", s);
}

static void add_words(const char *key, const struct strv *v, struct buf *ret)
{
	_cleanup_free_ char *words = v->n ? strv_join(v, " ") : NULL;

	if (words)
		buf_addf(ret, "%s %s\n", key, words);
}

int resolv_make(
	const struct net_conf *c, const struct resolv *host, struct buf *ret, struct err *err)
{
	/* "--dns-search ." means: none at all */
	bool no_search = c->dns_search.n == 1 && str_eq(c->dns_search.v[0], ".");
	int r;

	r = check("--dns", &c->dns, is_addr, err);
	if (r == 0)
		r = check("--dns-search", &c->dns_search, is_word, err);
	if (r == 0)
		r = check("--dns-option", &c->dns_option, is_word, err);
	if (r < 0)
		return r;
	if (!no_search)
		add_words("search", c->dns_search.n ? &c->dns_search : &host->search, ret);
	add_nameservers(c, host, ret);
	add_words("options", c->dns_option.n ? &c->dns_option : &host->options, ret);
	return 0;
}

static bool only_loopback(const struct resolv *r)
{
	strv_foreach (i, s, &r->nameservers)
		if (!resolv_is_loopback(s))
			return false;
	return r->nameservers.n > 0;
}

static int read_one(const char *path, struct resolv *ret, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = RESOLV_CAP};
	int r = fs_read_at(AT_FDCWD, path, &text, err);

	if (r == 0)
		resolv_parse(buf_str(&text), ret);
	return r;
}

int resolv_read_host(bool same_network, struct resolv *ret, struct err *err)
{
	struct resolv stub = {0};
	int r;

	r = read_one("/etc/resolv.conf", ret, err);
	if (r == -ENOENT)
		return 0;
	if (r < 0 || same_network || !only_loopback(ret))
		return r;
	if (read_one("/run/systemd/resolve/resolv.conf", &stub, NULL) == 0) {
		resolv_done(ret);
		*ret = stub;
	}
	return 0;
}
