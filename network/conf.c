#include "network/net.h"

#include "runtime/base/parse.h"

#include <arpa/inet.h>
#include <stdio.h>

#define SLIRP_CIDR    "10.0.2.0/24"
#define SLIRP_MTU_MAX 65521
/* slirp4netns needs room for its address number 100 */
#define SLIRP_PREFIX_MAX 25

/* indexed by enum net_mode */
static const char *const mode_names[] = {"slirp4netns", "none", "host", "container"};

void net_conf_done(struct net_conf *c)
{
	free(c->container);
	free(c->hosts_file);
	strv_done(&c->slirp);
	ports_done(&c->ports);
	strv_done(&c->dns);
	strv_done(&c->dns_search);
	strv_done(&c->dns_option);
	strv_done(&c->add_host);
	*c = (struct net_conf){0};
}

static int usage(struct err *err, const char *what, const char *value, const char *rule)
{
	return err_set(err, ERR_USAGE, "network option %s=%s: %s", what, value, rule);
}

static int parse_cidr(const char *text, uint32_t *ret_addr)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *slash = strchr(copy, '/');
	struct in_addr addr;
	uint64_t prefix;

	if (!slash)
		return -EINVAL;
	*slash = '\0';
	if (inet_pton(AF_INET, copy, &addr) != 1 ||
		parse_u64_max(slash + 1, SLIRP_PREFIX_MAX, &prefix) < 0 || prefix == 0)
		return -EINVAL;
	if (ntohl(addr.s_addr) & (UINT32_C(0xffffffff) >> prefix))
		return -EINVAL;
	*ret_addr = ntohl(addr.s_addr);
	return 0;
}

char *net_slirp_addr(const struct net_conf *c, unsigned host, char buf[NET_ADDR_MAX])
{
	const char *cidr = strv_find_key(&c->slirp, "cidr");
	uint32_t net = 0;

	if (!cidr || parse_cidr(cidr, &net) < 0)
		parse_cidr(SLIRP_CIDR, &net);
	net += host;
	snprintf(buf, NET_ADDR_MAX, "%u.%u.%u.%u", net >> 24, net >> 16 & 255, net >> 8 & 255,
		net & 255);
	return buf;
}

/* an address, or the name of an interface */
static bool outbound_ok(const char *value, int family)
{
	unsigned char addr[16];

	return inet_pton(family, value, addr) == 1 || (strlen(value) < 16 && str_is_name(value));
}

static int check_slirp(const char *key, const char *value, struct err *err)
{
	uint64_t num;
	uint32_t net;
	bool on;

	if (str_eq(key, "mtu"))
		return parse_u64_max(value, SLIRP_MTU_MAX, &num) == 0 && num >= 576
			       ? 0
			       : usage(err, key, value, "must be a number from 576 to 65521");
	if (str_eq(key, "cidr"))
		return parse_cidr(value, &net) == 0 ? 0
						    : usage(err, key, value,
							      "must be an IPv4 network such as "
							      "10.0.2.0/24, of /25 or larger");
	if (str_eq(key, "allow_host_loopback") || str_eq(key, "enable_ipv6"))
		return parse_bool(value, &on) == 0
			       ? 0
			       : usage(err, key, value, "must be true or false");
	if (str_eq(key, "outbound_addr") || str_eq(key, "outbound_addr6"))
		return outbound_ok(value, str_eq(key, "outbound_addr") ? AF_INET : AF_INET6)
			       ? 0
			       : usage(err, key, value,
					 "must be an address or the name of an interface");
	if (str_eq(key, "port_handler"))
		return str_eq(value, "slirp4netns") ? 0
						    : usage(err, key, value, "must be slirp4netns");
	err_set(err, ERR_USAGE, "slirp4netns has no option '%s'", key);
	return err_hint(err, "known are mtu, cidr, allow_host_loopback, enable_ipv6, "
			     "outbound_addr, outbound_addr6 and port_handler");
}

static int parse_slirp(const char *text, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv opts = {0};

	strv_split(&opts, text, ",");
	strv_foreach (i, opt, &opts) {
		_cleanup_free_ char *key = NULL;
		const char *eq = strchr(opt, '=');
		int r;

		if (!eq)
			return err_set(err, ERR_USAGE, "network option '%s' has no value", opt);
		key = xstrndup(opt, (size_t)(eq - opt));
		r = check_slirp(key, eq + 1, err);
		if (r < 0)
			return r;
		strv_set_key(ret, key, eq + 1);
	}
	return 0;
}

int net_parse(const char *text, struct net_conf *ret, struct err *err)
{
	const char *rest;

	if (str_eq(text, "none")) {
		ret->mode = NET_NONE;
		return 0;
	}
	if (str_eq(text, "host")) {
		ret->mode = NET_HOST;
		return 0;
	}
	if (str_eq(text, "slirp4netns") || str_eq(text, "private") || str_eq(text, "default")) {
		ret->mode = NET_SLIRP;
		return 0;
	}
	rest = str_after(text, "slirp4netns:");
	if (rest) {
		ret->mode = NET_SLIRP;
		return parse_slirp(rest, &ret->slirp, err);
	}
	rest = str_after(text, "container:");
	if (rest) {
		if (!str_is_name(rest))
			return err_set(err, ERR_USAGE, "network '%s' names no container", text);
		free(ret->container);
		ret->container = xstrdup(rest);
		ret->mode = NET_CONTAINER;
		return 0;
	}
	err_set(err, ERR_USAGE, "unknown network '%s'", text);
	return err_hint(
		err, "known are slirp4netns[:OPTION=VALUE,…], none, host and container:NAME");
}

json_t *net_to_json(const struct net_conf *c)
{
	json_t *j = json_object();

	json_set_str(j, "mode", mode_names[c->mode]);
	json_set_str(j, "container", c->container);
	json_set_strv(j, "slirp", &c->slirp);
	if (c->ports.n)
		json_object_set_new(j, "ports", port_to_json(&c->ports));
	json_set_strv(j, "dns", &c->dns);
	json_set_strv(j, "dnsSearch", &c->dns_search);
	json_set_strv(j, "dnsOption", &c->dns_option);
	json_set_strv(j, "addHost", &c->add_host);
	if (c->no_hosts)
		json_object_set_new(j, "noHosts", json_true());
	return j;
}

static int parse_mode(const char *name, enum net_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++)
		if (str_eq(name, mode_names[i])) {
			*ret = (enum net_mode)i;
			return 0;
		}
	return -EINVAL;
}

int net_from_json(const json_t *j, struct net_conf *ret, struct err *err)
{
	_cleanup_(net_conf_done) struct net_conf c = {0};
	int r;

	if (parse_mode(json_get_str(j, "mode", ""), &c.mode) < 0)
		return err_set(err, EBADMSG, "the record of the network is damaged");
	c.container = xstrdup(json_get_str(j, "container", NULL));
	if (c.mode == NET_CONTAINER && !c.container)
		return err_set(err, EBADMSG, "the record of the network names no container");
	r = port_from_json(json_object_get(j, "ports"), &c.ports, err);
	if (r < 0)
		return r;
	json_get_strv(j, "slirp", &c.slirp);
	json_get_strv(j, "dns", &c.dns);
	json_get_strv(j, "dnsSearch", &c.dns_search);
	json_get_strv(j, "dnsOption", &c.dns_option);
	json_get_strv(j, "addHost", &c.add_host);
	c.no_hosts = json_get_bool(j, "noHosts", false);
	*ret = c;
	c = (struct net_conf){0};
	return 0;
}
