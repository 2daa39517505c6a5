#include "tests/unit/unit.h"

#include "runtime/base/fd.h"
#include "runtime/sync.h"

#include <sys/socket.h>
#include <unistd.h>

static void test_messages(void **state)
{
	struct sync_msg msg = {.fd = -EBADF};
	struct err err = {0};
	int s[2], p[2];
	char c = 0;

	(void)state;
	assert_int_equal(sync_pair(s, &err), 0);
	assert_int_equal(fd_pipe(&p[0], &p[1], NULL), 0);
	assert_int_equal(sync_send(s[0], SYNC_READY, p[1]), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), 0);
	assert_int_equal(msg.type, SYNC_READY);
	assert_true(msg.fd >= 0);
	assert_int_equal(write(msg.fd, "x", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	fd_close(msg.fd);
	err_set(&err, ENOENT, "stage %d", 3);
	err_hint(&err, "mend it");
	assert_int_equal(sync_send_error(s[0], &err), 0);
	err = (struct err){0};
	assert_int_equal(sync_recv(s[1], &msg, &err), -ENOENT);
	assert_string_equal(err.hint, "mend it");
	assert_false(sync_peer_gone(s[1]));
	fd_close(s[0]);
	assert_true(sync_peer_gone(s[1]));
	assert_int_equal(sync_recv(s[1], &msg, &err), 0);
	assert_int_equal(msg.type, 0);
	fd_close(s[1]);
	fd_close(p[0]);
	fd_close(p[1]);
}

static void test_exec(void **state)
{
	struct err err = {0};
	int s[2];

	(void)state;
	assert_int_equal(sync_pair(s, &err), 0);
	sync_send_exec(s[0], "prog");
	fd_close(s[0]);
	assert_int_equal(sync_wait_exec(s[1], NULL, NULL, &err), 1);
	fd_close(s[1]);
	/* died before it said so */
	assert_int_equal(sync_pair(s, &err), 0);
	fd_close(s[0]);
	assert_int_equal(sync_wait_exec(s[1], NULL, NULL, &err), 0);
	fd_close(s[1]);
	/* what rl-exec writes */
	assert_int_equal(sync_pair(s, &err), 0);
	sync_send_exec(s[0], "frobnicate");
	assert_int_equal(write(s[0], "n\0\0\0\10\0\0\0", 8), 8);
	assert_int_equal(sync_wait_exec(s[1], NULL, NULL, &err), -ERR_EXEC_FAILED);
	assert_non_null(strstr(err.msg, "frobnicate"));
	fd_close(s[0]);
	fd_close(s[1]);
}

static void test_hostile(void **state)
{
	struct sync_msg msg;
	struct err err = {0}, forged = {.code = 99999};
	char name[2000], c;
	int s[2], p[2];

	(void)state;
	assert_int_equal(sync_pair(s, &err), 0);
	assert_int_equal(write(s[0], "e", 1), 1);
	assert_int_equal(sync_recv(s[1], &msg, &err), -EPROTO);
	assert_int_equal(sync_send_error(s[0], &forged), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), -EPROTO);
	forged.code = 0;
	assert_int_equal(sync_send_error(s[0], &forged), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), -EPROTO);
	forged.code = -EIO;
	assert_int_equal(sync_send_error(s[0], &forged), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), -EPROTO);
	forged.code = ERR_CODE_LAST;
	assert_int_equal(sync_send_error(s[0], &forged), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), -ERR_CODE_LAST);
	/* a descriptor that nobody waits for is closed */
	assert_int_equal(fd_pipe(&p[0], &p[1], NULL), 0);
	assert_int_equal(sync_send(s[0], SYNC_EXEC, p[1]), 0);
	assert_int_equal(write(s[0], "n\0\0\0\10\0\0\0", 8), 8);
	fd_close(p[1]);
	assert_int_equal(sync_wait_exec(s[1], NULL, NULL, &err), -ERR_EXEC_FAILED);
	assert_int_equal(read(p[0], &c, 1), 0);
	fd_close(p[0]);
	/* a name without its end */
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(sync_send_exec(s[0], name), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), 0);
	assert_int_equal(strlen(msg.name), sizeof(msg.name) - 1);
	/* a message without its terminator */
	forged.code = EIO;
	memset(forged.msg, 'x', sizeof(forged.msg));
	memset(forged.hint, 'y', sizeof(forged.hint));
	assert_int_equal(sync_send_error(s[0], &forged), 0);
	assert_int_equal(sync_recv(s[1], &msg, &err), -EIO);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
	fd_close(s[0]);
	fd_close(s[1]);
}

static int take_listener(void *arg, int fd, struct err *err)
{
	int *left = arg;

	assert_true(fcntl(fd, F_GETFD) >= 0);
	return (*left)-- > 0 ? 0 : err_set(err, EPROTO, "once too often");
}

/* the process waits until its descriptor has been handed on, and nobody is asked where none is expected */
static void test_notify(void **state)
{
	struct sync_msg msg = {.fd = -EBADF};
	struct err err = {0};
	int s[2], left = 1;

	(void)state;
	assert_int_equal(sync_pair(s, &err), 0);
	assert_int_equal(sync_send_exec(s[0], "x"), 0);
	assert_int_equal(sync_send(s[0], SYNC_NOTIFY, s[0]), 0);
	assert_int_equal(sync_send(s[0], SYNC_NOTIFY, s[0]), 0);
	assert_int_equal(sync_wait_exec(s[1], take_listener, &left, &err), -EPROTO);
	assert_int_equal(sync_recv(s[0], &msg, &err), 0);
	assert_int_equal(msg.type, SYNC_GO);
	/* without a descriptor */
	assert_int_equal(sync_send(s[0], SYNC_NOTIFY, -EBADF), 0);
	left = 1;
	assert_int_equal(sync_wait_exec(s[1], take_listener, &left, &err), -EPROTO);
	assert_int_equal(left, 1);
	assert_int_equal(sync_send(s[0], SYNC_NOTIFY, s[0]), 0);
	assert_int_equal(sync_wait_exec(s[1], NULL, NULL, &err), -EPROTO);
	fd_close(s[0]);
	fd_close(s[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
