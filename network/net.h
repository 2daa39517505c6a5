/*
 * net - a container's network
 *
 * One vtable for slirp4netns, none, host and container:NAME (pasta and bridges come with a later format).
 * The order of calls, all by the monitor in R: start() as soon as the container's init exists (its network
 * namespace is born with it), ready() when everything else is done, just before init executes the command.
 * A helper that dies while the container runs is noticed through its pid.
 */
#ifndef RL_NETWORK_NET_H
#define RL_NETWORK_NET_H

#include "network/port.h"

#include <sys/types.h>

enum net_mode { NET_SLIRP, NET_NONE, NET_HOST, NET_CONTAINER };

/**
 * struct net_conf - what was asked for with --network, -p, --dns, …
 * @mode:      how
 * @container: for NET_CONTAINER: id of the other container
 * @slirp:     options of "slirp4netns:…" (mtu=, cidr=, allow_host_loopback=, enable_ipv6=, outbound_addr=, port_handler=), checked
 * @ports:     published ports
 * @unpublished: ports were asked for, which this mode does not publish.  Not recorded
 * @dns, @dns_search, @dns_option, @add_host: from the flags
 * @hosts_file: what the container's hosts file begins with, a path; NULL for the usual.  Not recorded: it is read once
 */
struct net_conf {
	enum net_mode mode;
	char *container;
	struct strv slirp;
	struct ports ports;
	struct strv dns, dns_search, dns_option, add_host;
	char *hosts_file;
	bool no_hosts, unpublished;
};

/** net_slirp_addr() - address number @host of slirp4netns's network ("10.0.2.3" for 3) into @buf; Return: @buf */
#define NET_ADDR_MAX 46
char *net_slirp_addr(const struct net_conf *c, unsigned host, char buf[NET_ADDR_MAX]);

/** net_parse() - parse the argument of --network into @ret->mode, container and slirp; unknown modes name the known ones */
int net_parse(const char *text, struct net_conf *ret, struct err *err);
json_t *net_to_json(const struct net_conf *c);
int net_from_json(const json_t *j, struct net_conf *ret, struct err *err);
void net_conf_done(struct net_conf *c);

/**
 * net_write_files() - write "hosts", "resolv.conf" and "hostname" into the new container's directory, right for the mode
 * @dirfd:  container directory; borrowed
 * @hostname: the container's host name
 * @name: the container's name, another alias for its address
 */
int net_write_files(const struct net_conf *c, int dirfd, const char *hostname, const char *name,
	struct err *err);

struct net_driver;

/**
 * struct net - a network being set up or running
 * @driver:  what the mode does; NULL before net_start()
 * @conf:    borrowed, until net_ready() has returned
 * @rundir:  directory of the API socket; borrowed, until net_ready() has returned
 * @helper:  pid of slirp4netns, 0 if there is none; a child of the monitor.  Whoever reaps it sets it to 0
 * @published: there are ports to be free again when it ends
 * @ready_fd, @exit_fd, @log_fd: pipes: the helper is ready, its end, its messages
 * @netns:   of the container, until net_ready() has returned
 * @loopback: pidfd of the forwarder for UDP clients on the host's loopback
 */
struct net {
	const struct net_driver *driver;
	const struct net_conf *conf;
	int rundir;
	pid_t helper;
	bool published;
	int ready_fd, exit_fd, log_fd, netns, loopback;
};

#define NET_INIT                                                                                   \
	{                                                                                          \
		.rundir = -EBADF, .ready_fd = -EBADF, .exit_fd = -EBADF, .log_fd = -EBADF,         \
		.netns = -EBADF, .loopback = -EBADF                                                \
	}

/**
 * net_start() - start what the mode needs for a network namespace, without waiting for it
 * @netns: descriptor of the namespace; borrowed
 * @rundir: the container's runtime directory, for the API socket; borrowed
 */
int net_start(struct net *n, const struct net_conf *conf, int rundir, int netns, struct err *err);
/** net_ready() - wait until the network works (5 s at most) and publish the ports */
int net_ready(struct net *n, struct err *err);
/** net_stop() - end the helper; returns when published ports are free again, and otherwise does not wait for its end */
void net_stop(struct net *n);
/** net_done() - end the helper, reap it and release; idempotent */
void net_done(struct net *n);

#endif
