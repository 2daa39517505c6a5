#include "runtime/base/lock.h"

#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/wait.h>

static void test_modes(void **state)
{
	struct err err = {0};
	char path[64];
	int dir = unit_scratch(path), a, b;

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
	symlinkat("l", dir, "link");
	assert_true(lock_open(dir, "link", LOCK_SHARED, LOCK_NOW, &err) < 0);
	unit_scratch_done(dir, path);
}

/* the lock says that its owner lives: it ends with the process, even a killed one */
static void test_owner_dies(void **state)
{
	char path[64], byte;
	int dir = unit_scratch(path), fds[2];
	pid_t pid;

	(void)state;
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	pid = fork();
	if (pid == 0) {
		if (lock_open(dir, "l", LOCK_EXCLUSIVE, LOCK_NOW, NULL) < 0 ||
			write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_true(lock_is_held(dir, "l"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(lock_is_held(dir, "l"));
	fd_close(fds[0]);
	fd_close(fds[1]);
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_owner_dies),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
