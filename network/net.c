#include "network/net.h"

#include "network/slirp.h"

/* What a mode does at each step; NULL where there is nothing to do. */
struct net_driver {
	int (*start)(struct net *n, int netns, struct err *err);
	int (*ready)(struct net *n, struct err *err);
	void (*stop)(struct net *n);
	void (*done)(struct net *n);
};

static const struct net_driver drivers[] = {
	[NET_SLIRP] = {slirp_start, slirp_ready, slirp_stop, slirp_done},
	[NET_NONE] = {0},
	[NET_HOST] = {0},
	[NET_CONTAINER] = {0},
};

int net_start(struct net *n, const struct net_conf *conf, int rundir, int netns, struct err *err)
{
	int r;

	n->driver = &drivers[conf->mode];
	n->conf = conf;
	n->rundir = rundir;
	r = n->driver->start ? n->driver->start(n, netns, err) : 0;
	if (r < 0)
		net_done(n);
	return r;
}

int net_ready(struct net *n, struct err *err)
{
	return n->driver && n->driver->ready ? n->driver->ready(n, err) : 0;
}

void net_stop(struct net *n)
{
	if (n->driver && n->driver->stop)
		n->driver->stop(n);
}

void net_done(struct net *n)
{
	if (n->driver && n->driver->done)
		n->driver->done(n);
	n->driver = NULL;
}
