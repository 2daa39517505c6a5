#include "runtime/watch.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES (IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void watch_begin(struct watch *w, const struct container *c)
{
	_cleanup_free_ char *path = xasprintf("%s/containers/%s", c->cs->runpath, c->id);

	if (w->fd < 0)
		w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	/* each start makes the directory anew; one that is watched already stays as it is */
	if (w->fd >= 0 && inotify_add_watch(w->fd, path, CHANGES) < 0)
		watch_done(w);
}

void watch_wait(struct watch *w, int64_t ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	char events[4096];

	if (w->fd < 0) {
		clock_sleep_ms(ms);
		return;
	}
	if (poll(&p, 1, ms > INT32_MAX ? INT32_MAX : (int)ms) > 0)
		while (read(w->fd, events, sizeof(events)) > 0)
			;
}

void watch_done(struct watch *w)
{
	w->fd = fd_close(w->fd);
}
