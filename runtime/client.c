#include "runtime/client.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>

struct relay_client {
	int fd;
	bool lossless, blocked, over;
	unsigned flags, marks;
	uint32_t events;
	size_t written;	      /* of the frame that is blocked */
	struct frame_buf *in; /* NULL while empty */
	struct buf out;
	size_t out_off; /* sent already */
};

struct relay_client *client_new(int fd, bool lossless)
{
	struct relay_client *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->lossless = lossless;
	c->flags = lossless ? ATTACH_OUTPUT : 0;
	c->events = EPOLLIN;
	return c;
}

void client_free(struct relay_client *c)
{
	if (!c)
		return;
	fd_close(c->fd);
	free(c->in);
	buf_done(&c->out);
	free(c);
}

int client_fd(const struct relay_client *c)
{
	return c->fd;
}

bool client_lossless(const struct relay_client *c)
{
	return c->lossless;
}

size_t client_queued(const struct relay_client *c)
{
	return c->out.len - c->out_off;
}

bool client_blocked(const struct relay_client *c)
{
	return c->blocked;
}

bool client_over(const struct relay_client *c)
{
	return c->over;
}

bool client_may_write(const struct relay_client *c)
{
	return c->flags & ATTACH_INPUT;
}

void client_hello(struct relay_client *c, unsigned flags)
{
	c->flags = flags;
}

void client_mark(struct relay_client *c, unsigned marks)
{
	c->marks |= marks;
}

void client_unmark(struct relay_client *c, unsigned marks)
{
	c->marks &= ~marks;
}

bool client_marks(const struct relay_client *c, unsigned marks)
{
	return c->marks & marks;
}

bool client_watch(struct relay_client *c, uint32_t events)
{
	if (c->events == events)
		return false;
	c->events = events;
	return true;
}

ssize_t client_fill(struct relay_client *c)
{
	if (!c->in) {
		c->in = xmalloc(sizeof(*c->in));
		c->in->len = c->in->off = 0;
	}
	return frame_fill(c->fd, c->in);
}

int client_peek(struct relay_client *c, struct frame *ret)
{
	return c->in ? frame_peek(c->in, ret) : 0;
}

size_t client_written(const struct relay_client *c)
{
	return c->written;
}

bool client_consume(struct relay_client *c, const struct frame *f, ssize_t n)
{
	if (n > 0)
		c->written += (size_t)n;
	c->blocked = n == -EAGAIN || (n > 0 && f->len > 0 && c->written < f->len);
	if (c->blocked)
		return false;
	c->written = 0;
	frame_drop(c->in, f);
	return true;
}

int client_flush(struct relay_client *c)
{
	while (client_queued(c) > 0) {
		ssize_t n = send(c->fd, c->out.data + c->out_off, client_queued(c),
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		c->out_off += (size_t)n;
	}
	c->out_off = 0;
	buf_clear(&c->out);
	return 0;
}

static int queue(struct relay_client *c, unsigned type, const void *data, size_t len)
{
	unsigned char head[FRAME_HEAD];

	/* move the rest to the front before the buffer has to grow */
	if (c->out_off > 0 && c->out_off >= c->out.len / 2) {
		buf_drop(&c->out, c->out_off);
		c->out_off = 0;
	}
	frame_head(head, type, len);
	if (buf_add(&c->out, head, sizeof(head)) < 0 || buf_add(&c->out, data, len) < 0)
		return -ENOBUFS;
	return client_flush(c);
}

int client_output(struct relay_client *c, unsigned type, const void *data, size_t len)
{
	static const char lost[] =
		"rl: this client reads too slowly and was cut off; 'rl logs' has the output\r\n";

	if (!(c->flags & ATTACH_OUTPUT))
		return 0;
	if (c->lossless || client_queued(c) + len <= RELAY_QUEUE_MAX)
		return queue(c, type, data, len);
	c->flags &= ~(unsigned)ATTACH_OUTPUT;
	return queue(c, ATTACH_STDERR, lost, sizeof(lost) - 1);
}

int client_result(struct relay_client *c, const struct err *err)
{
	static const struct err none;

	return queue(c, ATTACH_RESULT, err ? err : &none, sizeof(none));
}

int client_end(struct relay_client *c, int32_t code)
{
	c->over = true;
	c->blocked = false;
	/* what follows is another run of the container, and no matter of its */
	c->flags = c->marks = 0;
	return queue(c, ATTACH_EXIT, &code, sizeof(code));
}

void client_shrink(struct relay_client *c)
{
	if (c->in && c->in->len == c->in->off) {
		free(c->in);
		c->in = NULL;
	}
	if (client_queued(c) == 0)
		buf_done(&c->out);
}
