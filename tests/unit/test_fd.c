#include "runtime/base/fd.h"

#include "runtime/base/str.h"
#include "tests/unit/unit.h"

#include <sys/socket.h>

static void test_own(void **state)
{
	int fds[2], a;

	(void)state;
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	assert_int_equal(fd_set_nonblock(fds[0], true), 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblock(fds[0], false), 0);
	assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_clear_cloexec(fds[0]), 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), 0);
	fd_cloexec_from(3);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	a = take_fd(fds[0]);
	assert_int_equal(fds[0], -EBADF);
	errno = EXDEV;
	assert_int_equal(fd_close(a), -EBADF);
	assert_int_equal(fd_close(a), -EBADF);
	assert_int_equal(errno, EXDEV);
	fd_close(fds[1]);
	assert_int_equal(fd_write_full(fds[1], "x", 1), -EBADF);
}

static void test_whole(void **state)
{
	char out[100];
	int fds[2];

	(void)state;
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	assert_int_equal(fd_write_full(fds[1], "hello", 5), 0);
	fd_close(fds[1]);
	assert_int_equal(fd_read_full(fds[0], out, sizeof(out)), 5);
	assert_int_equal(fd_read_full(fds[0], out, sizeof(out)), 0);
	fd_close(fds[0]);
}

static void test_passing(void **state)
{
	int pair[2], fds[2], got[2], many[8];
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	assert_int_equal(fd_send(pair[0], "hi", 2, fds, 2), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof(text), got, 2), 2);
	assert_int_equal(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_write_full(got[1], "x", 1), 0);
	assert_int_equal(fd_read_full(fds[0], text, 1), 1);
	fd_close(got[0]);
	fd_close(got[1]);

	/* more than the receiver wants: the rest is closed, not leaked */
	for (size_t i = 0; i < 8; i++)
		many[i] = fds[0];
	assert_int_equal(fd_send(pair[0], "hi", 2, many, 8), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof(text), got, 1), 2);
	assert_true(got[0] >= 0);
	{
		int next = dup(0);

		assert_true(next == got[0] + 1);
		fd_close(next);
	}
	fd_close(got[0]);
	assert_int_equal(fd_send(pair[0], "hi", 2, many, 9), -E2BIG);
	assert_int_equal(fd_send(pair[0], "hi", 2, NULL, 0), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof(text), got, 2), 2);
	assert_int_equal(got[0], -EBADF);
	fd_close(pair[0]);
	assert_int_equal(fd_recv(pair[1], text, sizeof(text), got, 2), 0);
	fd_close(pair[1]);
	fd_close(fds[0]);
	fd_close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_passing),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
