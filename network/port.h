/*
 * port - published ports
 */
#ifndef RL_NETWORK_PORT_H
#define RL_NETWORK_PORT_H

#include "runtime/base/json.h"

/* more cannot be forwarded by one helper anyway */
#define PORTS_MAX 8192

/* one published port, as of -p [[HOST_IP:][HOST_PORT]:]CONTAINER_PORT[/PROTO] after ranges were expanded */
struct port {
	char proto[5];			/* tcp or udp */
	char host_ip[46];		/* "" for all addresses */
	uint16_t host_port;		/* 0: a free one is chosen by port_assign() */
	uint16_t pick_first, pick_last; /* from this range, unless they are 0 */
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
/** port_to_json() - [{"hostIP", "hostPort", "containerPort", "protocol"}]; a new reference */
json_t *port_to_json(const struct ports *p);
int port_from_json(const json_t *array, struct ports *ret, struct err *err);
/** port_format() - "0.0.0.0:8080->80/tcp, …" with runs collapsed, as `ps` shows them; the caller owns it */
char *port_format(const struct ports *p);
void ports_done(struct ports *p);

#endif
