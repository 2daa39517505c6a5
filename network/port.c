#include "network/port.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct range {
	uint16_t first, last;
};

void ports_done(struct ports *p)
{
	free(p->v);
	*p = (struct ports){0};
}

static int add(struct ports *p, const struct port *port, struct err *err)
{
	if (p->n >= PORTS_MAX)
		return err_set(err, ERR_USAGE, "more than %d published ports", PORTS_MAX);
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = *port;
	return 0;
}

static int bad(struct err *err, const char *text, const char *why)
{
	err_say(err, EINVAL, "published port '%s': %s", text, why);
	return err_hint(err, "write it as [[HOST_IP:][HOST_PORT]:]CONTAINER_PORT[/tcp|/udp]");
}

static int parse_range(const char *s, struct range *ret)
{
	_cleanup_free_ char *first = NULL;
	const char *dash = strchr(s, '-');
	uint64_t a, b;

	first = dash ? xstrndup(s, (size_t)(dash - s)) : xstrdup(s);
	if (parse_u64_max(first, UINT16_MAX, &a) < 0 || a == 0)
		return -EINVAL;
	b = a;
	if (dash && (parse_u64_max(dash + 1, UINT16_MAX, &b) < 0 || b < a))
		return -EINVAL;
	*ret = (struct range){(uint16_t)a, (uint16_t)b};
	return 0;
}

/* Take "IP:" off the front of @s, brackets around an IPv6 address; Return: the rest, or NULL if it is no address. */
static char *take_ip(char *s, char ip[46])
{
	unsigned char addr[16];
	char *end;
	int family = *s == '[' ? AF_INET6 : AF_INET;

	if (*s == '[') {
		end = strchr(++s, ']');
		if (!end || end[1] != ':')
			return NULL;
		*end++ = '\0';
	} else {
		end = strchr(s, ':');
		if (!end)
			return NULL;
	}
	*end = '\0';
	if (strlen(s) > 45 || (*s && inet_pton(family, s, addr) != 1))
		return NULL;
	snprintf(ip, 46, "%s", s);
	return end + 1;
}

static size_t count_colons(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == ':';
	return n;
}

int port_parse(const char *text, struct ports *ret, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(text);
	struct range host = {0}, ctr;
	struct port p = {.proto = "tcp"};
	char *s = copy, *slash = strrchr(copy, '/'), *colon;
	int r;

	if (slash) {
		*slash = '\0';
		if (!str_eq(slash + 1, "tcp") && !str_eq(slash + 1, "udp"))
			return bad(err, text, "the protocol must be tcp or udp");
		memcpy(p.proto, slash + 1, 4);
	}
	if (*s == '[' || count_colons(s) == 2) {
		s = take_ip(s, p.host_ip);
		if (!s)
			return bad(err, text,
				"the host address must be an IPv4 address, or an IPv6 address in "
				"brackets");
	}
	if (count_colons(s) > 1)
		return bad(err, text, "too many colons");
	colon = strchr(s, ':');
	if (colon) {
		*colon = '\0';
		if (*s && parse_range(s, &host) < 0)
			return bad(err, text,
				"the host port must be a number from 1 to 65535, or a range");
		s = colon + 1;
	}
	if (parse_range(s, &ctr) < 0)
		return bad(err, text,
			"the container's port must be a number from 1 to 65535, or a range");
	/* one port of the container and several of the host: whichever is free */
	if (host.last != host.first && ctr.first == ctr.last) {
		p.pick_first = host.first;
		p.pick_last = host.last;
		host = (struct range){0};
	}
	if (host.first && host.last - host.first != ctr.last - ctr.first)
		return bad(err, text, "the two ranges differ in length");
	for (unsigned i = 0; i <= (unsigned)(ctr.last - ctr.first); i++) {
		p.ctr_port = (uint16_t)(ctr.first + i);
		p.host_port = host.first ? (uint16_t)(host.first + i) : 0;
		r = add(ret, &p, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Bind @p's host port for a moment, or any free one; Return: the port, or a negative errno */
static int try_bind(const struct port *p)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = {0};
	bool v6 = strchr(p->host_ip, ':') != NULL, udp = str_eq(p->proto, "udp");
	socklen_t len = v6 ? sizeof(a.in6) : sizeof(a.in);
	_cleanup_close_ int fd =
		socket(v6 ? AF_INET6 : AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	if (v6) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(p->host_port);
		inet_pton(AF_INET6, p->host_ip, &a.in6.sin6_addr);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(p->host_port);
		if (*p->host_ip)
			inet_pton(AF_INET, p->host_ip, &a.in.sin_addr);
	}
	/* as the helper does: connections that are only waiting out their time do not count */
	if (!udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.sa, len) < 0 || (!udp && listen(fd, 1) < 0))
		return -errno;
	if (getsockname(fd, &a.sa, &len) < 0)
		return -errno;
	return ntohs(v6 ? a.in6.sin6_port : a.in.sin_port);
}

static bool conflict(const struct port *a, const struct port *b)
{
	return a->host_port == b->host_port && str_eq(a->proto, b->proto) &&
	       (!*a->host_ip || !*b->host_ip || str_eq(a->host_ip, b->host_ip));
}

static bool taken(const struct ports *p, size_t i)
{
	for (size_t k = 0; k < p->n; k++)
		if (k != i && conflict(&p->v[k], &p->v[i]))
			return true;
	return false;
}

static int explain_bind(const struct port *p, int code, struct err *err)
{
	err_set(err, code, "publish port %s%s%u/%s", p->host_ip, *p->host_ip ? ":" : "",
		p->host_port, p->proto);
	if (code == EADDRINUSE)
		err_hint(err, "another program or container uses it ('ss -lntup' shows which); "
			      "choose another host port");
	else if (code == EACCES)
		err_hint(err,
			"use a port of 1024 or above, or as root: sysctl -w "
			"net.ipv4.ip_unprivileged_port_start=%u",
			p->host_port);
	else if (code == EADDRNOTAVAIL)
		err_hint(
			err, "no network interface of this machine has the address %s", p->host_ip);
	return -code;
}

/* any port at all, or one of a range */
static int assign_free(struct ports *p, size_t i, struct err *err)
{
	struct port *port = &p->v[i];
	int r = -EADDRINUSE;

	for (unsigned h = port->pick_first; h && h <= port->pick_last; h++) {
		port->host_port = (uint16_t)h;
		if (taken(p, i))
			continue;
		r = try_bind(port);
		if (r >= 0)
			return 0;
		if (r != -EADDRINUSE)
			return explain_bind(port, -r, err);
	}
	/* the kernel picks at random: a clash with one picked before is rare */
	for (int tries = 0; tries < 16 && !port->pick_first; tries++) {
		port->host_port = 0;
		r = try_bind(port);
		if (r < 0)
			return explain_bind(port, -r, err);
		port->host_port = (uint16_t)r;
		if (!taken(p, i))
			return 0;
	}
	port->host_port = 0;
	if (!port->pick_first)
		return err_set(err, EADDRINUSE, "find a free host port for %u/%s", port->ctr_port,
			port->proto);
	err_set(err, EADDRINUSE, "publish one of the ports %u-%u/%s", port->pick_first,
		port->pick_last, port->proto);
	return err_hint(err, "all of them are in use ('ss -lntup' shows by whom)");
}

int port_assign(struct ports *p, struct err *err)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].host_port == 0)
			continue;
		if (taken(p, i)) {
			err_set(err, EADDRINUSE, "port %u/%s is published twice", p->v[i].host_port,
				p->v[i].proto);
			return err_hint(err, "give each published port a host port of its own");
		}
	}
	for (size_t i = 0; i < p->n; i++) {
		int r;

		if (p->v[i].host_port == 0) {
			r = assign_free(p, i, err);
		} else {
			r = try_bind(&p->v[i]);
			if (r < 0)
				explain_bind(&p->v[i], -r, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

json_t *port_to_json(const struct ports *p)
{
	json_t *array = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct port *port = &p->v[i];
		json_t *j = json_pack("{s:s, s:i, s:i, s:s}", "hostIP", port->host_ip, "hostPort",
			(int)port->host_port, "containerPort", (int)port->ctr_port, "protocol",
			port->proto);

		if (port->pick_first && !port->host_port)
			json_object_set_new(j, "hostRange",
				json_pack("[i, i]", (int)port->pick_first, (int)port->pick_last));
		json_array_append_new(array, j);
	}
	return array;
}

int port_from_json(const json_t *array, struct ports *ret, struct err *err)
{
	const json_t *o;
	size_t i;

	json_array_foreach (array, i, o) {
		const char *ip = json_get_str(o, "hostIP", "");
		const char *proto = json_get_str(o, "protocol", "");
		int64_t host = json_get_int(o, "hostPort", -1),
			ctr = json_get_int(o, "containerPort", -1);
		const json_t *range = json_object_get(o, "hostRange");
		json_int_t first = json_integer_value(json_array_get(range, 0)),
			   last = json_integer_value(json_array_get(range, 1));
		struct port p = {.host_port = (uint16_t)host,
			.ctr_port = (uint16_t)ctr,
			.pick_first = (uint16_t)first,
			.pick_last = (uint16_t)last};
		unsigned char addr[16];
		int r;

		if (first < 0 || last < first || last > UINT16_MAX || host < 0 ||
			host > UINT16_MAX || ctr <= 0 || ctr > UINT16_MAX ||
			(!str_eq(proto, "tcp") && !str_eq(proto, "udp")) ||
			(*ip && inet_pton(strchr(ip, ':') ? AF_INET6 : AF_INET, ip, addr) != 1))
			return err_set(
				err, EBADMSG, "published port %zu of the record is damaged", i);
		snprintf(p.proto, sizeof(p.proto), "%s", proto);
		snprintf(p.host_ip, sizeof(p.host_ip), "%s", ip);
		r = add(ret, &p, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* whether @b is the next of a run that @a is in */
static bool follows(const struct port *a, const struct port *b)
{
	return b->ctr_port == a->ctr_port + 1 && b->host_port == a->host_port + 1 &&
	       str_eq(a->proto, b->proto) && str_eq(a->host_ip, b->host_ip);
}

char *port_format(const struct ports *p)
{
	struct buf b = {0};

	for (size_t i = 0; i < p->n;) {
		const struct port *first = &p->v[i], *last = first;
		const char *ip = *first->host_ip ? first->host_ip : "0.0.0.0";

		while (++i < p->n && follows(last, &p->v[i]))
			last = &p->v[i];
		buf_addf(&b, strchr(ip, ':') ? "%s[%s]:" : "%s%s:", b.len ? ", " : "", ip);
		if (first == last)
			buf_addf(&b, "%u->%u/%s", first->host_port, first->ctr_port, first->proto);
		else
			buf_addf(&b, "%u-%u->%u-%u/%s", first->host_port, last->host_port,
				first->ctr_port, last->ctr_port, first->proto);
	}
	return b.data ? buf_take(&b) : xstrdup("");
}
