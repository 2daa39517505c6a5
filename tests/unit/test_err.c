#include "runtime/base/err.h"

#include "tests/unit/unit.h"

static void test_texts(void **state)
{
	struct err err = {0};
	char longtext[2000];

	(void)state;
	assert_int_equal(err_set(&err, ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(err.msg, "open x: No such file or directory");
	assert_int_equal(err_wrap(&err, "start %s", "web"), -ENOENT);
	assert_string_equal(err.msg, "start web: open x: No such file or directory");
	assert_int_equal(err_hint(&err, "do %d", 1), -ENOENT);
	assert_string_equal(err.hint, "do 1");
	assert_int_equal(err_set(&err, ERR_USAGE, "no such flag"), -ERR_USAGE);
	assert_string_equal(err.msg, "no such flag");
	assert_string_equal(err.hint, "");
	memset(longtext, 'x', sizeof(longtext));
	longtext[sizeof(longtext) - 1] = '\0';
	err_set(&err, EIO, "%s", longtext);
	err_wrap(&err, "%s", longtext);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(err_set(NULL, ENOENT, "x"), -ENOENT);
	assert_int_equal(err_wrap(NULL, "x"), -ENOENT);
	assert_int_equal(err_hint(NULL, "x"), -ENOENT);
}

static void test_pipe(void **state)
{
	struct err sent = {0}, got = {0};
	int fds[2];

	(void)state;
	err_set(&sent, ERR_EXEC_NOTFOUND, "nothing called %s", "x");
	err_hint(&sent, "install it");
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	assert_int_equal(err_send(fds[1], &sent), 0);
	assert_int_equal(err_recv(fds[0], &got), 1);
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_int_equal(write(fds[1], "junk", 4), 4);
	fd_close(fds[1]);
	assert_int_equal(err_recv(fds[0], &got), -EPROTO);
	assert_int_equal(err_recv(fds[0], &got), 0);
	fd_close(fds[0]);
}

/* the sender may be a container's child gone wrong */
static void test_hostile(void **state)
{
	struct err sent, got = {0};
	int fds[2];

	(void)state;
	memset(&sent, 'A', sizeof(sent));
	sent.code = ENOENT;
	assert_int_equal(fd_pipe(&fds[0], &fds[1], NULL), 0);
	assert_int_equal(err_send(fds[1], &sent), 0);
	assert_int_equal(err_recv(fds[0], &got), 1);
	assert_int_equal(strlen(got.msg), sizeof(got.msg) - 1);
	assert_int_equal(strlen(got.hint), sizeof(got.hint) - 1);
	sent.code = 0;
	assert_int_equal(err_send(fds[1], &sent), 0);
	assert_int_equal(err_recv(fds[0], &got), -EPROTO);
	sent.code = -5;
	assert_int_equal(err_send(fds[1], &sent), 0);
	assert_int_equal(err_recv(fds[0], &got), -EPROTO);
	sent.code = 100000;
	assert_int_equal(err_send(fds[1], &sent), 0);
	assert_int_equal(err_recv(fds[0], &got), -EPROTO);
	fd_close(fds[0]);
	fd_close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
