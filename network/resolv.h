/*
 * resolv - resolv.conf(5): reading the host's, writing a container's
 */
#ifndef RL_NETWORK_RESOLV_H
#define RL_NETWORK_RESOLV_H

#include "network/net.h"

/**
 * struct resolv - the parts of a resolv.conf that are passed on
 */
struct resolv {
	struct strv nameservers, search, options;
};

/** resolv_parse() - read the text of a resolv.conf; what is malformed is skipped, as the resolver does */
void resolv_parse(const char *text, struct resolv *ret);
/** resolv_is_loopback() - whether a nameserver's address leads nowhere from inside another network namespace */
bool resolv_is_loopback(const char *addr);
/** resolv_make() - the text for a container with @c on a host with @host; -EINVAL for a malformed --dns… value */
int resolv_make(
	const struct net_conf *c, const struct resolv *host, struct buf *ret, struct err *err);
/** resolv_read_host() - the host's; where that only names systemd-resolved's stub, what the stub asks itself */
int resolv_read_host(bool same_network, struct resolv *ret, struct err *err);
void resolv_done(struct resolv *r);

#endif
