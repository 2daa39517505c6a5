#include "runtime/scope.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* a manager that does not answer must not keep a container from starting */
#define LIMIT_MS 5000

/* the manager's own socket is one process nearer, and there without a bus */
static char *of_directory(const char *dir)
{
	static const char *const names[] = {"systemd/private", "bus"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(dir, names[i]);

		if (access(path, W_OK) == 0)
			return take_ptr(path);
	}
	return NULL;
}

char *scope_address(void)
{
	static const char *const system[] = {"/run/systemd/private", "/run/dbus/system_bus_socket"};
	const char *dir = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *own = NULL;
	char *path;

	if (geteuid() == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(system); i++)
			if (access("/run/systemd/system", F_OK) == 0 &&
				access(system[i], W_OK) == 0)
				return xstrdup(system[i]);
		return NULL;
	}
	path = path_is_abs(dir ? dir : "") ? of_directory(dir) : NULL;
	if (path)
		return path;
	own = xasprintf("/run/user/%u", (unsigned)geteuid());
	return of_directory(own);
}

const char *scope_unit(char buf[SCOPE_UNIT_MAX], const char *id)
{
	snprintf(buf, SCOPE_UNIT_MAX, "rl-%.64s.scope", id);
	return buf;
}

static int spawn(char *const *argv, struct scope_call *ret, struct err *err)
{
	_cleanup_free_ char *path = proc_libexec("rl-scope");
	_cleanup_close_ int rd = -EBADF, wr = -EBADF;
	int r = fd_pipe(&rd, &wr, err);
	pid_t pid;

	if (r < 0)
		return r;
	{
		const struct proc_fd fds[] = {{wr, STDERR_FILENO}};
		const struct proc_opts opts = {.path = path,
			.argv = argv,
			.fds = fds,
			.nfds = ARRAY_SIZE(fds),
			.pdeathsig = SIGKILL};

		pid = proc_spawn(&opts, err);
	}
	if (pid == -ENOENT)
		return err_say(
			err, ENOENT, "rl was built without rl-scope, which talks to systemd");
	if (pid < 0)
		return pid;
	*ret = (struct scope_call){.pid = pid, .report = take_fd(rd)};
	return 0;
}

int scope_start(
	const char *address, const struct scope_start *s, struct scope_call *ret, struct err *err)
{
	char pid[16], seconds[16], sig[16];
	char *const argv[] = {(char *)(uintptr_t) "rl-scope", (char *)(uintptr_t) "start",
		(char *)(uintptr_t)address, (char *)(uintptr_t)s->unit, (char *)(uintptr_t)s->slice,
		pid, sig, seconds, (char *)(uintptr_t)s->description, NULL};

	snprintf(pid, sizeof(pid), "%d", (int)s->pid);
	snprintf(sig, sizeof(sig), "%d", s->quiet ? SCOPE_STOP_SIGNAL : SIGTERM);
	snprintf(seconds, sizeof(seconds), "%d", s->stop_seconds);
	return spawn(argv, ret, err);
}

const char *scope_unit_of(const char *group, char **ret_unit)
{
	/* the manager is a service of the system's, too */
	const char *begin = strstr(group, "/user@"), *end;

	/* the first of them: an init in the container has units of its own */
	for (begin = strchr(begin ? begin + 1 : group, '/'); begin; begin = end) {
		_cleanup_free_ char *name = NULL;

		end = strchr(++begin, '/');
		if (!end)
			return NULL;
		name = xstrndup(begin, (size_t)(end - begin));
		if (str_ends(name, ".scope") || str_ends(name, ".service")) {
			*ret_unit = take_ptr(name);
			return end;
		}
	}
	return NULL;
}

int scope_attach(const char *address, const char *unit, const char *subgroup, pid_t pid,
	struct scope_call *ret, struct err *err)
{
	char number[16];
	char *const argv[] = {(char *)(uintptr_t) "rl-scope", (char *)(uintptr_t) "attach",
		(char *)(uintptr_t)address, (char *)(uintptr_t)unit, (char *)(uintptr_t)subgroup,
		number, NULL};

	snprintf(number, sizeof(number), "%d", (int)pid);
	return spawn(argv, ret, err);
}

/* the worker's message, until it has ended; Return: whether it has, in time */
static bool read_report(int fd, struct buf *text)
{
	int64_t until = clock_ms() + LIMIT_MS;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = until - clock_ms();
		char chunk[256];
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return false;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return true;
		if (n > 0)
			buf_add(text, chunk, (size_t)n);
		else if (errno != EINTR)
			return true;
	}
}

int scope_wait(struct scope_call *c, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = 1024};
	bool done;
	int r;

	if (!c->pid)
		return 0;
	done = read_report(c->report, &text);
	if (!done) {
		scope_drop(c);
		return err_say(err, ETIMEDOUT, "systemd did not answer within %d seconds",
			LIMIT_MS / 1000);
	}
	r = proc_wait(c->pid);
	c->pid = 0;
	c->report = fd_close(c->report);
	if (r == 0)
		return 0;
	return text.len ? err_say(err, EREMOTEIO, "systemd: %.*s",
				  (int)strcspn(buf_str(&text), "\n"), buf_str(&text))
			: err_say(err, EREMOTEIO, "rl-scope ended with code %d", r);
}

void scope_drop(struct scope_call *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		proc_wait(c->pid);
	}
	fd_close(c->report);
	*c = (struct scope_call)SCOPE_CALL_INIT;
}
