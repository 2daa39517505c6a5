/*
 * frame - the encoding of the attach stream (attach.h): type, three bytes of length, payload
 */
#ifndef RL_RUNTIME_FRAME_H
#define RL_RUNTIME_FRAME_H

#include "runtime/attach.h"

#define FRAME_HEAD 4

/* bytes received and not yet consumed: room for one whole frame */
struct frame_buf {
	unsigned char data[FRAME_HEAD + ATTACH_MAX];
	size_t len, off;
};

struct frame {
	unsigned type;
	uint32_t len;
	const unsigned char *data; /* borrowed from the buffer until the next frame_fill() */
};

/** frame_head() - write a frame's head */
void frame_head(unsigned char head[FRAME_HEAD], unsigned type, size_t len);

/** frame_send() - write a whole frame into a blocking socket; Return: 0 or a negative errno (-EPIPE: peer is gone) */
int frame_send(int fd, unsigned type, const void *data, size_t len);

/** frame_fill() - one recv(2); Return: bytes, 0 at end of file, or a negative errno (-EAGAIN: nothing there) */
ssize_t frame_fill(int fd, struct frame_buf *b);

/** frame_peek() - the next whole frame; Return: 1, 0 if more bytes are needed, -EPROTO if it is too long */
int frame_peek(const struct frame_buf *b, struct frame *ret);

/**
 * frame_wait() - wait for the next whole frame
 * @until: clock_ms() when to give up, -1 for never
 * Return: 0, -ETIMEDOUT, or -EPIPE if the peer is gone or sends what is no frame
 */
int frame_wait(int fd, struct frame_buf *b, int64_t until, struct frame *ret);

/** frame_drop() - consume what frame_peek() returned */
void frame_drop(struct frame_buf *b, const struct frame *f);

/** frame_int() - an int32 payload; @dflt if it has another size */
int32_t frame_int(const struct frame *f, int32_t dflt);

#endif
