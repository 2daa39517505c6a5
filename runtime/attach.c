/*
 * The client's loop waits for everything at once and never blocks in a write: were it stuck sending input to
 * a container that waits for its output to be taken, neither would go on.  So there is at most one frame on
 * its way in each direction, and each side is only read while its frame has left.
 */
#include "runtime/attach.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/frame.h"
#include "runtime/terminal.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* a pipe that polls as writable takes this much without blocking (pipe(7)) */
#define WRITE_MAX 4096

struct client {
	const struct attach_opts *o;
	int sock, sigfd, in; /* in: -EBADF once input has ended */
	struct terminal term;
	struct attach_keys keys;
	bool resize, redraw, detach;
	struct frame_buf received;
	struct frame out; /* output on its way; none if out_left is 0 */
	size_t out_left;
	unsigned char sending[FRAME_HEAD + ATTACH_MAX];
	size_t send_len, send_off;
};

static int out_fd(const struct client *c)
{
	return c->out.type == ATTACH_STDERR ? c->o->stderr_fd : c->o->stdout_fd;
}

static void put_frame(struct client *c, unsigned type, size_t len)
{
	frame_head(c->sending, type, len);
	c->send_off = 0;
	c->send_len = FRAME_HEAD + len;
}

/* one read of our input becomes a frame; its end an empty one */
static void read_input(struct client *c)
{
	unsigned char raw[16384], *to = c->sending + FRAME_HEAD;
	bool filtered = c->keys.n > 0;
	size_t len = 0;
	ssize_t n = filtered ? read(c->in, raw, sizeof(raw)) : read(c->in, to, ATTACH_MAX);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->in = -EBADF;
		put_frame(c, ATTACH_STDIN, 0);
		return;
	}
	if (!filtered) {
		put_frame(c, ATTACH_STDIN, (size_t)n);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		ssize_t k = attach_keys_feed(&c->keys, raw[i], to + len);

		if (k < 0) {
			c->detach = true;
			break;
		}
		len += (size_t)k;
	}
	/* an empty frame would be the end of input */
	if (len > 0)
		put_frame(c, ATTACH_STDIN, len);
}

static void send_more(struct client *c)
{
	ssize_t n = send(c->sock, c->sending + c->send_off, c->send_len - c->send_off,
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* the monitor takes nothing more; what it has said is still to be read */
		c->in = -EBADF;
		c->send_off = c->send_len = 0;
		return;
	}
	c->send_off += (size_t)n;
}

static int write_output(struct client *c, struct err *err)
{
	const unsigned char *p = c->out.data + c->out.len - c->out_left;
	ssize_t n = write(out_fd(c), p, c->out_left < WRITE_MAX ? c->out_left : WRITE_MAX);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && out_fd(c) == c->o->stderr_fd && out_fd(c) != c->o->stdout_fd)
		n = (ssize_t)c->out_left; /* without a standard error the rest still counts */
	if (n < 0) {
		err_set(err, errno, "write to standard output");
		return err_hint(err, "the container goes on: see 'rl ps'");
	}
	c->out_left -= (size_t)n;
	if (c->out_left == 0)
		frame_drop(&c->received, &c->out);
	return 0;
}

/* Return: 1 at the end with *@ret_end set, 0 to go on, or a negative errno */
static int take_frames(struct client *c, enum attach_end *ret_end, int *ret_code)
{
	int r;

	while (c->out_left == 0 && (r = frame_peek(&c->received, &c->out)) != 0) {
		if (r < 0) {
			*ret_end = ATTACH_LOST;
			return 1;
		}
		if (c->out.type == ATTACH_EXIT) {
			*ret_end = ATTACH_EXITED;
			*ret_code = frame_int(&c->out, 125);
			return 1;
		}
		if ((c->out.type == ATTACH_STDOUT || c->out.type == ATTACH_STDERR) &&
			out_fd(c) >= 0)
			c->out_left = c->out.len;
		if (c->out_left == 0)
			frame_drop(&c->received, &c->out);
	}
	return 0;
}

static int receive(struct client *c, enum attach_end *ret_end, int *ret_code)
{
	ssize_t n = frame_fill(c->sock, &c->received);

	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		*ret_end = ATTACH_LOST;
		return 1;
	}
	return take_frames(c, ret_end, ret_code);
}

static void take_signals(struct client *c)
{
	struct signalfd_siginfo si;

	while (read(c->sigfd, &si, sizeof(si)) == sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGWINCH) {
			c->resize = true;
		} else if (sig == SIGCONT) {
			if (c->o->tty)
				terminal_again(&c->term);
			c->resize = true;
		} else if (c->o->sig_proxy && !c->o->tty && c->o->pidfd >= 0) {
			proc_pidfd_kill(c->o->pidfd, sig);
		} else {
			terminal_restore(&c->term);
			terminal_die(sig);
		}
	}
}

static void send_size(struct client *c)
{
	uint16_t size[2];

	c->resize = false;
	if (!c->o->tty || !terminal_size(c->o->stdout_fd, c->o->stdin_fd, size))
		return;
	/* a program is told of a new size only if it is one: so another comes first */
	if (c->redraw) {
		size[0]++;
		c->redraw = false;
		c->resize = true;
	}
	memcpy(c->sending + FRAME_HEAD, size, sizeof(size));
	put_frame(c, ATTACH_RESIZE, sizeof(size));
}

static int loop(struct client *c, enum attach_end *ret_end, int *ret_code, struct err *err)
{
	for (;;) {
		struct pollfd p[4];
		bool idle = c->send_off == c->send_len;
		int r;

		if (idle && c->detach) {
			*ret_end = ATTACH_DETACHED;
			return 0;
		}
		if (idle && c->resize) {
			send_size(c);
			idle = c->send_off == c->send_len;
		}
		p[0] = (struct pollfd){.fd = c->sock,
			.events = (short)((c->out_left ? 0 : POLLIN) | (idle ? 0 : POLLOUT))};
		p[1] = (struct pollfd){.fd = idle ? c->in : -1, .events = POLLIN};
		p[2] = (struct pollfd){.fd = c->out_left ? out_fd(c) : -1, .events = POLLOUT};
		p[3] = (struct pollfd){.fd = c->sigfd, .events = POLLIN};
		/* its hang-up is of interest only when its bytes are */
		if (!p[0].events)
			p[0].fd = -1;
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_set(err, errno, "poll");
		}
		if (p[3].revents)
			take_signals(c);
		if (p[2].revents) {
			r = write_output(c, err);
			if (r < 0)
				return r;
			if (take_frames(c, ret_end, ret_code))
				return 0;
		}
		if (p[0].revents & (POLLOUT | POLLERR))
			send_more(c);
		if ((p[0].revents & (POLLIN | POLLHUP)) && c->out_left == 0 &&
			receive(c, ret_end, ret_code))
			return 0;
		if (p[1].revents && c->send_off == c->send_len)
			read_input(c);
	}
}

int attach_run(int sock, const struct attach_opts *o, enum attach_end *ret_end, int *ret_code,
	struct err *err)
{
	_cleanup_close_ int owned = sock, sigfd = terminal_signals();
	_cleanup_free_ struct client *c = xcalloc(1, sizeof(*c));
	int r;

	*c = (struct client){
		.o = o, .sock = owned, .sigfd = sigfd, .in = o->stdin_fd, .term = {.fd = -EBADF}};
	if (sigfd < 0)
		return err_set(err, -sigfd, "create signalfd");
	/* without a terminal the input is data, in which the keys' bytes mean nothing */
	if (o->tty && o->stdin_fd >= 0 && isatty(o->stdin_fd)) {
		r = attach_keys_parse(
			o->detach_keys ? o->detach_keys : "", c->keys.keys, &c->keys.n, err);
		if (r < 0)
			return r;
		terminal_raw(&c->term, o->stdin_fd);
	}
	c->resize = o->tty;
	c->redraw = o->redraw;
	c->sending[FRAME_HEAD] =
		(unsigned char)(ATTACH_OUTPUT | (o->stdin_fd >= 0 ? ATTACH_INPUT : 0));
	put_frame(c, ATTACH_HELLO, 1);
	r = loop(c, ret_end, ret_code, err);
	terminal_restore(&c->term);
	return r;
}
