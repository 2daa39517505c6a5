#include "runtime/ask.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/frame.h"
#include "runtime/state.h"

#define CONNECT_TRIES 50

int ask_connect(struct container *c, struct err *err)
{
	for (int i = 0;; i++) {
		int fd = container_connect(c, NULL);

		if (fd >= 0)
			return fd;
		if (container_refresh(c, err) < 0 || !c->held || i == CONNECT_TRIES)
			return err_say(
				err, ESRCH, "container %s is not running", container_label(c));
		clock_sleep_ms(10);
	}
}

int ask_answer(const struct container *c, int sock, int64_t ms, struct err *err)
{
	_cleanup_free_ struct frame_buf *b = xmalloc(sizeof(*b));
	int64_t until = clock_ms() + ms;
	struct err got = {0};
	struct frame f;
	int r;

	b->len = b->off = 0;
	while ((r = frame_wait(sock, b, until, &f)) == 0) {
		if (f.type == ATTACH_EXIT)
			return err_say(
				err, ESRCH, "container %s has ended meanwhile", container_label(c));
		if (f.type == ATTACH_RESULT && f.len == sizeof(got))
			break;
		frame_drop(b, &f);
	}
	if (r < 0) {
		r = err_say(
			err, -r, "the monitor of container %s does not answer", container_label(c));
		/* one of an older version ends the connection, as it does not know the request */
		if (r == -EPIPE && state_held(c->cs, c->id))
			err_hint(err, "if it was started by an older rl, start it again");
		return r;
	}
	memcpy(&got, f.data, sizeof(got));
	if (got.code == 0)
		return 0;
	got.msg[sizeof(got.msg) - 1] = got.hint[sizeof(got.hint) - 1] = '\0';
	if (err)
		*err = got;
	return err_wrap(err, "container %s", container_label(c));
}

int ask(struct container *c, unsigned type, const void *data, size_t len, int64_t ms,
	struct err *err)
{
	_cleanup_close_ int sock = ask_connect(c, err);
	unsigned char flags = 0;
	int r;

	if (sock < 0)
		return sock;
	r = frame_send(sock, ATTACH_HELLO, &flags, 1);
	if (r == 0)
		r = frame_send(sock, type, data, len);
	/* a failed send is an ending monitor; what it has said already can still be read */
	r = ask_answer(c, sock, ms, err);
	return r < 0 ? r : take_fd(sock);
}
