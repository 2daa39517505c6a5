/*
 * hosts - a container's hosts(5) file
 */
#ifndef RL_NETWORK_HOSTS_H
#define RL_NETWORK_HOSTS_H

#include "network/net.h"

/**
 * hosts_make() - its text: localhost, --add-host, the host, the container's own names
 * In host mode the host's own file comes first.  ERR_USAGE for a malformed --add-host.
 */
int hosts_make(const struct net_conf *c, const char *hostname, const char *name, struct buf *ret,
	struct err *err);

#endif
