#include "runtime/relay.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/trim.h"
#include "runtime/client.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK	      65536
#define DRAIN_BUDGET  ((size_t)2 << 20) /* a pipe holds at most 1 MiB */
#define TTY_RETRY_MS  50
#define FLUSH_WAIT_MS 2000

/* what an epoll event is about; the low half is the index */
enum { KEY_LISTEN = 1, KEY_SIGNAL, KEY_OUT, KEY_IN, KEY_CLIENT, KEY_NOTIFY, KEY_ALERT };

static uint64_t key(unsigned kind, size_t i)
{
	return (uint64_t)kind << 32 | i;
}

static int poll_set(struct relay *r, int op, int fd, uint32_t events, uint64_t k)
{
	struct epoll_event ev = {.events = events, .data.u64 = k};

	return epoll_ctl(r->epfd, op, fd, &ev) < 0 ? -errno : 0;
}

int relay_open(struct relay *r, int sigfd, struct err *err)
{
	void *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int q;

	if (chunk == MAP_FAILED)
		return err_set(err, errno, "allocate memory");
	r->chunk = chunk;
	r->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epfd < 0)
		return err_set(err, errno, "create epoll descriptor");
	r->sigfd = sigfd;
	q = poll_set(r, EPOLL_CTL_ADD, sigfd, EPOLLIN, key(KEY_SIGNAL, 0));
	return q < 0 ? err_set(err, -q, "watch for signals") : 0;
}

int relay_listen(struct relay *r, int runfd, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	mode_t mask;
	int q;

	r->listenfd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->listenfd < 0)
		return err_set(err, errno, "create socket");
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/ctl.sock", runfd);
	unlinkat(runfd, "ctl.sock", 0);
	mask = umask(0177);
	q = bind(r->listenfd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(r->listenfd, 16) < 0
		    ? errno
		    : 0;
	umask(mask);
	if (q)
		return err_set(err, q, "create the control socket");
	q = poll_set(r, EPOLL_CTL_ADD, r->listenfd, EPOLLIN, key(KEY_LISTEN, 0));
	return q < 0 ? err_set(err, -q, "watch the control socket") : 0;
}

int relay_watch(struct relay *r, int fd, struct err *err)
{
	int q = poll_set(r, EPOLL_CTL_ADD, fd, EPOLLIN, key(KEY_NOTIFY, 0));

	return q < 0 ? err_set(err, -q, "watch the container's notify socket") : 0;
}

int relay_alert(struct relay *r, int fd, struct err *err)
{
	int q = poll_set(r, EPOLL_CTL_ADD, fd, EPOLLPRI, key(KEY_ALERT, 0));

	return q < 0 ? err_set(err, -q, "watch the container's control group") : 0;
}

void relay_no_alert(struct relay *r, int fd)
{
	if (fd >= 0)
		epoll_ctl(r->epfd, EPOLL_CTL_DEL, fd, NULL);
}

void relay_unlisten(struct relay *r)
{
	r->listenfd = fd_close(r->listenfd);
}

int relay_add(struct relay *r, int fd, bool lossless)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		int q;

		if (r->clients[i])
			continue;
		q = poll_set(r, EPOLL_CTL_ADD, fd, EPOLLIN, key(KEY_CLIENT, i));
		if (q < 0) {
			fd_close(fd);
			return q;
		}
		r->clients[i] = client_new(fd, lossless);
		return 0;
	}
	fd_close(fd);
	return -EMFILE;
}

static void drop_client(struct relay *r, size_t i)
{
	client_free(r->clients[i]);
	r->clients[i] = NULL;
}

/* keep what epoll watches of a client in step with what it can do */
static void watch_client(struct relay *r, size_t i)
{
	struct relay_client *c = r->clients[i];
	uint32_t events = (client_blocked(c) || client_over(c) ? 0 : EPOLLIN) |
			  (client_queued(c) ? EPOLLOUT : 0);

	if (client_watch(c, events))
		poll_set(r, EPOLL_CTL_MOD, client_fd(c), events, key(KEY_CLIENT, i));
}

/* whether the container's output has to wait for the lossless client */
static bool is_held(const struct relay *r)
{
	if (r->draining && r->drain_budget > 0)
		return false;
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i] && client_lossless(r->clients[i]) &&
			!client_over(r->clients[i]) &&
			client_queued(r->clients[i]) > RELAY_QUEUE_MAX)
			return true;
	return false;
}

static bool input_waits(const struct relay *r)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i] && client_blocked(r->clients[i]))
			return true;
	return false;
}

/* Descriptors that are not wanted are taken out of the epoll set, not just masked: a hang-up is
   reported in any case, and would spin the loop. */
static void watch_container(struct relay *r)
{
	bool held = is_held(r), waits = input_waits(r) && r->in >= 0;

	for (size_t i = 0; i < 2; i++) {
		uint32_t events = held || r->retry_at ? 0 : EPOLLIN;

		if (r->out[i] < 0)
			continue;
		if (r->tty && waits)
			events |= EPOLLOUT;
		if (r->out_polled[i])
			poll_set(r, events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, r->out[i], events,
				key(KEY_OUT, i));
		else if (events)
			poll_set(r, EPOLL_CTL_ADD, r->out[i], events, key(KEY_OUT, i));
		r->out_polled[i] = events != 0;
	}
	if (r->tty || r->in < 0 || waits == r->in_polled)
		return;
	poll_set(r, waits ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, r->in, EPOLLOUT, key(KEY_IN, 0));
	r->in_polled = waits;
}

void relay_start(struct relay *r)
{
	for (size_t i = 0; i < 2; i++)
		if (r->out[i] >= 0)
			fd_set_nonblock(r->out[i], true);
	if (r->in >= 0)
		fd_set_nonblock(r->in, true);
	watch_container(r);
}

static void close_input(struct relay *r)
{
	if (!r->tty)
		fd_close(r->in);
	r->in = -EBADF;
	r->in_polled = false;
}

static void close_output(struct relay *r, size_t i)
{
	r->out[i] = fd_close(r->out[i]);
	r->out_polled[i] = false;
	if (r->tty)
		close_input(r);
}

static void broadcast(struct relay *r, size_t i, size_t len)
{
	ctrlog_write(r->log, i == 0 ? 1 : 2, r->chunk, len);
	for (size_t k = 0; k < RELAY_CLIENTS_MAX; k++) {
		if (!r->clients[k])
			continue;
		if (client_output(r->clients[k], i == 0 ? ATTACH_STDOUT : ATTACH_STDERR, r->chunk,
			    len) < 0)
			drop_client(r, k);
		else
			watch_client(r, k);
	}
}

static void read_output(struct relay *r, size_t i)
{
	ssize_t n;

	if (r->out[i] < 0)
		return;
	n = read(r->out[i], r->chunk, CHUNK);
	if (n > 0) {
		if (r->draining)
			r->drain_budget -=
				(size_t)n < r->drain_budget ? (size_t)n : r->drain_budget;
		broadcast(r, i, (size_t)n);
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	} else if (n < 0 && errno == EIO && r->tty && !r->draining) {
		/* nobody has the terminal open just now; the container may open it again */
		r->retry_at = clock_ms() + TTY_RETRY_MS;
	} else {
		close_output(r, i);
	}
}

/* One frame's worth of input; Return: bytes taken, -EAGAIN if the container does not take more now. */
static ssize_t write_input(struct relay *r, const void *data, size_t len)
{
	ssize_t n;

	if (r->in < 0)
		return (ssize_t)
			len; /* the container has closed it: as with a pipe nobody reads, but without the signal */
	do
		n = write(r->in, data, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return -EAGAIN;
	if (!r->tty)
		close_input(r);
	return (ssize_t)len;
}

static void resize(const struct relay *r, const struct frame *f)
{
	uint16_t size[2];

	if (!r->tty || r->out[0] < 0 || f->len != sizeof(size))
		return;
	memcpy(size, f->data, sizeof(size));
	ioctl(r->out[0], TIOCSWINSZ, &(struct winsize){.ws_row = size[0], .ws_col = size[1]});
}

/* the end of a client's input: the pipe closes, a terminal gets its end-of-file character */
static ssize_t end_input(struct relay *r)
{
	if (r->tty)
		return r->in < 0 ? 0 : write_input(r, "\004", 1);
	close_input(r);
	return 0;
}

/* Serve whole frames of a client's buffer; Return: false if the client is to be dropped. */
static bool serve_frames(struct relay *r, struct relay_client *c)
{
	struct frame f;
	int q;

	while ((q = client_peek(c, &f)) > 0) {
		ssize_t n = 0;

		switch (f.type) {
		case ATTACH_HELLO:
			client_hello(c, f.len ? f.data[0] : 0);
			break;
		case ATTACH_STDIN:
			if (!client_may_write(c))
				break;
			n = f.len ? write_input(r, f.data + client_written(c),
					    f.len - client_written(c))
				  : end_input(r);
			break;
		case ATTACH_RESIZE:
			resize(r, &f);
			break;
		case ATTACH_STOP:
		case ATTACH_PAUSE:
		case ATTACH_HOLD:
		case ATTACH_UNPAUSE:
		case ATTACH_RESTART:
		case ATTACH_START:
		case ATTACH_KILLING:
		case ATTACH_RELOAD:
		case ATTACH_HEALTH:
			r->on_request(r->arg, c, &f);
			break;
		default:
			return false;
		}
		if (!client_consume(c, &f, n))
			return true; /* blocked: the rest when there is room */
	}
	return q == 0;
}

/* Return: whether the client is still there */
static bool serve_client(struct relay *r, size_t i, uint32_t events)
{
	struct relay_client *c = r->clients[i];

	if ((events & EPOLLOUT) && client_flush(c) < 0)
		return false;
	/* it is gone, and what it wanted to write meets a container that does not read */
	if (client_blocked(c) && (events & (EPOLLHUP | EPOLLERR)))
		return false;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t n = client_fill(c);

		if (n == 0 || (n < 0 && n != -EAGAIN && n != -ENOBUFS))
			return false;
		if (!client_blocked(c) && !serve_frames(r, c))
			return false;
	}
	return true;
}

/* it has been told the end and has taken it */
static bool is_gone(const struct relay_client *c)
{
	return client_over(c) && client_queued(c) == 0;
}

static void resume_input(struct relay *r)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		if (!r->clients[i] || !client_blocked(r->clients[i]))
			continue;
		if (!serve_frames(r, r->clients[i]))
			drop_client(r, i);
		else
			watch_client(r, i);
	}
}

static void accept_client(struct relay *r)
{
	int fd = accept4(r->listenfd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		relay_add(r, fd, false);
}

static void serve_event(struct relay *r, const struct epoll_event *ev)
{
	size_t i = (uint32_t)ev->data.u64;

	switch (ev->data.u64 >> 32) {
	case KEY_LISTEN:
		accept_client(r);
		break;
	case KEY_OUT:
		if (r->tty && (ev->events & EPOLLOUT))
			resume_input(r);
		if (ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			read_output(r, i);
		break;
	case KEY_IN:
		resume_input(r);
		break;
	case KEY_CLIENT:
		if (!r->clients[i])
			break;
		if (!serve_client(r, i, ev->events) || is_gone(r->clients[i]))
			drop_client(r, i);
		else
			watch_client(r, i);
		break;
	case KEY_NOTIFY:
		r->on_notify(r->arg);
		break;
	case KEY_ALERT:
		r->on_alert(r->arg);
		break;
	default:
		break;
	}
}

bool relay_turn(struct relay *r, int timeout_ms)
{
	struct epoll_event ev[8];
	bool signals = false;
	int n;

	watch_container(r);
	if (r->retry_at && (timeout_ms < 0 || timeout_ms > TTY_RETRY_MS))
		timeout_ms = TTY_RETRY_MS;
	if (r->trim) {
		r->trim = false;
		trim_text();
	}
	n = epoll_wait(r->epfd, ev, ARRAY_SIZE(ev), timeout_ms);
	if (r->retry_at && (r->draining || clock_ms() >= r->retry_at))
		r->retry_at = 0;
	for (int i = 0; i < n; i++) {
		if (ev[i].data.u64 >> 32 == KEY_SIGNAL)
			signals = true;
		else
			serve_event(r, &ev[i]);
	}
	return signals;
}

bool relay_marked(const struct relay *r, unsigned marks)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i] && client_marks(r->clients[i], marks))
			return true;
	return false;
}

void relay_answer(struct relay *r, unsigned marks, const struct err *err)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		if (!r->clients[i] || !client_marks(r->clients[i], marks))
			continue;
		client_unmark(r->clients[i], marks);
		/* nobody is dropped here, for it may be the one just served; its end is seen later */
		client_result(r->clients[i], err);
		watch_client(r, i);
	}
}

void relay_remark(struct relay *r, unsigned from, unsigned to)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		if (!r->clients[i] || !client_marks(r->clients[i], from))
			continue;
		client_unmark(r->clients[i], from);
		client_mark(r->clients[i], to);
	}
}

void relay_drain(struct relay *r)
{
	if (r->draining)
		return;
	r->draining = true;
	r->drain_budget = DRAIN_BUDGET;
	r->retry_at = 0;
	if (!r->tty)
		close_input(r);
}

bool relay_drained(const struct relay *r)
{
	return r->out[0] < 0 && r->out[1] < 0;
}

void relay_shrink(struct relay *r)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i])
			client_shrink(r->clients[i]);
	madvise(r->chunk, CHUNK, MADV_DONTNEED);
	malloc_trim(0);
	/* code goes last, right before the wait: what runs in between would come back */
	r->trim = true;
}

static void tell_end(struct relay *r, int code, unsigned stay)
{
	int32_t v = code;

	close_output(r, 0);
	close_output(r, 1);
	close_input(r);
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		struct relay_client *c = r->clients[i];

		if (c && !client_over(c) && !client_marks(c, stay) && client_end(c, v) < 0)
			drop_client(r, i);
	}
}

void relay_over(struct relay *r, int code, unsigned stay)
{
	tell_end(r, code, stay);
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		if (r->clients[i] && is_gone(r->clients[i]))
			drop_client(r, i);
		else if (r->clients[i])
			watch_client(r, i);
	}
	r->tty = r->draining = false;
	r->retry_at = 0;
}

void relay_finish(struct relay *r, int code)
{
	int64_t end = clock_ms() + FLUSH_WAIT_MS;

	tell_end(r, code, 0);
	for (;;) {
		bool any = false, lossless = false;
		int64_t left = end - clock_ms();

		for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
			if (!r->clients[i])
				continue;
			if (client_queued(r->clients[i]) == 0) {
				drop_client(r, i);
				continue;
			}
			any = true;
			lossless = lossless || client_lossless(r->clients[i]);
			watch_client(r, i);
		}
		if (!any || (left <= 0 && !lossless))
			return;
		relay_turn(r, lossless ? -1 : (int)left);
	}
}
