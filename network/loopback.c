/*
 * A client is one flow: a socket in the container's namespace, connected to the published port, from which answers
 * go back to that client.  Flows end after a time without traffic; when the table is full the one that was idle
 * longest makes room, so neither a flood of clients nor a silent server costs more than the table.
 */
#include "network/loopback.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLOWS_MAX     512
#define FLOW_IDLE_MS  90000
#define SWEEP_MS      10000
#define BATCH_MAX     64 /* datagrams of one socket before the others have their turn */
#define DATAGRAM_MAX  65536
#define FIRST_FLOW_ID 65536 /* epoll data: below it are listeners, from it on flows */

struct listener {
	int sock;
	struct sockaddr_in target;
};

struct flow {
	int sock; /* -EBADF: free */
	size_t listener;
	struct sockaddr_in client;
	int64_t used;
};

struct forwarder {
	int epoll;
	struct listener *listeners;
	size_t n;
	struct flow flows[FLOWS_MAX];
	char datagram[DATAGRAM_MAX];
};

bool loopback_wanted(const struct net_conf *c, const struct port *p, bool *ret_only)
{
	const char *allowed = strv_find_key(&c->slirp, "allow_host_loopback");
	bool on = false;

	*ret_only = str_after(p->host_ip, "127.") != NULL;
	if (allowed && parse_bool(allowed, &on) == 0 && on)
		return *ret_only = false;
	return str_eq(p->proto, "udp") &&
	       (*ret_only || str_empty(p->host_ip) || str_eq(p->host_ip, "0.0.0.0"));
}

static int watch(const struct forwarder *f, int sock, uint64_t id)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = id};

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, sock, &ev) < 0 ? -errno : 0;
}

/* on the host's side; SO_REUSEADDR because slirp4netns listens on the same port of all addresses */
static int listen_on(const struct port *p, struct err *err)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(p->host_port)};
	int one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (str_after(p->host_ip, "127."))
		inet_pton(AF_INET, p->host_ip, &a.sin_addr);
	if (sock < 0)
		return err_set(err, errno, "create socket");
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_set(
			err, errno, "publish port %u/udp on the loopback address", p->host_port);
	return take_fd(sock);
}

static int add_listeners(struct forwarder *f, const struct net_conf *c, struct err *err)
{
	char guest[NET_ADDR_MAX];
	bool only;

	f->listeners = xcalloc(c->ports.n, sizeof(*f->listeners));
	net_slirp_addr(c, 100, guest);
	for (size_t i = 0; i < c->ports.n; i++) {
		const struct port *p = &c->ports.v[i];
		struct listener *l = &f->listeners[f->n];
		int r;

		if (!loopback_wanted(c, p, &only))
			continue;
		l->target =
			(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(p->ctr_port)};
		inet_pton(AF_INET, guest, &l->target.sin_addr);
		l->sock = listen_on(p, err);
		if (l->sock < 0)
			return l->sock;
		r = watch(f, l->sock, f->n++);
		if (r < 0)
			return err_set(err, -r, "watch socket");
	}
	return 0;
}

static struct flow *flow_find(
	struct forwarder *f, size_t listener, const struct sockaddr_in *client)
{
	struct flow *oldest = &f->flows[0];

	for (size_t i = 0; i < FLOWS_MAX; i++) {
		struct flow *w = &f->flows[i];

		if (w->sock >= 0 && w->listener == listener &&
			w->client.sin_port == client->sin_port &&
			w->client.sin_addr.s_addr == client->sin_addr.s_addr)
			return w;
		if (oldest->sock >= 0 && (w->sock < 0 || w->used < oldest->used))
			oldest = w;
	}
	oldest->sock = fd_close(oldest->sock);
	return oldest;
}

static int flow_open(
	struct forwarder *f, struct flow *w, size_t listener, const struct sockaddr_in *client)
{
	const struct sockaddr_in *target = &f->listeners[listener].target;
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (sock < 0 || connect(sock, (const struct sockaddr *)target, sizeof(*target)) < 0)
		return -errno;
	if (watch(f, sock, FIRST_FLOW_ID + (uint64_t)(w - f->flows)) < 0)
		return -errno;
	*w = (struct flow){.sock = take_fd(sock), .listener = listener, .client = *client};
	return 0;
}

static void from_client(struct forwarder *f, size_t listener)
{
	for (int i = 0; i < BATCH_MAX; i++) {
		struct sockaddr_in client = {0};
		socklen_t len = sizeof(client);
		ssize_t n = recvfrom(f->listeners[listener].sock, f->datagram, sizeof(f->datagram),
			0, (struct sockaddr *)&client, &len);
		struct flow *w;

		if (n < 0)
			return;
		w = flow_find(f, listener, &client);
		if (w->sock < 0 && flow_open(f, w, listener, &client) < 0)
			continue; /* lost, as datagrams may be */
		w->used = clock_ms();
		/* a refusal that came back earlier is reported by the first try and gone in the second */
		if (send(w->sock, f->datagram, (size_t)n, 0) < 0 && errno == ECONNREFUSED &&
			send(w->sock, f->datagram, (size_t)n, 0) < 0)
			w->sock = fd_close(w->sock);
	}
}

static void from_container(struct forwarder *f, struct flow *w)
{
	for (int i = 0; i < BATCH_MAX && w->sock >= 0; i++) {
		ssize_t n = recv(w->sock, f->datagram, sizeof(f->datagram), 0);

		if (n < 0)
			return;
		w->used = clock_ms();
		if (sendto(f->listeners[w->listener].sock, f->datagram, (size_t)n, 0,
			    (struct sockaddr *)&w->client, sizeof(w->client)) < 0)
			return;
	}
}

static void sweep(struct forwarder *f)
{
	int64_t limit = clock_ms() - FLOW_IDLE_MS;

	for (size_t i = 0; i < FLOWS_MAX; i++)
		if (f->flows[i].sock >= 0 && f->flows[i].used < limit)
			f->flows[i].sock = fd_close(f->flows[i].sock);
}

static void serve(struct forwarder *f)
{
	struct epoll_event events[32];

	for (;;) {
		int n = epoll_wait(f->epoll, events, ARRAY_SIZE(events), SWEEP_MS);

		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++) {
			uint64_t id = events[i].data.u64;

			if (id < FIRST_FLOW_ID)
				from_client(f, (size_t)id);
			else if (f->flows[id - FIRST_FLOW_ID].sock >= 0)
				from_container(f, &f->flows[id - FIRST_FLOW_ID]);
		}
		sweep(f);
	}
}

static void drop_caps(void)
{
	cap_t none = cap_init();

	if (!none || cap_set_proc(none) < 0)
		_exit(1);
	cap_free(none);
}

/* Must not hold more of the monitor's than the two descriptors: a log or a lock that stays open here would outlive it. */
static int set_up(struct forwarder *f, const struct net_conf *c, int netns, struct err *err)
{
	int r;

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0)
		return err_set(err, errno, "create epoll");
	for (size_t i = 0; i < FLOWS_MAX; i++)
		f->flows[i].sock = -EBADF;
	r = add_listeners(f, c, err);
	if (r < 0)
		return r;
	/* from here on new sockets are the container's */
	if (setns(netns, CLONE_NEWNET) < 0)
		return err_set(err, errno, "join the container's network namespace");
	fd_close(netns);
	drop_caps();
	return 0;
}

static void run(const struct net_conf *c, int netns, int report, pid_t parent)
{
	struct forwarder *f = xcalloc(1, sizeof(*f));
	struct err err = {0};

	proc_die_with(parent, SIGKILL);
	prctl(PR_SET_NAME, "rl-loopback");
	/* to 3 and 4, everything else goes */
	report = fcntl(report, F_DUPFD_CLOEXEC, 16);
	netns = fcntl(netns, F_DUPFD_CLOEXEC, 16);
	if (report < 0 || netns < 0 || dup3(report, 3, O_CLOEXEC) < 0 ||
		dup3(netns, 4, O_CLOEXEC) < 0)
		_exit(1);
	fd_close_from(5);
	if (set_up(f, c, 4, &err) < 0) {
		err_send(3, &err);
		_exit(1);
	}
	fd_close(3);
	serve(f);
	_exit(1);
}

int loopback_start(const struct net_conf *c, int netns, struct err *err)
{
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	pid_t pid, parent = getpid();
	bool wanted = false, only;
	int pidfd, r;

	for (size_t i = 0; i < c->ports.n && !wanted; i++)
		wanted = loopback_wanted(c, &c->ports.v[i], &only);
	if (!wanted)
		return -ENOENT;
	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid < 0)
		return pid;
	if (pid == 0)
		run(c, netns, wr, parent);
	wr = fd_close(wr);
	pidfd = proc_pidfd(pid);
	r = err_recv(rd, err);
	if (r == 0 && pidfd >= 0)
		return pidfd;
	kill(pid, SIGKILL);
	proc_wait(pid);
	fd_close(pidfd);
	return r > 0 ? err_wrap(err, "forward datagrams") : err_set(err, EIO, "forward datagrams");
}

int loopback_stop(int pidfd)
{
	siginfo_t info;

	if (pidfd < 0)
		return -EBADF;
	proc_pidfd_kill(pidfd, SIGKILL);
	/* ECHILD: whoever waits for all children was faster */
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	return fd_close(pidfd);
}
