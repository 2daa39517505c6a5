#include "runtime/base/fd.h"

#include "runtime/base/str.h"
#include "tests/unit/unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

/* other control messages than descriptors are not taken for them */
static void test_credentials(void **state)
{
	int pair[2], got[2];
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)), 0);
	assert_int_equal(fd_send(pair[0], "hi", 2, NULL, 0), 0);
	assert_int_equal(fd_recv(pair[1], text, sizeof(text), got, 2), 2);
	assert_int_equal(got[0], -EBADF);
	assert_int_equal(got[1], -EBADF);
	fd_close(pair[0]);
	fd_close(pair[1]);
}

static void test_same(void **state)
{
	char path[64];
	int dir = unit_scratch(path), a, b, c;

	(void)state;
	unit_file(dir, "a", "");
	unit_file(dir, "c", "");
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	a = openat(dir, "a", O_RDONLY | O_CLOEXEC);
	b = openat(dir, "a", O_RDONLY | O_CLOEXEC);
	c = openat(dir, "c", O_RDONLY | O_CLOEXEC);
	assert_true(fd_same_file(a, b));
	assert_false(fd_same_file(a, c));
	assert_false(fd_same_file(a, -EBADF));
	assert_false(fd_same_file(-EBADF, a));
	assert_true(fd_is_named(a, dir, "a"));
	assert_false(fd_is_named(a, dir, "c"));
	assert_false(fd_is_named(a, dir, "link"));
	assert_false(fd_is_named(a, dir, "none"));
	assert_false(fd_is_named(-EBADF, dir, "a"));
	fd_close(a);
	fd_close(b);
	fd_close(c);
	unit_scratch_done(dir, path);
}

/* in a child: from a number on, what is open is closed, and what is below is not */
static int close_some(bool without_call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	if (without_call && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
				    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0))
		return 1;
	for (int fd = 20; fd < 25; fd++)
		if (dup2(0, fd) < 0)
			return 2;
	fd_cloexec_from(22);
	if (fcntl(21, F_GETFD) != 0 || fcntl(22, F_GETFD) != FD_CLOEXEC ||
		fcntl(24, F_GETFD) != FD_CLOEXEC)
		return 3;
	fd_close_from(22);
	if (fcntl(21, F_GETFD) != 0)
		return 4;
	for (int fd = 22; fd < 25; fd++)
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			return 5;
	return 0;
}

static void test_close_from(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(close_some(i));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

/* a file of exactly the size of what is read at once, and more than the buffer takes */
static void test_read_all(void **state)
{
	static char data[40000];
	char path[64];
	int dir = unit_scratch(path);

	(void)state;
	memset(data, 'x', sizeof(data));
	for (size_t n = 16383; n <= 16385; n++) {
		_cleanup_buf_ struct buf b = {0}, exact = {.cap = n}, less = {.cap = n - 1};
		int fd = openat(dir, "f", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_int_equal(fd_write_full(fd, data, n), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(fd_read_all(fd, &b), 0);
		assert_int_equal(b.len, n);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(fd_read_all(fd, &exact), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(fd_read_all(fd, &less), -EFBIG);
		fd_close(fd);
		assert_int_equal(fd_read_all(fd, &b), -EBADF);
	}
	unit_scratch_done(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_passing),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_close_from),
		cmocka_unit_test(test_read_all),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
