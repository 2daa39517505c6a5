/*
 * loopback - published UDP ports for clients on the host's own loopback
 *
 * slirp4netns without access to the host's loopback drops what a container answers to a client on 127.0.0.0/8.
 * One small process per container that publishes UDP ports serves these clients instead: its sockets on
 * 127.0.0.1 belong to the host, those towards the container are made inside the container's network namespace.
 * All other clients keep going through slirp4netns, which shows their own address to the server.
 */
#ifndef RL_NETWORK_LOOPBACK_H
#define RL_NETWORK_LOOPBACK_H

#include "network/net.h"

/**
 * loopback_wanted() - whether a port needs this process
 * @ret_only: set when it is published on a loopback address only, so that slirp4netns has nothing to do for it
 */
bool loopback_wanted(const struct net_conf *c, const struct port *p, bool *ret_only);

/**
 * loopback_start() - start forwarding every port that is wanted; call it after slirp4netns has published its own
 * @netns: the container's network namespace; borrowed
 * Return: a pidfd of the process, a child of the caller that dies with it; -ENOENT if no port wants it; or another
 * negative errno
 */
int loopback_start(const struct net_conf *c, int netns, struct err *err);

/** loopback_stop() - end and reap the process, and close @pidfd; -EBADF is fine; Return: -EBADF, to assign */
int loopback_stop(int pidfd);

#endif
