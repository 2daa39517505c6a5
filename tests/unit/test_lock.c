#include "runtime/base/lock.h"

#include "runtime/base/clock.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

/* a process that holds the lock "l", and lets it go after @ms, or never */
static pid_t hold(int dir, int ms)
{
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (lock_open(dir, "l", LOCK_EXCLUSIVE, LOCK_NOW, NULL) < 0 ||
			write(fds[1], "x", 1) != 1)
			_exit(1);
		usleep(ms < 0 ? 60000000 : (unsigned)ms * 1000);
		_exit(0);
	}
	fd_close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	fd_close(fds[0]);
	return pid;
}

static void test_modes(void **state)
{
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path), a, b;
	struct stat st;

	(void)state;
	assert_false(lock_is_held(dir, "l"));
	a = lock_open(dir, "l", LOCK_EXCLUSIVE, LOCK_NOW, &err);
	assert_true(a >= 0);
	assert_true(lock_is_held(dir, "l"));
	assert_int_equal(lock_open(dir, "l", LOCK_EXCLUSIVE, LOCK_NOW, &err), -EWOULDBLOCK);
	assert_int_equal(lock_open(dir, "l", LOCK_SHARED, LOCK_NOW, &err), -EWOULDBLOCK);
	a = fd_close(a);
	assert_false(lock_is_held(dir, "l"));
	a = lock_open(dir, "l", LOCK_SHARED, LOCK_NOW, &err);
	b = lock_open(dir, "l", LOCK_SHARED, LOCK_NOW, &err);
	assert_true(a >= 0 && b >= 0);
	assert_false(lock_is_held(dir, "l"));
	assert_int_equal(lock_set(a, LOCK_EXCLUSIVE, LOCK_NOW), -EWOULDBLOCK);
	fd_close(b);
	assert_int_equal(lock_set(a, LOCK_EXCLUSIVE, LOCK_NOW), 0);
	fd_close(a);
	/* a child that is executed does not inherit it, and nobody else may write the file */
	a = lock_open(dir, "mode", LOCK_EXCLUSIVE, LOCK_NOW, &err);
	assert_int_equal(fcntl(a, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(a, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	symlinkat("mode", dir, "alias");
	assert_true(lock_is_held(dir, "mode"));
	assert_false(lock_is_held(dir, "alias"));
	fd_close(a);
	assert_int_equal(lock_set(-EBADF, LOCK_SHARED, LOCK_NOW), -EBADF);
	assert_int_equal(lock_set(dir, LOCK_EXCLUSIVE, 1000), -EBADF);
	symlinkat("l", dir, "link");
	assert_true(lock_open(dir, "link", LOCK_SHARED, LOCK_NOW, &err) < 0);
	unit_scratch_done(dir, path);
}

static void noop(int sig)
{
	(void)sig;
}

/* a lock that is held: wait for a time, or for as long as it takes */
static void test_wait(void **state)
{
	struct sigaction sa = {.sa_handler = noop}, old;
	sigset_t set, was;
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path), fd;
	pid_t pid = hold(dir, -1);
	int64_t start = clock_ms();

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(lock_open(dir, "l", LOCK_EXCLUSIVE, 200, &err), -EWOULDBLOCK);
	assert_in_range(clock_ms() - start, 200, 5000);
	/* what it needed of signals is as it was */
	assert_int_equal(sigaction(SIGALRM, NULL, &old), 0);
	assert_ptr_equal(old.sa_handler, noop);
	/* the same for who does not listen to it, and for longer than a second */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	start = clock_ms();
	assert_int_equal(lock_open(dir, "l", LOCK_SHARED, 1100, &err), -EWOULDBLOCK);
	assert_in_range(clock_ms() - start, 1100, 1500);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, &was), 0);
	assert_true(sigismember(&was, SIGALRM));
	start = clock_ms();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	pid = hold(dir, 100);
	fd = lock_open(dir, "l", LOCK_EXCLUSIVE, 20000, &err);
	assert_true(fd >= 0);
	assert_in_range(clock_ms() - start, 100, 10000);
	fd_close(fd);
	waitpid(pid, NULL, 0);

	/* a signal of somebody else is no reason to give up */
	pid = hold(dir, 200);
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 50000}}, NULL);
	fd = lock_open(dir, "l", LOCK_SHARED, LOCK_FOREVER, &err);
	assert_true(fd >= 0);
	fd_close(fd);
	waitpid(pid, NULL, 0);
	signal(SIGALRM, SIG_DFL);
	unit_scratch_done(dir, path);
}

/* dropped, it is free for others although a child still has the descriptor */
static void test_drop(void **state)
{
	char path[64];
	int dir = unit_scratch(path), fd;
	pid_t pid;

	(void)state;
	fd = lock_open(dir, "l", LOCK_EXCLUSIVE, LOCK_NOW, NULL);
	pid = fork();
	if (pid == 0) {
		usleep(60000000);
		_exit(0);
	}
	assert_false(lock_fd_is_held(fd));
	assert_int_equal(lock_drop(fd), -EBADF);
	assert_false(lock_is_held(dir, "l"));
	assert_int_equal(lock_drop(-EBADF), -EBADF);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unit_scratch_done(dir, path);
}

/* the lock says that its owner lives: it ends with the process, even a killed one */
static void test_owner_dies(void **state)
{
	char path[64];
	int dir = unit_scratch(path);
	pid_t pid = hold(dir, -1);

	(void)state;
	assert_true(lock_is_held(dir, "l"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(lock_is_held(dir, "l"));
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_owner_dies),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
