/*
 * slirp4netns gets a descriptor of the container's network namespace, not a pid that could be another's by then.
 * It is root in R, like the monitor, which may join the network namespaces below it; it then locks itself into an
 * empty mount namespace without capabilities.  It ends when the monitor's end of the exit pipe closes, and by the
 * parent-death signal, so it cannot be left over.  The API socket exists only between start and the last published port.
 */
#include "network/slirp.h"

#include "network/loopback.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SLIRP	      "slirp4netns"
#define SLIRP_SOCKET  "slirp.sock"
#define SLIRP_TIMEOUT 5000
#define INSTALL_HINT  "install the package slirp4netns, or use --network none or host"

/* the descriptors that slirp4netns gets */
enum { FD_NETNS = 3, FD_READY = 4, FD_EXIT = 5, FD_RUNDIR = 6 };

static bool option_on(const struct net_conf *c, const char *key)
{
	const char *value = strv_find_key(&c->slirp, key);
	bool on = false;

	return value && parse_bool(value, &on) == 0 && on;
}

static void add_option(
	struct strv *argv, const struct net_conf *c, const char *key, const char *flag)
{
	const char *value = strv_find_key(&c->slirp, key);

	if (value)
		strv_addf(argv, "--%s=%s", flag, value);
}

static void make_argv(const struct net_conf *c, struct strv *argv)
{
	const char *mtu = strv_find_key(&c->slirp, "mtu");

	strv_add(argv, SLIRP);
	strv_add(argv, "--configure");
	strv_addf(argv, "--mtu=%s", mtu ? mtu : "65520");
	if (!option_on(c, "allow_host_loopback"))
		strv_add(argv, "--disable-host-loopback");
	strv_add(argv, "--enable-sandbox");
	strv_add(argv, "--enable-seccomp");
	if (option_on(c, "enable_ipv6"))
		strv_add(argv, "--enable-ipv6");
	add_option(argv, c, "cidr", "cidr");
	add_option(argv, c, "outbound_addr", "outbound-addr");
	add_option(argv, c, "outbound_addr6", "outbound-addr6");
	/* each open connection and buffer of the API costs memory for life: only where it is needed */
	if (c->ports.n)
		strv_addf(argv, "--api-socket=/proc/self/fd/%d/%s", FD_RUNDIR, SLIRP_SOCKET);
	strv_addf(argv, "--ready-fd=%d", FD_READY);
	strv_addf(argv, "--exit-fd=%d", FD_EXIT);
	strv_add(argv, "--netns-type=path");
	strv_addf(argv, "/proc/self/fd/%d", FD_NETNS);
	strv_add(argv, "tap0");
}

static void make_env(struct strv *env)
{
	_cleanup_free_ char *idle = proc_libexec("rl-idle.so");

	strv_add(env, "LC_ALL=C");
	/* the dynamic linker splits the list at colons and blanks, and says aloud what it cannot load */
	if (!strpbrk(idle, ": ") && access(idle, R_OK) == 0)
		strv_addf(env, "LD_PRELOAD=%s", idle);
}

static int check_ports(const struct net_conf *c, struct err *err)
{
	for (size_t i = 0; i < c->ports.n; i++)
		if (strchr(c->ports.v[i].host_ip, ':')) {
			err_set(err, ERR_USAGE, "slirp4netns cannot publish on the IPv6 address %s",
				c->ports.v[i].host_ip);
			return err_hint(err, "publish on an IPv4 address");
		}
	return 0;
}

int slirp_start(struct net *n, int netns, struct err *err)
{
	_cleanup_close_ int ready = -EBADF, quit = -EBADF, log = -EBADF;
	_cleanup_strv_ struct strv argv = {0}, env = {0};
	struct proc_opts opts = {.path = SLIRP, .search = true, .pdeathsig = SIGKILL};
	int r;

	r = check_ports(n->conf, err);
	if (r < 0)
		return r;
	if (netns < 0) {
		err_say(err, ENOTSUP,
			"slirp4netns needs a network namespace below the container's own user "
			"namespace");
		return err_hint(err, "with --userns container:NAME, share its network too "
				     "(--network container:NAME), or use --network none or host");
	}
	r = fd_pipe(&n->ready_fd, &ready, err);
	if (r == 0)
		r = fd_pipe(&quit, &n->exit_fd, err);
	if (r == 0)
		r = fd_pipe(&n->log_fd, &log, err);
	if (r < 0)
		return r;
	/* what it says is read once, when it fails; after that a full pipe must stop neither it nor us */
	fd_set_nonblock(log, true);
	fd_set_nonblock(n->log_fd, true);
	make_argv(n->conf, &argv);
	make_env(&env);
	opts.argv = argv.v;
	opts.envp = env.v;
	opts.fds = (struct proc_fd[]){{netns, FD_NETNS}, {ready, FD_READY}, {quit, FD_EXIT},
		{log, STDERR_FILENO}, {n->rundir, FD_RUNDIR}};
	opts.nfds = n->conf->ports.n ? 5 : 4;
	n->published = n->conf->ports.n > 0;
	if (n->published) {
		unlinkat(n->rundir, SLIRP_SOCKET, 0);
		n->netns = fcntl(netns, F_DUPFD_CLOEXEC, 3);
		if (n->netns < 0)
			return err_set(err, errno, "keep the network namespace");
	}
	r = proc_spawn(&opts, err);
	if (r == -ENOENT) {
		err_say(err, ENOENT, "slirp4netns is not installed");
		return err_hint(err, INSTALL_HINT);
	}
	if (r < 0)
		return r;
	n->helper = r;
	return 0;
}

/* Put the helper's last line that tells something into the error. */
static int explain(struct net *n, const char *what, struct err *err)
{
	char text[2048];
	const char *reason = "";
	ssize_t len = read(n->log_fd, text, sizeof(text) - 1);
	_cleanup_strv_ struct strv lines = {0};

	text[len > 0 ? len : 0] = '\0';
	for (char *p = text; *p; p++)
		if (*p != '\n' && ((unsigned char)*p < ' ' || *p == 127))
			*p = '?';
	strv_split(&lines, text, "\n");
	/* the first complaint is the cause, what follows are its consequences */
	strv_foreach (i, line, &lines)
		if (!*reason && *line && !strstr(line, "WARNING") &&
			!str_after(line, "starting slirp"))
			reason = line;
	err_say(err, EIO, "%s%s%s", what, *reason ? ": " : "", reason);
	if (strstr(text, "/dev/net/tun"))
		err_hint(err, "as root: modprobe tun && chmod 666 /dev/net/tun");
	else if (strstr(text, "unrecognized option") || strstr(text, "unknown option"))
		err_hint(err, "slirp4netns 1.0 or newer is needed; run 'rl doctor'");
	else
		err_hint(err, "run 'rl doctor', or use --network none or host");
	return -EIO;
}

static int wait_ready(struct net *n, struct err *err)
{
	struct pollfd p = {.fd = n->ready_fd, .events = POLLIN};
	char one;
	int r;

	do
		r = poll(&p, 1, SLIRP_TIMEOUT);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_set(err, errno, "wait for slirp4netns");
	if (r == 0)
		return explain(n, "slirp4netns was not ready in time", err);
	if (fd_read_full(n->ready_fd, &one, 1) != 1)
		return explain(n, "slirp4netns failed", err);
	n->ready_fd = fd_close(n->ready_fd);
	return 0;
}

char *slirp_request(const struct net_conf *c, const struct port *p)
{
	char guest[NET_ADDR_MAX];
	_cleanup_json_ json_t *j = json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:i}}", "execute",
		"add_hostfwd", "arguments", "proto", p->proto, "host_addr",
		*p->host_ip ? p->host_ip : "0.0.0.0", "host_port", (int)p->host_port, "guest_addr",
		net_slirp_addr(c, 100, guest), "guest_port", (int)p->ctr_port);

	return json_text(j);
}

static int connect_api(const struct net *n, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {.tv_sec = SLIRP_TIMEOUT / 1000};
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0)
		return err_set(err, errno, "create socket");
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", n->rundir, SLIRP_SOCKET);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_set(err, errno, "connect to slirp4netns");
	return take_fd(fd);
}

/* One request is one connection; the reply ends with it. */
static int publish(const struct net *n, const struct port *p, struct err *err)
{
	_cleanup_free_ char *request = slirp_request(n->conf, p);
	_cleanup_close_ int fd = connect_api(n, err);
	_cleanup_json_ json_t *j = NULL;
	char reply[4096];
	const char *desc;
	ssize_t len;
	int r;

	if (fd < 0)
		return fd;
	r = fd_write_full(fd, request, strlen(request));
	if (r == 0 && shutdown(fd, SHUT_WR) < 0)
		r = -errno;
	if (r < 0)
		return err_set(err, -r, "ask slirp4netns to publish port %u", p->host_port);
	len = fd_read_full(fd, reply, sizeof(reply));
	if (len <= 0)
		return err_set(err, len < 0 ? (int)-len : EIO,
			"wait for slirp4netns to publish port %u", p->host_port);
	r = json_parse(reply, (size_t)len, "slirp4netns's reply", &j, err);
	if (r < 0)
		return r;
	desc = json_get_str(json_object_get(j, "error"), "desc", NULL);
	if (!desc && json_object_get(j, "return"))
		return 0;
	err_set(err, EADDRINUSE, "publish port %s%s%u/%s", p->host_ip, *p->host_ip ? ":" : "",
		p->host_port, p->proto);
	return err_hint(err,
		"another program may have taken it just now ('ss -lntup' shows which); slirp4netns "
		"says: %s",
		desc ? desc : "nothing");
}

/* Clients on the host's loopback, where slirp4netns cannot answer them. */
static int publish_loopback(struct net *n, struct err *err)
{
	int r = loopback_start(n->conf, n->netns, err);

	n->netns = fd_close(n->netns);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	n->loopback = r;
	return 0;
}

int slirp_ready(struct net *n, struct err *err)
{
	bool only;
	int r;

	r = wait_ready(n, err);
	if (r < 0 || !n->conf->ports.n)
		return r;
	/* the directory is closed to others already */
	if (fchmodat(n->rundir, SLIRP_SOCKET, 0600, 0) < 0)
		return err_set(err, errno, "protect slirp4netns's socket");
	for (size_t i = 0; i < n->conf->ports.n && r == 0; i++)
		if (!loopback_wanted(n->conf, &n->conf->ports.v[i], &only) || !only)
			r = publish(n, &n->conf->ports.v[i], err);
	/* nobody has more to say to it */
	unlinkat(n->rundir, SLIRP_SOCKET, 0);
	return r == 0 ? publish_loopback(n, err) : r;
}

/* Closing the tap device takes the kernel some 15 ms: worth waiting for where ports must be free again. */
void slirp_stop(struct net *n)
{
	n->loopback = loopback_stop(n->loopback);
	if (n->helper <= 0)
		return;
	kill(n->helper, SIGKILL);
	if (n->published) {
		proc_wait(n->helper);
		n->helper = 0;
	}
}

void slirp_done(struct net *n)
{
	slirp_stop(n);
	if (n->helper > 0)
		proc_wait(n->helper);
	n->helper = 0;
	n->ready_fd = fd_close(n->ready_fd);
	n->exit_fd = fd_close(n->exit_fd);
	n->log_fd = fd_close(n->log_fd);
	n->netns = fd_close(n->netns);
}

int slirp_version(char **ret, struct err *err)
{
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	struct proc_opts opts = {.path = SLIRP,
		.search = true,
		.argv = (char *[]){(char *)SLIRP, (char *)"--version", NULL},
		.nfds = 1};
	char text[256] = "";
	const char *version;
	struct proc_fd pass;
	ssize_t len;
	int r;

	r = fd_pipe(&rd, &wr, err);
	if (r < 0)
		return r;
	pass = (struct proc_fd){wr, STDOUT_FILENO};
	opts.fds = &pass;
	r = proc_spawn(&opts, err);
	if (r == -ENOENT) {
		err_say(err, ENOENT, "slirp4netns is not installed");
		return err_hint(err, "install the package slirp4netns");
	}
	if (r < 0)
		return r;
	wr = fd_close(wr);
	len = fd_read_full(rd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	rd = fd_close(rd);
	proc_wait(r);
	version = str_after(text, "slirp4netns version ");
	if (!version)
		return err_set(err, EPROTO, "slirp4netns --version");
	*ret = xstrndup(version, strcspn(version, "\r\n"));
	return 0;
}
