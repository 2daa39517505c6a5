#include "runtime/freeze.h"

#include "runtime/base/clock.h"
#include "runtime/base/proc.h"
#include "tests/unit/unit.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REST " 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 777 0 0"

static void test_parse(void **state)
{
	struct freeze_task t;

	(void)state;
	assert_int_equal(freeze_parse("42 (sh) S 7" REST, &t), 0);
	assert_int_equal(t.pid, 42);
	assert_int_equal(t.parent, 7);
	assert_int_equal(t.threads, 3);
	assert_int_equal(t.start, 777);
	assert_int_equal(t.state, 'S');
	assert_false(t.still);
	/* a command that looks like the rest of the line */
	assert_int_equal(freeze_parse("42 (a) T 1 (b) \n) t 9" REST, &t), 0);
	assert_int_equal(t.parent, 9);
	assert_true(t.still);
	for (const char *s = "TtZX"; *s; s++) {
		char text[128];

		snprintf(text, sizeof(text), "1 (x) %c 0" REST, *s);
		assert_int_equal(freeze_parse(text, &t), 0);
		assert_true(t.still);
	}
	assert_int_equal(freeze_parse("1 (x) D 0" REST, &t), 0);
	assert_false(t.still);
	t.pid = 5;
	assert_int_equal(freeze_parse("", &t), -EBADMSG);
	assert_int_equal(freeze_parse("42 (sh", &t), -EBADMSG);
	assert_int_equal(freeze_parse("42 (sh) S 7 1 1", &t), -EBADMSG);
	assert_int_equal(t.pid, 5);
}

static void test_order(void **state)
{
	const struct freeze_task v[] = {
		{.pid = 10, .parent = 1},
		{.pid = 11, .parent = 10},
		{.pid = 12, .parent = 11, .still = true},
		{.pid = 13, .parent = 12},
		/* added from outside, and a number below its parent's */
		{.pid = 14, .parent = 3},
		{.pid = 15, .parent = 16},
		{.pid = 16, .parent = 14},
	};
	const bool may[] = {true, false, false, true, true, false, false};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_int_equal(freeze_may_stop(v, ARRAY_SIZE(v), i), may[i]);
}

/* a parent that counts how often one of its children is reported as stopped, and says so when it is told to end */
static void shell(int ready)
{
	int status, stops = 0;
	pid_t kid = fork(), own;

	if (kid == 0)
		for (;;)
			pause();
	own = fork();
	if (own == 0) {
		raise(SIGSTOP);
		_exit(99);
	}
	/* the one that stops by itself */
	waitpid(own, &status, WUNTRACED);
	if (!WIFSTOPPED(status))
		_exit(98);
	(void)!write(ready, &kid, sizeof(kid));
	(void)!write(ready, &own, sizeof(own));
	for (;;) {
		pid_t pid = waitpid(-1, &status, WUNTRACED);

		if (pid == kid && WIFSTOPPED(status))
			stops++;
		else if (pid == own)
			_exit(97);
		else if (pid == kid)
			_exit(stops);
	}
}

/* shell() as the first process of a user namespace of its own; Return: its pid */
static pid_t start(pid_t kids[2])
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		prctl(PR_SET_DUMPABLE, 1);
		shell(fds[1]);
	}
	fd_close(fds[1]);
	if (fd_read_full(fds[0], kids, 2 * sizeof(*kids)) != 2 * (ssize_t)sizeof(*kids)) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	fd_close(fds[0]);
	return pid;
}

static char state_of(pid_t pid)
{
	char path[32], text[256];
	struct freeze_task t = {0};
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd_read_full(fd, text, sizeof(text) - 1);
	fd_close(fd);
	text[n > 0 ? n : 0] = '\0';
	freeze_parse(text, &t);
	return t.state;
}

static void freeze_all(struct freeze *f)
{
	struct err err = {0};
	int r;

	while ((r = freeze_step(f, &err)) == -EAGAIN)
		clock_sleep_ms(1);
	assert_int_equal(r, 0);
}

static void test_tree(void **state)
{
	struct freeze f = FREEZE_INIT;
	pid_t kids[2], pid = start(kids);
	int status;

	(void)state;
	if (pid < 0)
		skip();
	for (int i = 0; i < 50; i++) {
		assert_int_equal(freeze_begin(&f, pid, true, false, NULL), 0);
		freeze_all(&f);
		assert_int_equal(state_of(pid), 'T');
		assert_int_equal(state_of(kids[0]), 'T');
		assert_int_equal(state_of(kids[1]), 'T');
		/* the parent first, and not what stood already */
		assert_int_equal(f.n, 2);
		assert_int_equal(f.v[0].pid, pid);
		assert_int_equal(f.v[1].pid, kids[0]);
		freeze_thaw(&f);
		assert_int_equal(f.n, 0);
		assert_int_equal(state_of(kids[1]), 'T');
		for (int n = 0; n < 1000 && (state_of(pid) == 'T' || state_of(kids[0]) == 'T'); n++)
			clock_sleep_ms(1);
		assert_int_not_equal(state_of(pid), 'T');
		assert_int_not_equal(state_of(kids[0]), 'T');
	}
	kill(kids[0], SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	kill(kids[1], SIGKILL);
	/* it was never told of a stop */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* a number that was given away again gets no signal */
static void test_reuse(void **state)
{
	struct freeze f = FREEZE_INIT;
	pid_t kids[2], pid = start(kids);

	(void)state;
	if (pid < 0)
		skip();
	assert_int_equal(freeze_begin(&f, pid, true, false, NULL), 0);
	freeze_all(&f);
	f.v[1].start++;
	freeze_thaw(&f);
	for (int n = 0; n < 1000 && state_of(pid) == 'T'; n++)
		clock_sleep_ms(1);
	assert_int_not_equal(state_of(pid), 'T');
	assert_int_equal(state_of(kids[0]), 'T');
	kill(kids[0], SIGKILL);
	kill(kids[1], SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_refused(void **state)
{
	struct freeze f = FREEZE_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(freeze_begin(&f, getpid(), false, false, &err), -ENOTSUP);
	assert_string_not_equal(err.hint, "");
	assert_int_equal(f.n, 0);
	/* forgetting stops and wakes nobody */
	freeze_done(&f);
	freeze_thaw(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
