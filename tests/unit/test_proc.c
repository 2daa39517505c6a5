#include "runtime/base/proc.h"

#include "tests/unit/unit.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <sys/wait.h>

static int shell(const char *script, const struct proc_opts *more)
{
	char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
		(char *)(uintptr_t)script, NULL};
	struct proc_opts o = more ? *more : (struct proc_opts){0};

	o.path = "/bin/sh";
	o.argv = argv;
	return proc_run(&o, NULL);
}

static void test_exit_codes(void **state)
{
	char *argv[] = {(char *)(uintptr_t) "x", NULL};
	struct proc_opts none = {.path = "/nonexistent/x", .argv = argv};
	struct proc_opts search = {.path = "true", .argv = argv, .search = true};
	struct proc_opts dir = {.path = "/tmp", .argv = argv};
	struct err err = {0};

	(void)state;
	assert_int_equal(shell("exit 7", NULL), 7);
	assert_int_equal(shell("kill -9 $$", NULL), 128 + 9);
	assert_int_equal(proc_run(&none, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/x"));
	assert_int_equal(proc_run(&dir, &err), -EACCES);
	assert_int_equal(proc_run(&search, &err), 0);
	search.path = "/bin/true";
	assert_int_equal(proc_run(&search, &err), 0);
	/* a name is looked for only where that is wanted */
	search.path = "true";
	search.search = false;
	assert_int_equal(proc_run(&search, &err), -ENOENT);
}

/* the child sees what was named, and nothing that happens to be open here */
static void test_descriptors(void **state)
{
	struct proc_fd pass[2];
	struct proc_opts o = {.fds = pass, .nfds = 2};
	int a[2], b[2], leaked;
	char text[16] = "";

	(void)state;
	leaked = open("/", O_RDONLY); /* not O_CLOEXEC, as a careless caller leaves it */
	assert_true(leaked >= 0);
	assert_int_equal(fd_pipe(&a[0], &a[1], NULL), 0);
	assert_int_equal(fd_pipe(&b[0], &b[1], NULL), 0);
	/* sources and targets crosswise: each one's target is the other's source */
	pass[0] = (struct proc_fd){.from = a[1], .to = b[1]};
	pass[1] = (struct proc_fd){.from = b[1], .to = a[1]};
	{
		char script[256];

		snprintf(script, sizeof(script),
			"printf a >&%d; printf b >&%d; for f in /proc/self/fd/*; do case ${f##*/} "
			"in 0|1|2|%d|%d) ;; "
			"*) [ \"$(readlink $f)\" != / ] || exit 9 ;; esac; done",
			b[1], a[1], a[1], b[1]);
		assert_int_equal(shell(script, &o), 0);
	}
	assert_int_equal(read(a[0], text, sizeof(text)), 1);
	assert_int_equal(text[0], 'a');
	assert_int_equal(read(b[0], text, sizeof(text)), 1);
	assert_int_equal(text[0], 'b');
	for (int i = 0; i < 2; i++) {
		fd_close(a[i]);
		fd_close(b[i]);
	}
	fd_close(leaked);
	assert_int_equal(shell("[ \"$(readlink /proc/self/fd/0)\" = /dev/null ]", NULL), 0);
}

/* standard descriptors: given, inherited, or nothing */
static void test_standard(void **state)
{
	struct proc_fd pass = {.to = 1}, many[65];
	struct proc_opts o = {.fds = &pass, .nfds = 1}, keep = {.keep_stdio = true},
			 full = {.fds = many, .nfds = 64};
	int p[2], saved = fcntl(0, F_DUPFD_CLOEXEC, 10);
	char text[8] = "";

	(void)state;
	assert_int_equal(fd_pipe(&p[0], &p[1], NULL), 0);
	pass.from = p[1];
	assert_int_equal(shell("echo x", &o), 0);
	assert_int_equal(read(p[0], text, sizeof(text)), 2);
	assert_string_equal(text, "x\n");
	assert_int_equal(shell("for i in 0 2; do [ \"$(readlink /proc/$$/fd/$i)\" = /dev/null ] || "
			       "exit 9; done",
				 &o),
		0);
	assert_int_equal(shell("case $(readlink /proc/$$/fd/1) in pipe:*) exit 3; esac", &o), 3);
	dup2(p[0], 0);
	assert_int_equal(shell("case $(readlink /proc/$$/fd/0) in pipe:*) exit 3; esac", &keep), 3);
	assert_int_equal(shell("case $(readlink /proc/$$/fd/0) in pipe:*) exit 3; esac", NULL), 0);
	assert_true(dup2(saved, 0) == 0);
	fd_close(saved);
	/* as many as there can be, and one more */
	for (int i = 0; i < 65; i++)
		many[i] = (struct proc_fd){.from = p[1], .to = i};
	many[64].to = 3;
	assert_int_equal(shell("[ -e /proc/$$/fd/63 ]", &full), 0);
	full.nfds = 65;
	assert_int_equal(shell("true", &full), -E2BIG);
	fd_close(p[0]);
	fd_close(p[1]);
}

/* a session of its own, and an end with its parent */
static void test_session(void **state)
{
	char *argv[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "60", NULL};
	struct proc_opts own = {.setsid = true};
	struct pollfd wait = {.events = POLLIN};
	int p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(shell("read -r a b c d e sid f </proc/$$/stat; [ $sid = $$ ]", &own), 0);
	assert_int_equal(shell("read -r a b c d e sid f </proc/$$/stat; [ $sid = $$ ]", NULL), 1);
	assert_int_equal(fd_pipe(&p[0], &p[1], NULL), 0);
	pid = fork();
	if (pid == 0) {
		struct proc_fd pass = {.from = p[1], .to = 3};
		struct proc_opts o = {.path = "sleep",
			.argv = argv,
			.search = true,
			.fds = &pass,
			.nfds = 1,
			.pdeathsig = SIGKILL};

		_exit(proc_spawn(&o, NULL) < 0);
	}
	fd_close(p[1]);
	assert_int_equal(proc_wait(pid), 0);
	/* the last one that had the other end is gone */
	wait.fd = p[0];
	assert_int_equal(poll(&wait, 1, 10000), 1);
	fd_close(p[0]);
}

static void test_libexec(void **state)
{
	char self[PATH_MAX] = "";
	_cleanup_free_ char *beside = NULL, *elsewhere = proc_libexec("no-such-worker");

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	beside = proc_libexec(strrchr(self, '/') + 1);
	assert_string_equal(beside, self);
	assert_string_equal(elsewhere, RL_LIBEXECDIR "/no-such-worker");
}

static void test_environment(void **state)
{
	char *env[] = {(char *)(uintptr_t) "ONLY=this", NULL};
	struct proc_opts o = {.envp = env, .chdir = "/usr"}, bad = {.chdir = "/nonexistent"};

	(void)state;
	assert_int_equal(
		shell("[ \"$ONLY\" = this ] && [ -z \"$HOME\" ] && [ \"$(pwd)\" = /usr ]", &o), 0);
	assert_int_equal(shell("true", &bad), -ENOENT);
}

static void test_signals_reset(void **state)
{
	/* the C library's own, which no wrapper of its touches: the kernel's struct sigaction */
	static const unsigned long ignore[8] = {(unsigned long)SIG_IGN}, dfl[8];
	sigset_t set;

	(void)state;
	syscall(SYS_rt_sigaction, 33, ignore, NULL, 8);
	assert_int_equal(
		shell("case $(grep SigIgn /proc/self/status) in *[1-9a-f]*) exit 9; esac", NULL),
		0);
	syscall(SYS_rt_sigaction, 33, dfl, NULL, 8);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(shell("kill -PIPE $$; exit 3", NULL), 128 + SIGPIPE);
	assert_int_equal(shell("kill -TERM $$; exit 3", NULL), 128 + SIGTERM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void test_identity(void **state)
{
	uint64_t mine = proc_start_time(getpid());
	char name[16];
	int pidfd;
	pid_t pid;

	(void)state;
	assert_true(mine > 0);
	assert_true(proc_start_time(getpid()) == mine);
	assert_true(proc_start_time(0x3fffffff) == 0);
	/* a name that looks like fields */
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_int_equal(prctl(PR_SET_NAME, "x) R 1 2 (y"), 0);
	assert_true(proc_start_time(getpid()) == mine);
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	pidfd = proc_pidfd(pid);
	assert_true(pidfd >= 0);
	assert_int_equal(proc_pidfd_kill(pidfd, SIGTERM), 0);
	assert_int_equal(proc_wait(pid), 128 + SIGTERM);
	assert_int_equal(proc_pidfd_kill(pidfd, SIGTERM), -ESRCH);
	fd_close(pidfd);
	assert_int_equal(proc_wait(pid), -ECHILD);
}

/* a task that is stuck has said so here */
static int stuck_says = -EBADF;

/* what a task does: the letter that @arg points to */
static int act(void *arg, struct err *err)
{
	const char *what = arg;
	int fds[2];

	switch (*what) {
	case 'f':
		err_set(err, ENOSPC, "write to the disk");
		return err_hint(err, "remove something");
	case 'e':
		_exit(3);
	case 'k':
		kill(getpid(), SIGKILL);
		break;
	case 'p':
		/* a pipe that nobody reads is an error like another */
		if (fd_pipe(&fds[0], &fds[1], err) < 0)
			return -EIO;
		fd_close(fds[0]);
		return write(fds[1], "x", 1) < 0 ? err_set(err, errno, "write") : 0;
	case 's':
		fd_write_full(stuck_says, "s", 1);
		for (;;)
			pause();
	}
	return 0;
}

static int call(const char *what, struct err *err)
{
	return proc_call("acts", act, (void *)(uintptr_t)what, err);
}

static void test_call(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(call("ok", &err), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(call("fail", &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "write to the disk: No space"));
	assert_string_equal(err.hint, "remove something");
	/* without an error object, the code comes through all the same, also to who adds a sentence */
	assert_int_equal(call("fail", NULL), -ENOSPC);
	assert_int_equal(err_wrap(NULL, "act"), -ENOSPC);
	assert_int_equal(call("exit", &err), -EIO);
	assert_string_equal(err.msg, "the process that acts died (exit code 3)");
	assert_int_equal(call("kill", &err), -EIO);
	assert_string_equal(err.msg, "the process that acts died (signal 9)");
	assert_int_equal(call("pipe", &err), -EPIPE);
	/* nothing is left of them */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_tasks(void **state)
{
	struct proc_task stuck = PROC_TASK_INIT, failed = PROC_TASK_INIT, none = PROC_TASK_INIT;
	struct err err = {0};

	(void)state;
	assert_int_equal(proc_task_start(&stuck, act, (void *)(uintptr_t) "stuck", NULL), 0);
	assert_int_equal(proc_task_start(&failed, act, (void *)(uintptr_t) "fail", NULL), 0);
	assert_int_equal(proc_task_end(&failed, "acts", &err), -ENOSPC);
	assert_int_equal(failed.pid, 0);
	assert_int_equal(kill(stuck.pid, 0), 0);
	proc_task_kill(&stuck);
	assert_int_equal(stuck.pid, 0);
	assert_true(stuck.report < 0);
	proc_task_kill(&stuck);
	proc_task_kill(&none);
	proc_task_kill(NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* a process that starts a task and dies does not leave it behind: the task's end of the pipe is closed by the kernel */
static void test_task_dies_with_parent(void **state)
{
	struct proc_task task = PROC_TASK_INIT;
	int alive[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(fd_pipe(&alive[0], &alive[1], NULL), 0);
	pid = fork();
	if (pid == 0) {
		stuck_says = alive[1];
		proc_task_start(&task, act, (void *)(uintptr_t) "stuck", NULL);
		fd_read_full(alive[0], &c, 1);
		kill(getpid(), SIGKILL);
	}
	fd_close(alive[1]);
	assert_int_equal(proc_wait(pid), 128 + SIGKILL);
	assert_int_equal(fd_read_full(alive[0], &c, 1), 0);
	fd_close(alive[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_standard),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_libexec),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_signals_reset),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_task_dies_with_parent),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
