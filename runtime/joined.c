#include "runtime/joined.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CHUNK 16384
/* how long output is waited for when the process is gone and somebody else holds the pipes open */
#define DRAIN_MS 200

/*
 * Nothing that the caller has open goes inside: through /proc/self/fd its receiver could open the same file again,
 * to write what was only to be read, or leave a directory upwards.  A pipe of our own leads only to us.
 */
int joined_stdio(struct joined *j, bool input, bool silent, struct err *err)
{
	for (int i = 0; i < 3; i++) {
		int r;

		if (silent || (i == 0 && !input)) {
			j->stdio[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
			if (j->stdio[i] < 0)
				return err_set(err, errno, "open /dev/null");
			continue;
		}
		r = i == 0 ? fd_pipe(&j->stdio[i], &j->near[i], err)
			   : fd_pipe(&j->near[i], &j->stdio[i], err);
		if (r < 0)
			return r;
		fd_set_nonblock(j->near[i], true);
	}
	return 0;
}

void joined_started(struct joined *j)
{
	for (size_t i = 0; i < 3; i++)
		j->stdio[i] = fd_close(j->stdio[i]);
}

void joined_done(struct joined *j)
{
	joined_started(j);
	for (size_t i = 0; i < 3; i++)
		j->near[i] = fd_close(j->near[i]);
}

/* bytes on their way from one descriptor to another */
struct lane {
	int from, to; /* from: -EBADF at its end */
	bool lost;    /* nobody takes what is written to @to */
	size_t len, off;
	char data[CHUNK];
};

struct session {
	struct launched *l;
	struct lane in, out[2];
	struct terminal term;
	struct attach_keys keys;
	bool tty, detach, eof_due;
	int sigfd;
};

static bool lane_full(const struct lane *n)
{
	return n->off < n->len;
}

static void lane_read(struct lane *n)
{
	ssize_t k = read(n->from, n->data, sizeof(n->data));

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	n->off = 0;
	n->len = k > 0 ? (size_t)k : 0;
	if (k <= 0)
		n->from = -EBADF;
}

static void lane_write(struct lane *n)
{
	/* the caller's descriptors may block: not more than a writable pipe takes at once */
	size_t max = n->to <= STDERR_FILENO && n->len - n->off > 4096 ? 4096 : n->len - n->off;
	ssize_t k = write(n->to, n->data + n->off, max);

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (k >= 0) {
		n->off += (size_t)k;
		return;
	}
	/* nobody takes it: as with a pipe, the source is not read any more */
	n->off = n->len = 0;
	n->from = -EBADF;
	n->lost = true;
}

static void filter_keys(struct session *s)
{
	struct lane *n = &s->in;
	char raw[CHUNK / 2];
	size_t len = n->len, out = 0;

	if (s->keys.n == 0 || len == 0)
		return;
	if (len > sizeof(raw))
		len = sizeof(raw);
	memcpy(raw, n->data, len);
	for (size_t i = 0; i < len; i++) {
		ssize_t k = attach_keys_feed(
			&s->keys, (unsigned char)raw[i], (unsigned char *)n->data + out);

		if (k < 0) {
			s->detach = true;
			s->in.from = -EBADF;
			break;
		}
		out += (size_t)k;
	}
	n->len = out;
}

static void read_input(struct session *s)
{
	if (s->keys.n > 0) {
		ssize_t k = read(s->in.from, s->in.data, CHUNK / 2);

		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		s->in.off = 0;
		s->in.len = k > 0 ? (size_t)k : 0;
		if (k <= 0)
			s->in.from = -EBADF;
		filter_keys(s);
	} else {
		lane_read(&s->in);
	}
	s->eof_due = s->in.from < 0 && !s->detach;
}

/* the reader of our output is gone: the process shall notice, as it would without us in between */
static void end_output(struct session *s, struct joined *j, size_t i)
{
	s->out[i].lost = false;
	if (!s->tty)
		j->near[i + 1] = fd_close(j->near[i + 1]);
}

/* the end of our input is the end of its input */
static void end_input(struct session *s, struct joined *j)
{
	s->eof_due = false;
	if (s->tty)
		(void)!write(s->l->console, "\004", 1);
	else
		j->near[0] = fd_close(j->near[0]);
}

static void copy_size(const struct session *s)
{
	struct winsize ws;

	if (s->tty && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 ||
			      ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0))
		ioctl(s->l->console, TIOCSWINSZ, &ws);
}

static void take_signals(struct session *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigfd, &si, sizeof(si)) == sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGCONT && s->tty)
			terminal_again(&s->term);
		if (sig == SIGWINCH || sig == SIGCONT) {
			copy_size(s);
		} else if (s->tty) {
			terminal_restore(&s->term);
			terminal_die(sig);
		} else {
			proc_pidfd_kill(s->l->pidfd, sig);
		}
	}
}

static bool outputs_over(const struct session *s)
{
	for (size_t i = 0; i < 2; i++)
		if (s->out[i].from >= 0 || lane_full(&s->out[i]))
			return false;
	return true;
}

static void relay(struct session *s, struct joined *j)
{
	int64_t until = 0;

	/* what was typed before the keys still arrives */
	while (!(s->detach && !lane_full(&s->in)) && !(until && outputs_over(s))) {
		struct pollfd p[8] = {
			{.fd = s->sigfd, .events = POLLIN},
			{.fd = until ? -1 : s->l->pidfd, .events = POLLIN},
			{.fd = lane_full(&s->in) ? -1 : s->in.from, .events = POLLIN},
			{.fd = lane_full(&s->in) ? s->in.to : -1, .events = POLLOUT},
		};
		int64_t left = until ? until - clock_ms() : -1;

		if (until && left < 0)
			left = 0;

		for (size_t i = 0; i < 2; i++) {
			bool full = lane_full(&s->out[i]);

			p[4 + i] =
				(struct pollfd){.fd = full ? -1 : s->out[i].from, .events = POLLIN};
			p[6 + i] =
				(struct pollfd){.fd = full ? s->out[i].to : -1, .events = POLLOUT};
			/* a slow reader is waited for, a pipe that stays open is not */
			if (full)
				left = -1;
		}
		if (poll(p, ARRAY_SIZE(p), (int)left) == 0)
			return;
		if (p[0].revents)
			take_signals(s);
		if (p[1].revents)
			until = clock_ms() + DRAIN_MS;
		if (p[2].revents)
			read_input(s);
		if (p[3].revents)
			lane_write(&s->in);
		if (s->eof_due && !lane_full(&s->in))
			end_input(s, j);
		for (size_t i = 0; i < 2; i++) {
			if (p[4 + i].revents)
				lane_read(&s->out[i]);
			if (p[6 + i].revents)
				lane_write(&s->out[i]);
			if (s->out[i].lost)
				end_output(s, j, i);
		}
	}
}

int joined_run(struct joined *j, struct launched *l, bool input, const char *detach_keys,
	bool *ret_detached, struct err *err)
{
	_cleanup_free_ struct session *s = xcalloc(1, sizeof(*s));
	_cleanup_close_ int sigfd = terminal_signals();
	int r;

	if (sigfd < 0)
		return err_set(err, -sigfd, "create signalfd");
	s->l = l;
	s->sigfd = sigfd;
	s->tty = l->console >= 0;
	s->term.fd = -EBADF;
	s->in.from = (s->tty && input) || j->near[0] >= 0 ? STDIN_FILENO : -EBADF;
	s->in.to = s->tty ? l->console : j->near[0];
	s->out[0].from = s->tty ? l->console : j->near[1];
	s->out[0].to = STDOUT_FILENO;
	s->out[1].from = s->tty ? -EBADF : j->near[2];
	s->out[1].to = STDERR_FILENO;
	if (s->tty) {
		fd_set_nonblock(l->console, true);
		copy_size(s);
	}
	if (s->tty && input && isatty(STDIN_FILENO)) {
		r = attach_keys_parse(detach_keys, s->keys.keys, &s->keys.n, err);
		if (r < 0)
			return r;
		terminal_raw(&s->term, STDIN_FILENO);
	}
	relay(s, j);
	terminal_restore(&s->term);
	*ret_detached = s->detach;
	return s->detach ? 0 : proc_wait(l->pid);
}

int joined_abandon(struct launched *l, struct err *err)
{
	pid_t pid = proc_fork(err);
	char chunk[4096];

	if (pid != 0)
		return pid < 0 ? pid : 0;
	setsid();
	for (int fd = 0; fd < 3; fd++) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null >= 0) {
			dup2(null, fd);
			fd_close(null);
		}
	}
	while (read(l->console, chunk, sizeof(chunk)) > 0)
		;
	_exit(0);
}
