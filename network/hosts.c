/*
 * The files that tell a container who it is and whom it knows: hosts, resolv.conf, hostname.
 */
#include "network/hosts.h"

#include "network/resolv.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define HOSTS_CAP ((size_t)1 << 20)

static bool name_ok(const char *s)
{
	if (!*s || strlen(s) > 253)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			return false;
	return true;
}

/* The first address under which the host can be reached from outside, "" if there is none. */
static void host_address(char buf[NET_ADDR_MAX])
{
	struct ifaddrs *list = NULL;

	*buf = '\0';
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct sockaddr_in in;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
			(i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		memcpy(&in, i->ifa_addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, buf, NET_ADDR_MAX);
		break;
	}
	freeifaddrs(list);
}

/* What host.containers.internal means: the host as the container reaches it. */
static void gateway(const struct net_conf *c, char buf[NET_ADDR_MAX])
{
	const char *loopback = strv_find_key(&c->slirp, "allow_host_loopback");
	bool on = false;

	*buf = '\0';
	if (c->mode == NET_HOST)
		memcpy(buf, "127.0.0.1", sizeof("127.0.0.1"));
	else if (c->mode == NET_SLIRP && loopback && parse_bool(loopback, &on) == 0 && on)
		net_slirp_addr(c, 2, buf);
	else if (c->mode == NET_SLIRP)
		host_address(buf);
}

static int add_one(const char *entry, const char *host, struct buf *ret, struct err *err)
{
	const char *colon = strchr(entry, ':');
	_cleanup_free_ char *names = NULL;
	_cleanup_strv_ struct strv list = {0};
	unsigned char addr[16];
	const char *ip;

	if (!colon)
		return err_set(err, ERR_USAGE, "--add-host '%s' is not NAME:ADDRESS", entry);
	names = xstrndup(entry, (size_t)(colon - entry));
	ip = colon + 1;
	if (str_eq(ip, "host-gateway")) {
		ip = host;
		if (!*ip) {
			err_set(err, ERR_USAGE,
				"--add-host '%s': this network has no way to the host", entry);
			return err_hint(err, "give an address instead of host-gateway, or use "
					     "--network slirp4netns:allow_host_loopback=true");
		}
	}
	if (inet_pton(AF_INET, ip, addr) != 1 && inet_pton(AF_INET6, ip, addr) != 1)
		return err_set(
			err, ERR_USAGE, "--add-host '%s': '%s' is not an address", entry, ip);
	strv_split(&list, names, ";");
	buf_adds(ret, ip);
	strv_foreach (i, name, &list) {
		if (!name_ok(name))
			return err_set(err, ERR_USAGE, "--add-host '%s': '%s' is not a host name",
				entry, name);
		buf_addf(ret, "%c%s", i ? ' ' : '\t', name);
	}
	return buf_addc(ret, '\n');
}

/* -ENOENT sets no error */
static int add_file(const char *path, struct buf *ret, struct err *err)
{
	int r = fs_read_at(AT_FDCWD, path, ret, NULL);

	if (r == -ENOENT)
		return r;
	if (r == 0 && memchr(buf_str(ret), '\0', ret->len))
		return err_say(err, EINVAL, "%s is not a text file", path);
	if (r == 0 && ret->len && ret->data[ret->len - 1] != '\n')
		buf_addc(ret, '\n');
	return r < 0 ? err_set(err, -r, "read %s", path) : 0;
}

static int add_base(const struct net_conf *c, struct buf *ret, struct err *err)
{
	int r;

	if (c->hosts_file) {
		r = add_file(c->hosts_file, ret, err);
		if (r < 0)
			return r == -ENOENT ? err_set(err, ENOENT, "--hosts-file %s", c->hosts_file)
					    : r;
	} else if (c->mode == NET_HOST) {
		r = add_file("/etc/hosts", ret, err);
		if (r != -ENOENT)
			return r;
	}
	buf_adds(ret,
		"127.0.0.1\tlocalhost localhost.localdomain localhost4 localhost4.localdomain4\n"
		"::1\tlocalhost localhost.localdomain localhost6 localhost6.localdomain6\n");
	return 0;
}

static void add_own(const char *addr, const char *hostname, const char *name, struct buf *ret)
{
	bool host = hostname && name_ok(hostname);
	bool alias = name && name_ok(name) && !(host && str_eq(name, hostname));

	if (host || alias)
		buf_addf(ret, "%s\t%s%s%s\n", addr, host ? hostname : "", host && alias ? " " : "",
			alias ? name : "");
}

int hosts_make(const struct net_conf *c, const char *hostname, const char *name, struct buf *ret,
	struct err *err)
{
	char own[NET_ADDR_MAX], host[NET_ADDR_MAX];
	int r;

	r = add_base(c, ret, err);
	if (r < 0)
		return r;
	gateway(c, host);
	/* before the defaults: the first line with a name wins */
	strv_foreach (i, entry, &c->add_host) {
		r = add_one(entry, host, ret, err);
		if (r < 0)
			return r;
	}
	if (*host)
		buf_addf(ret, "%s\thost.containers.internal host.docker.internal\n", host);
	if (c->mode == NET_SLIRP)
		net_slirp_addr(c, 100, own);
	else
		memcpy(own, c->mode == NET_HOST ? "127.0.1.1" : "127.0.0.1", sizeof("127.0.0.1"));
	add_own(own, hostname, name, ret);
	return ret->full ? err_set(err, E2BIG, "write hosts") : 0;
}

/* Readable for every user of the container, whatever our umask is; the directory keeps others out. */
static int write_file(int dirfd, const char *name, struct buf *text, struct err *err)
{
	int r = fs_write_at(dirfd, name, buf_str(text), text->len, 0644, FS_FRESH, err);

	if (r == 0 && fchmodat(dirfd, name, 0644, 0) < 0)
		return err_set(err, errno, "make %s readable", name);
	return r;
}

int net_write_files(const struct net_conf *c, int dirfd, const char *hostname, const char *name,
	struct err *err)
{
	_cleanup_(resolv_done) struct resolv host = {0};
	_cleanup_buf_ struct buf hosts = {.cap = HOSTS_CAP}, resolv = {0}, own = {0};
	int r;

	buf_addf(&own, "%s\n", hostname ? hostname : "");
	r = write_file(dirfd, "hostname", &own, err);
	/* the other container's files are used */
	if (r < 0 || c->mode == NET_CONTAINER)
		return r;
	r = resolv_read_host(c->mode == NET_HOST, &host, err);
	if (r == 0)
		r = resolv_make(c, &host, &resolv, err);
	if (r == 0)
		r = write_file(dirfd, "resolv.conf", &resolv, err);
	if (r < 0 || c->no_hosts)
		return r;
	r = hosts_make(c, hostname, name, &hosts, err);
	return r < 0 ? r : write_file(dirfd, "hosts", &hosts, err);
}
