#include "runtime/base/lock.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* a signal that interrupts the blocking lock when its time is over */
static void alarm_noop(int sig)
{
	(void)sig;
}

/*
 * The kernel has no call with a time limit for open-file-description locks, so a timer's signal
 * interrupts the blocking one; the timer repeats, because a signal that comes before the call blocks
 * is lost.
 */
static int lock_until(int fd, struct flock *fl, int64_t end)
{
	struct sigaction sa = {.sa_handler = alarm_noop}, old;
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	sigset_t set, oldset;
	timer_t timer;
	int64_t left;
	int r = -EINTR;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0)
		return -errno;
	sigaction(SIGALRM, &sa, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &oldset);
	while (r == -EINTR && (left = end - clock_ms()) > 0) {
		struct itimerspec its = {.it_interval = {.tv_nsec = 50000000},
			.it_value = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000}};

		timer_settime(timer, 0, &its, NULL);
		r = fcntl(fd, F_OFD_SETLKW, fl) < 0 ? -errno : 0;
	}
	timer_delete(timer);
	sigprocmask(SIG_SETMASK, &oldset, NULL);
	sigaction(SIGALRM, &old, NULL);
	return r == -EINTR ? -EWOULDBLOCK : r;
}

int lock_set(int fd, enum lock_mode mode, int timeout_ms)
{
	struct flock fl = {
		.l_type = mode == LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	int64_t end = clock_ms() + timeout_ms;
	int r;

	do
		r = fcntl(fd, timeout_ms < 0 ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return -errno;
	return timeout_ms == LOCK_NOW ? -EWOULDBLOCK : lock_until(fd, &fl, end);
}

int lock_open(int dirfd, const char *name, enum lock_mode mode, int timeout_ms, struct err *err)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_set(err, errno, "open lock %s", name);
	r = lock_set(fd, mode, timeout_ms);
	if (r < 0)
		return err_set(err, -r, "lock %s", name);
	return take_fd(fd);
}

int lock_drop(int fd)
{
	struct flock fl = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	if (fd >= 0)
		fcntl(fd, F_OFD_SETLK, &fl);
	return fd_close(fd);
}

bool lock_fd_is_held(int fd)
{
	struct flock fl = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

bool lock_is_held(int dirfd, const char *name)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && lock_fd_is_held(fd);
}
