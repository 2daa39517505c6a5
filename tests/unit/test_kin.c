#include "tests/unit/unit.h"

#include "runtime/kin.h"

#include <signal.h>
#include <sys/wait.h>

/* a process that reports itself and waits; with @depth it first starts others below it */
static _Noreturn void member(int out, int depth, bool leave)
{
	pid_t self;

	if (leave)
		setsid();
	while (depth > 0) {
		if (fork() == 0) {
			depth--;
			continue;
		}
		if (fork() == 0)
			setsid();
		break;
	}
	self = getpid();
	(void)!write(out, &self, sizeof(self));
	for (;;)
		pause();
}

/* the one in between ends at once, so what it started is nobody's descendant */
static _Noreturn void orphaner(int out)
{
	if (fork() == 0)
		member(out, 0, false);
	_exit(0);
}

static bool is_alive(pid_t pid)
{
	char path[40], text[512];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	fd_close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 && !strstr(text, ") Z ") && !strstr(text, ") X ");
}

static void all_of_them(void **state)
{
	pid_t found[6], other, leader;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	other = fork();
	if (other == 0)
		member(p[1], 0, false);
	leader = fork();
	if (leader == 0) {
		setsid();
		if (fork() == 0)
			orphaner(p[1]);
		member(p[1], 1, false);
	}
	/* the other one, the leader, its two children, and the orphan */
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(read(p[0], &found[i], sizeof(found[i])), sizeof(found[i]));
	kin_kill(leader);
	for (size_t i = 0; i < 5; i++) {
		for (int n = 0; n < 200 && found[i] != other && is_alive(found[i]); n++)
			usleep(10000);
		assert_int_equal(is_alive(found[i]), found[i] == other);
	}
	assert_int_equal(waitpid(leader, NULL, 0), leader);
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, NULL, 0), other);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_them)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
