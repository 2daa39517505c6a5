/* Pausing a container: what commands ask its monitor for (container.h, standstill.h). */
#include "runtime/container.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/frame.h"
#include "runtime/standstill.h"
#include "runtime/state.h"

/* the monitor gives up earlier */
#define ANSWER_MS (2 * FREEZE_LIMIT_MS)

/* The answer to the last request: 0, the monitor's error, or that there is none. */
static int read_answer(const struct container *c, int sock, struct err *err)
{
	_cleanup_free_ struct frame_buf *b = xmalloc(sizeof(*b));
	int64_t until = clock_ms() + ANSWER_MS;
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

/* Return: the connection, on which the request was granted */
static int request(struct container *c, unsigned type, struct err *err)
{
	_cleanup_close_ int sock = container_connect(c, err);
	unsigned char flags = 0;
	int r;

	if (sock < 0)
		return sock;
	r = frame_send(sock, ATTACH_HELLO, &flags, 1);
	if (r == 0)
		r = frame_send(sock, type, NULL, 0);
	/* a failed send is an ending monitor; what it has said already can still be read */
	r = read_answer(c, sock, err);
	return r < 0 ? r : take_fd(sock);
}

static int not_running(const struct container *c, const char *cannot, struct err *err)
{
	err_say(err, EINVAL, "container %s is not running (%s), so it cannot be %s",
		container_label(c), container_status_name(c->status), cannot);
	return err_hint(err, "see 'rl ps -a'");
}

int container_pause(struct container *c, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	/* a hold of another command looks like a pause: whether it is one, the monitor knows */
	if (c->status != CONTAINER_RUNNING && c->status != CONTAINER_PAUSED)
		return not_running(c, "paused", err);
	r = request(c, ATTACH_PAUSE, err);
	if (r == -EALREADY)
		err_hint(err, "'rl unpause %s' lets it go on", container_label(c));
	if (r < 0)
		return r;
	fd_close(r);
	return 0;
}

int container_unpause(struct container *c, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	if (!container_is_running(c))
		return not_running(c, "unpaused", err);
	r = request(c, ATTACH_UNPAUSE, err);
	if (r < 0)
		return r;
	fd_close(r);
	return 0;
}

int container_hold(struct container *c, int *ret_fd, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	*ret_fd = -EBADF;
	if (c->status == CONTAINER_CREATED || c->status == CONTAINER_EXITED)
		return 0;
	if (c->status != CONTAINER_RUNNING && c->status != CONTAINER_PAUSED)
		return not_running(c, "paused", err);
	r = request(c, ATTACH_HOLD, err);
	if (r < 0)
		return r;
	*ret_fd = r;
	return 0;
}

int container_release(struct container *c, int fd, struct err *err)
{
	_cleanup_close_ int sock = fd;

	if (sock < 0)
		return 0;
	frame_send(sock, ATTACH_UNPAUSE, NULL, 0);
	return read_answer(c, sock, err);
}

int container_joining(struct container *c, struct err *err)
{
	_cleanup_close_ int lock = -EBADF;
	struct err why = {0};
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	if (container_is_running(c) && c->runfd >= 0)
		lock = lock_open(c->runfd, STANDSTILL_LOCK, LOCK_SHARED, LOCK_NOW, &why);
	/* looked at once more now that it cannot change */
	if (lock >= 0)
		r = container_refresh(c, err);
	if (r < 0)
		return r;
	if (!container_is_running(c)) {
		err_say(err, ESRCH, "container %s is not running", container_label(c));
		return err_hint(err, "start it with 'rl start %s'", container_label(c));
	}
	if (lock == -EWOULDBLOCK || c->status == CONTAINER_PAUSED) {
		err_say(err, EBUSY,
			"can only create exec sessions on running containers: container %s is "
			"paused",
			container_label(c));
		return err_hint(err, "let it go on with 'rl unpause %s'", container_label(c));
	}
	if (lock < 0 && err)
		*err = why;
	return lock < 0 ? lock : take_fd(lock);
}
