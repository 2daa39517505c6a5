/*
 * slirp - the network through slirp4netns
 */
#ifndef RL_NETWORK_SLIRP_H
#define RL_NETWORK_SLIRP_H

#include "network/net.h"

/** slirp_start(), slirp_ready(), slirp_stop(), slirp_done(): see net_start() and so on */
int slirp_start(struct net *n, int netns, struct err *err);
int slirp_ready(struct net *n, struct err *err);
void slirp_stop(struct net *n);
void slirp_done(struct net *n);

/** slirp_request() - the API message that publishes @p; the caller owns it */
char *slirp_request(const struct net_conf *c, const struct port *p);

/** slirp_version() - "1.2.0" of the installed one, owned by the caller; -ENOENT if there is none */
int slirp_version(char **ret, struct err *err);

#endif
