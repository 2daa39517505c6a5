#include "runtime/frame.h"

#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/wait.h>

struct ends {
	int a, b;
};

static struct ends connected(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	return (struct ends){fds[0], fds[1]};
}

static void ends_done(struct ends e)
{
	fd_close(e.a);
	fd_close(e.b);
}

static void test_head(void **state)
{
	unsigned char head[FRAME_HEAD];

	(void)state;
	frame_head(head, 7, 0x123456);
	assert_memory_equal(head, "\x07\x56\x34\x12", 4);
	frame_head(head, 255, 0);
	assert_memory_equal(head, "\xff\0\0\0", 4);
}

static void test_stream(void **state)
{
	struct ends e = connected();
	struct frame_buf b = {0};
	struct frame f;

	(void)state;
	assert_int_equal(frame_fill(e.b, &b), -EAGAIN);
	assert_int_equal(frame_peek(&b, &f), 0);
	assert_int_equal(frame_send(e.a, 1, "hello", 5), 0);
	assert_int_equal(frame_send(e.a, 2, NULL, 0), 0);
	assert_int_equal(frame_fill(e.b, &b), 13);
	assert_int_equal(frame_peek(&b, &f), 1);
	assert_int_equal(f.type, 1);
	assert_int_equal(f.len, 5);
	assert_memory_equal(f.data, "hello", 5);
	/* looked at, it is still there */
	assert_int_equal(frame_peek(&b, &f), 1);
	frame_drop(&b, &f);
	assert_int_equal(frame_peek(&b, &f), 1);
	assert_int_equal(f.type, 2);
	assert_int_equal(f.len, 0);
	frame_drop(&b, &f);
	assert_int_equal(frame_peek(&b, &f), 0);
	fd_close(e.a);
	assert_int_equal(frame_fill(e.b, &b), 0);
	assert_int_equal(frame_send(e.b, 1, "x", 1), -EPIPE);
	fd_close(e.b);
}

/* byte by byte, a frame is there with its last one, and what was consumed makes room */
static void test_pieces(void **state)
{
	static const unsigned char bytes[] = "\x03\x02\0\0ab\x04\x01\0\0c";
	struct ends e = connected();
	struct frame_buf b = {0};
	struct frame f;

	(void)state;
	for (size_t i = 0; i < 11; i++) {
		assert_int_equal(write(e.a, bytes + i, 1), 1);
		assert_int_equal(frame_fill(e.b, &b), 1);
		assert_int_equal(frame_peek(&b, &f), i == 5 || i == 10);
		if (i == 5 || i == 10) {
			assert_int_equal(f.type, i == 5 ? 3 : 4);
			assert_int_equal(f.len, i == 5 ? 2 : 1);
			assert_memory_equal(f.data, i == 5 ? "ab" : "c", f.len);
			frame_drop(&b, &f);
		}
	}
	assert_int_equal(b.len, b.off);
	ends_done(e);
}

static void test_limits(void **state)
{
	struct ends e = connected();
	struct frame_buf b = {0};
	char *big = xcalloc(ATTACH_MAX, 1);
	unsigned char head[FRAME_HEAD];
	struct frame f;
	int status;
	pid_t pid;

	(void)state;
	/* the largest one just fits, and is sent whole although the socket takes less at once */
	big[0] = 'a';
	big[ATTACH_MAX - 1] = 'z';
	assert_int_equal(setsockopt(e.a, SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)), 0);
	pid = fork();
	if (pid == 0)
		_exit(frame_send(e.a, 9, big, ATTACH_MAX) != 0);
	while (frame_peek(&b, &f) == 0) {
		ssize_t n = frame_fill(e.b, &b);

		assert_true(n > 0 || n == -EAGAIN);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(f.len, ATTACH_MAX);
	assert_memory_equal(f.data, big, ATTACH_MAX);
	assert_int_equal(frame_fill(e.b, &b), -ENOBUFS);
	frame_drop(&b, &f);
	/* one that claims more is refused before its bytes come */
	frame_head(head, 9, ATTACH_MAX + 1);
	assert_int_equal(write(e.a, head, sizeof(head)), sizeof(head));
	assert_int_equal(frame_fill(e.b, &b), sizeof(head));
	assert_int_equal(frame_peek(&b, &f), -EPROTO);
	free(big);
	ends_done(e);
}

static void test_int(void **state)
{
	const int32_t v = -5;
	struct frame f = {.len = sizeof(v), .data = (const unsigned char *)&v};

	(void)state;
	assert_int_equal(frame_int(&f, 7), -5);
	f.len = 3;
	assert_int_equal(frame_int(&f, 7), 7);
	f.len = 0;
	assert_int_equal(frame_int(&f, 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_int),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
