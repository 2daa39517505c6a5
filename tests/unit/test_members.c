#include "runtime/members.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(1);
	close(fd);
}

/* a user namespace with one id, without which it cannot have another one below it */
static void enter(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unshare(CLONE_NEWUSER) < 0)
		_exit(1);
	write_file("/proc/self/uid_map", uid);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/gid_map", gid);
}

/* a child in a user namespace of its own, with a child of its own that is in a further one below it */
static pid_t family(pid_t *ret_inner)
{
	int fds[2];
	pid_t outer, inner = 0;

	assert_int_equal(pipe(fds), 0);
	outer = fork();
	if (outer == 0) {
		enter();
		inner = fork();
		if (inner == 0) {
			enter();
			inner = getpid();
			(void)!write(fds[1], &inner, sizeof(inner));
			pause();
		}
		close(fds[1]);
		pause();
	}
	close(fds[1]);
	if (read(fds[0], &inner, sizeof(inner)) != sizeof(inner))
		skip(); /* no user namespaces here */
	close(fds[0]);
	*ret_inner = inner;
	return outer;
}

static bool has(const struct members *m, int proc, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return members_has(m, proc, text);
}

static void test_userns(void **state)
{
	struct members m = MEMBERS_INIT;
	int proc = open("/proc", O_RDONLY | O_DIRECTORY);
	pid_t inner, outer = family(&inner);

	(void)state;
	assert_int_equal(members_open(&m, outer, true, false, NULL), 0);
	assert_true(has(&m, proc, outer));
	assert_true(has(&m, proc, inner));
	assert_false(has(&m, proc, getpid()));
	assert_false(has(&m, proc, 1 << 30));
	members_done(&m);

	/* what is above is not within */
	assert_int_equal(members_open(&m, inner, true, false, NULL), 0);
	assert_true(has(&m, proc, inner));
	assert_false(has(&m, proc, outer));
	members_done(&m);
	kill(outer, SIGKILL);
	waitpid(outer, NULL, 0);
	close(proc);
}

static void test_shared(void **state)
{
	struct members m = MEMBERS_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(members_open(&m, getpid(), false, false, &err), -ENOTSUP);
	assert_non_null(strstr(err.hint, "private"));
	assert_int_equal(members_open(&m, 1 << 30, true, true, NULL), -ENOENT);
	assert_int_equal(m.nsfd, -EBADF);
	members_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_userns),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
