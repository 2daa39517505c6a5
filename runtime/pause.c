/* Pausing a container: what commands ask its monitor for (container.h, standstill.h). */
#include "runtime/ask.h"

#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/frame.h"
#include "runtime/standstill.h"

/* the monitor gives up earlier */
#define ANSWER_MS (2 * FREEZE_LIMIT_MS)

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
	r = ask(c, ATTACH_PAUSE, NULL, 0, ANSWER_MS, err);
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
	r = ask(c, ATTACH_UNPAUSE, NULL, 0, ANSWER_MS, err);
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
	r = ask(c, ATTACH_HOLD, NULL, 0, ANSWER_MS, err);
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
	return ask_answer(c, sock, ANSWER_MS, err);
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
