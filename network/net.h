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

#include "runtime/base/json.h"

#include <sys/types.h>

enum net_mode { NET_SLIRP, NET_NONE, NET_HOST, NET_CONTAINER };

/* one published port, as of -p [[HOST_IP:][HOST_PORT]:]CONTAINER_PORT[/PROTO] after ranges were expanded */
struct port {
	char proto[5];     /* tcp or udp */
	char host_ip[46];  /* "" for all addresses */
	uint16_t host_port; /* 0: a free one is chosen by port_assign() */
	uint16_t ctr_port;
};

struct ports {
	struct port *v;
	size_t n;
};

/** port_parse() - parse one -p argument, ranges expanded, and append; -EINVAL with the rule that was broken */
int port_parse(const char *text, struct ports *ret, struct err *err);
/** port_assign() - choose free host ports where 0, and check by a trial bind(2) that each is free;
 * -EADDRINUSE names the port; -EACCES below ip_unprivileged_port_start carries a hint with the sysctl */
int port_assign(struct ports *p, struct err *err);
json_t *port_to_json(const struct ports *p);
int port_from_json(const json_t *array, struct ports *ret, struct err *err);
/** port_format() - "0.0.0.0:8080->80/tcp, …" with runs collapsed, as `ps` shows them; the caller owns it */
char *port_format(const struct ports *p);
void ports_done(struct ports *p);

/**
 * struct net_conf - what was asked for with --network, -p, --dns, …
 * @mode:      how
 * @container: for NET_CONTAINER: id of the other container
 * @slirp:     options of "slirp4netns:…" (mtu=, cidr=, allow_host_loopback=, enable_ipv6=, outbound_addr=, port_handler=), checked
 * @ports:     published ports
 * @dns, @dns_search, @dns_option, @add_host: from the flags
 */
struct net_conf {
	enum net_mode mode;
	char *container;
	struct strv slirp;
	struct ports ports;
	struct strv dns, dns_search, dns_option, add_host;
	bool no_hosts;
};

/** net_parse() - parse the argument of --network into @ret->mode, container and slirp; unknown modes name the known ones */
int net_parse(const char *text, struct net_conf *ret, struct err *err);
json_t *net_to_json(const struct net_conf *c);
int net_from_json(const json_t *j, struct net_conf *ret, struct err *err);
void net_conf_done(struct net_conf *c);

/**
 * net_write_files() - write "hosts", "resolv.conf" and "hostname" into the container's directory, right for the mode
 * @dirfd:  container directory; borrowed
 * @hostname: the container's host name
 * @name: the container's name, another alias for its address
 */
int net_write_files(const struct net_conf *c, int dirfd, const char *hostname, const char *name,
	struct err *err);

/**
 * struct net - a network being set up or running
 * @helper: pid of slirp4netns, 0 if there is none; a child of the monitor
 */
struct net {
	const struct net_conf *conf;
	pid_t helper;
	int ready_fd, exit_fd;
	char *api; /* path of slirp4netns's API socket */
};

#define NET_INIT {.ready_fd = -EBADF, .exit_fd = -EBADF}

/**
 * net_start() - start what the mode needs for the network namespace of process @pid, without waiting for it
 * @rundir: the container's runtime directory, for the API socket; borrowed
 */
int net_start(struct net *n, const struct net_conf *conf, int rundir, pid_t pid, struct err *err);
/** net_ready() - wait until the network works (5 s at most) and publish the ports */
int net_ready(struct net *n, struct err *err);
/** net_done() - end the helper and release; idempotent */
void net_done(struct net *n);

#endif
