#include "runtime/frame.h"

#include "runtime/base/clock.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

void frame_head(unsigned char head[FRAME_HEAD], unsigned type, size_t len)
{
	head[0] = (unsigned char)type;
	head[1] = (unsigned char)len;
	head[2] = (unsigned char)(len >> 8);
	head[3] = (unsigned char)(len >> 16);
}

int frame_send(int fd, unsigned type, const void *data, size_t len)
{
	unsigned char head[FRAME_HEAD];
	struct iovec iov[2] = {{head, sizeof(head)}, {(void *)(uintptr_t)data, len}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	size_t left = sizeof(head) + len;

	frame_head(head, type, len);
	while (left > 0) {
		ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);
		size_t part;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		left -= (size_t)n;
		part = (size_t)n < iov[0].iov_len ? (size_t)n : iov[0].iov_len;
		iov[0].iov_base = (char *)iov[0].iov_base + part;
		iov[0].iov_len -= part;
		part = (size_t)n - part;
		iov[1].iov_base = (char *)iov[1].iov_base + part;
		iov[1].iov_len -= part;
	}
	return 0;
}

ssize_t frame_fill(int fd, struct frame_buf *b)
{
	ssize_t n;

	if (b->off > 0) {
		memmove(b->data, b->data + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
	}
	if (b->len == sizeof(b->data))
		return -ENOBUFS;
	do
		n = recv(fd, b->data + b->len, sizeof(b->data) - b->len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	b->len += (size_t)n;
	return n;
}

int frame_peek(const struct frame_buf *b, struct frame *ret)
{
	const unsigned char *p = b->data + b->off;
	size_t have = b->len - b->off;
	uint32_t len;

	if (have < FRAME_HEAD)
		return 0;
	len = p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16;
	if (len > ATTACH_MAX)
		return -EPROTO;
	if (have < FRAME_HEAD + len)
		return 0;
	*ret = (struct frame){.type = p[0], .len = len, .data = p + FRAME_HEAD};
	return 1;
}

int frame_wait(int fd, struct frame_buf *b, int64_t until, struct frame *ret)
{
	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		int64_t left = until < 0 ? -1 : until - clock_ms();
		int r = frame_peek(b, ret);
		ssize_t n;

		if (r != 0)
			return r < 0 ? -EPIPE : 0;
		if (until >= 0 && left <= 0)
			return -ETIMEDOUT;
		r = poll(&pfd, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		n = frame_fill(fd, b);
		if (n == 0 || (n < 0 && n != -EAGAIN))
			return -EPIPE;
	}
}

void frame_drop(struct frame_buf *b, const struct frame *f)
{
	b->off += FRAME_HEAD + f->len;
}

int32_t frame_int(const struct frame *f, int32_t dflt)
{
	int32_t v;

	if (f->len != sizeof(v))
		return dflt;
	memcpy(&v, f->data, sizeof(v));
	return v;
}
