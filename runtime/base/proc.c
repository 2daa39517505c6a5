#include "runtime/base/proc.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef RL_LIBEXECDIR
#define RL_LIBEXECDIR "/usr/local/libexec/rl"
#endif

#define FDS_MAX 64

/* bytes of the kernel's set of 64 signals */
#define KERNEL_SIGSET 8

/* for the search in PATH, which copies names, and may copy the arguments of a script */
#define SPAWN_STACK (256 * 1024)

void proc_reset_signals(void)
{
	/* the kernel's struct sigaction: a handler of 0 is SIG_DFL */
	static const unsigned long dfl[8];
	sigset_t none;

	/* not signal(3): the C library keeps its own signals 32 and 33 from us, and those that
	   posix_spawn(3) started inherit them ignored */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, KERNEL_SIGSET);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The lowest number that is no target.  Not higher than needed: the limit of descriptors may be low. */
static int above_targets(const struct proc_opts *o)
{
	int above = 3;

	for (size_t i = 0; i < o->nfds; i++)
		if (o->fds[i].to >= above)
			above = o->fds[i].to + 1;
	return above;
}

/* In the child: give each passed descriptor its number.  Done in two steps so that one's target
   cannot overwrite another's source: first everything above the targets, then down. */
static int place_fds(const struct proc_opts *o)
{
	int high[FDS_MAX];
	bool used[3] = {false};

	if (o->nfds > FDS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < o->nfds; i++) {
		high[i] = fcntl(o->fds[i].from, F_DUPFD_CLOEXEC, above_targets(o));
		if (high[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < o->nfds; i++) {
		if (dup2(high[i], o->fds[i].to) < 0)
			return -errno;
		if (o->fds[i].to < 3)
			used[o->fds[i].to] = true;
	}
	for (int fd = 0; fd < 3 && !o->keep_stdio; fd++) {
		int null;

		if (used[fd])
			continue;
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			return -errno;
		if (null == fd)
			fd_clear_cloexec(fd);
		else if (dup2(null, fd) < 0)
			return -errno;
	}
	return 0;
}

void proc_die_with(pid_t parent, int sig)
{
	prctl(PR_SET_PDEATHSIG, sig);
	if (getppid() != parent)
		_exit(127);
}

static int exec_child(const struct proc_opts *o, pid_t parent)
{
	char **env = o->envp ? (char **)(uintptr_t)o->envp : environ;
	int r;

	proc_reset_signals();
	if (o->setsid)
		setsid();
	if (o->pdeathsig)
		proc_die_with(parent, o->pdeathsig);
	if (o->chdir && chdir(o->chdir) < 0)
		return -errno;
	/* what our own caller left open must not reach a helper that outlives us */
	fd_cloexec_from(3);
	r = place_fds(o);
	if (r < 0)
		return r;
	if (o->search && !strchr(o->path, '/'))
		execvpe(o->path, o->argv, env);
	else
		execve(o->path, o->argv, env);
	return -errno;
}

struct spawn {
	const struct proc_opts *opts;
	pid_t parent;
	int why;
};

static int spawn_child(void *arg)
{
	struct spawn *s = arg;

	s->why = exec_child(s->opts, s->parent);
	_exit(127);
}

/*
 * The child borrows our memory until it executes, on a stack of its own, and we wait until then: nothing is copied that
 * exec would throw away again.  It calls nothing that allocates or locks, and no signal handler of ours may run in it.
 */
pid_t proc_spawn(const struct proc_opts *opts, struct err *err)
{
	struct spawn s = {.opts = opts, .parent = getpid()};
	_cleanup_free_ char *stack = xmalloc(SPAWN_STACK);
	sigset_t all, old;
	pid_t pid;
	int code;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = clone(spawn_child, stack + SPAWN_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &s);
	code = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return err_set(err, code, "fork");
	if (s.why == 0)
		return pid;
	proc_wait(pid);
	return err_set(err, -s.why, "execute %s", opts->path);
}

pid_t proc_fork(struct err *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_set(err, errno, "fork");
	if (pid == 0)
		proc_reset_signals();
	return pid;
}

int proc_wait(pid_t pid)
{
	int status;
	pid_t r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int proc_task_start(
	struct proc_task *ret, int (*fn)(void *arg, struct err *err), void *arg, struct err *err)
{
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	pid_t parent = getpid(), pid;
	int r = fd_pipe(&rd, &wr, err);

	if (r < 0)
		return r;
	pid = proc_fork(err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		struct err why = {0};

		proc_die_with(parent, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		fd_close(rd);
		r = fn(arg, &why);
		if (r < 0)
			err_send(wr, &why);
		_exit(r < 0 ? 125 : 0);
	}
	*ret = (struct proc_task){pid, take_fd(rd)};
	return 0;
}

int proc_task_end(struct proc_task *task, const char *what, struct err *err)
{
	struct err why = {0};
	int r = err_recv(task->report, &why), code = proc_wait(task->pid);

	fd_close(task->report);
	*task = (struct proc_task)PROC_TASK_INIT;
	if (r == 0 && code == 0)
		return 0;
	if (r == 0 || (r < 0 && code > 128))
		err_say(&why, EIO, "the process that %s died (%s %d)", what,
			code > 128 ? "signal" : "exit code", code > 128 ? code - 128 : code);
	if (err)
		*err = why;
	return -why.code;
}

void proc_task_kill(struct proc_task *task)
{
	if (!task || !task->pid)
		return;
	kill(task->pid, SIGKILL);
	proc_wait(task->pid);
	fd_close(task->report);
	*task = (struct proc_task)PROC_TASK_INIT;
}

int proc_call(const char *what, int (*fn)(void *arg, struct err *err), void *arg, struct err *err)
{
	struct proc_task task = PROC_TASK_INIT;
	int r = proc_task_start(&task, fn, arg, err);

	return r < 0 ? r : proc_task_end(&task, what, err);
}

int proc_run(const struct proc_opts *opts, struct err *err)
{
	pid_t pid = proc_spawn(opts, err);
	int r;

	if (pid < 0)
		return pid;
	r = proc_wait(pid);
	return r < 0 ? err_set(err, -r, "wait for %s", opts->path) : r;
}

int proc_read_stat(int proc, const char *pid, char ret[PROC_STAT_MAX])
{
	_cleanup_close_ int fd = -EBADF;
	char path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "%.30s/stat", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : fd_read_full(fd, ret, PROC_STAT_MAX - 1);
	if (n <= 0)
		return -ESRCH;
	ret[n] = '\0';
	return 0;
}

uint64_t proc_start_time(pid_t pid)
{
	char dir[32], stat[PROC_STAT_MAX], *p;

	snprintf(dir, sizeof(dir), "/proc/%d", (int)pid);
	if (proc_read_stat(AT_FDCWD, dir, stat) < 0)
		return 0;
	/* the command in field 2 may hold anything: count from behind its last ')' */
	p = strrchr(stat, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

int proc_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int proc_pidfd_kill(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

char *proc_self_path(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	return n > 0 ? xstrndup(self, (size_t)n) : NULL;
}

char *proc_find_program(const char *name)
{
	_cleanup_strv_ struct strv dirs = {0};
	const char *path = getenv("PATH");

	strv_split(&dirs, path ? path : "", ":");
	strv_split(&dirs, "/usr/bin:/usr/sbin:/bin:/sbin", ":");
	strv_foreach (i, dir, &dirs) {
		_cleanup_free_ char *file = NULL;

		if (*dir != '/')
			continue;
		file = xasprintf("%s/%s", dir, name);
		if (access(file, X_OK) == 0)
			return take_ptr(file);
	}
	return NULL;
}

char *proc_libexec(const char *name)
{
	_cleanup_free_ char *self = proc_self_path(), *path = NULL;

	if (self) {
		*strrchr(self, '/') = '\0';
		path = xasprintf("%s/%s", self, name);
		if (access(path, X_OK) == 0)
			return take_ptr(path);
	}
	return xasprintf("%s/%s", RL_LIBEXECDIR, name);
}
