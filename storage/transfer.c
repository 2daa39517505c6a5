#include "storage/transfer.h"

#include "runtime/base/fd.h"
#include "storage/image.h"
#include "userns/userns.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_CAP       JSON_RECORD_CAP
#define END_TIMEOUT_MS 2000
/* what a worker has to clean up when it is interrupted; less than that */
#define GRACE_S 1

/* a worker under way */
struct run {
	const struct transfer_opts *o;
	struct buf line;
	json_t *result;
	struct err failure;
};

static void run_done(struct run *r)
{
	buf_done(&r->line);
	json_decref(r->result);
}

static void parse_error(const json_t *j, struct err *ret)
{
	int64_t code = json_get_int(j, "code", EIO);

	ret->code = code > 0 && code <= ERR_CODE_LAST ? (int)code : EIO;
	snprintf(ret->msg, sizeof(ret->msg), "%s", json_get_str(j, "msg", "the transfer failed"));
	snprintf(ret->hint, sizeof(ret->hint), "%s", json_get_str(j, "hint", ""));
}

static int take_line(struct run *r, const char *line, size_t len, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	const json_t *part;
	int q = json_parse(line, len, "reply of rl-transfer", &j, err);

	if (q < 0)
		return q;
	if ((part = json_object_get(j, "progress"))) {
		if (r->o->progress)
			r->o->progress(r->o->arg, part);
	} else if ((part = json_object_get(j, "note"))) {
		if (r->o->note && json_is_string(part))
			r->o->note(r->o->arg, json_string_value(part));
	} else if ((part = json_object_get(j, "error"))) {
		parse_error(part, &r->failure);
	} else if ((part = json_object_get(j, "result"))) {
		json_decref(r->result);
		r->result = json_incref((json_t *)(uintptr_t)part);
	}
	return 0;
}

/* Return: 1 while more may come, 0 at the end */
static int read_replies(struct run *r, int fd, struct err *err)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	char *nl;

	if (n < 0)
		return errno == EINTR ? 1 : err_set(err, errno, "read from rl-transfer");
	if (n == 0)
		return 0;
	if (buf_add(&r->line, chunk, (size_t)n) < 0)
		return err_set(err, E2BIG, "read from rl-transfer");
	while (r->line.len && (nl = memchr(r->line.data, '\n', r->line.len))) {
		size_t len = (size_t)(nl - r->line.data) + 1;
		int q = take_line(r, r->line.data, len, err);

		if (q < 0)
			return q;
		buf_drop(&r->line, len);
	}
	return 1;
}

/* Run the worker to its end, or until a signal says that it is over: then it has a moment to clean up.  What the worker
   started is collected as well, so that nothing is left to whoever adopts orphans.
   Return: exit code, or a negative errno */
static int attend(const struct proc_opts *opts, struct err *err)
{
	const struct timespec grace = {.tv_sec = GRACE_S};
	int code = 128 + SIGKILL, status, last = SIGTERM;
	sigset_t watched;
	pid_t worker, pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	worker = proc_spawn(opts, err);
	if (worker < 0)
		return (int)worker;
	for (bool ended = false;;) {
		while ((pid = waitpid(-1, &status, ended ? 0 : WNOHANG)) > 0) {
			if (pid != worker)
				continue;
			ended = true;
			code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		}
		if (ended && pid < 0 && errno == ECHILD)
			return code;
		if (!ended &&
			sigtimedwait(&watched, NULL, last == SIGTERM ? NULL : &grace) != SIGCHLD) {
			kill(worker, last);
			last = SIGKILL;
		}
	}
}

/* in a child that is in R: be the worker's parent, so that it dies with us */
static _Noreturn void worker_parent(
	const struct transfer_opts *o, const char *program, int request, int reply)
{
	char *argv[] = {(char *)"rl-transfer", (char *)(uintptr_t)o->subcommand, NULL};
	struct proc_fd fds[3 + TRANSFER_FILES_MAX] = {
		{request, TRANSFER_FD_REQUEST},
		{reply, TRANSFER_FD_REPLY},
	};
	size_t nfds = 2;
	struct proc_opts opts = {
		.path = program,
		.argv = argv,
		.fds = fds,
		.pdeathsig = SIGKILL,
		.keep_stdio = true,
	};
	struct err err = {0};
	int r;

	if (o->input >= 0)
		fds[nfds++] = (struct proc_fd){o->input, TRANSFER_FD_INPUT};
	for (size_t i = 0; i < o->n_files && i < TRANSFER_FILES_MAX; i++)
		fds[nfds++] = (struct proc_fd){o->files[i], TRANSFER_FD_FILES + (int)i};
	opts.nfds = nfds;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = attend(&opts, &err);
	if (r < 0) {
		_cleanup_json_ json_t *j = json_pack("{s:{s:i,s:s,s:s}}", "error", "code", err.code,
			"msg", err.msg, "hint", err.hint);
		_cleanup_free_ char *text = json_text(j);

		fd_write_full(reply, text, strlen(text));
		fd_write_full(reply, "\n", 1);
	}
	_exit(r < 0 ? 125 : r);
}

static int sweep(void *arg, struct err *err)
{
	(void)err;
	/* layers that are whole, but have no image */
	image_collect(arg, NULL, NULL);
	store_sweep(arg);
	return 0;
}

/* Return: 0 when the replies have ended, or a negative errno */
static int serve(struct run *r, int reply, int sigfd, struct err *err)
{
	struct pollfd p[2] = {{.fd = reply, .events = POLLIN}, {.fd = sigfd, .events = POLLIN}};

	for (;;) {
		int n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_set(err, errno, "wait for rl-transfer");
		if (p[1].revents)
			return err_say(err, ERR_CANCELLED, "interrupted");
		if (p[0].revents) {
			n = read_replies(r, reply, err);
			if (n <= 0)
				return n;
		}
	}
}

/* until every process that holds the other end of the pipe is gone */
static void await_end(int reply)
{
	struct pollfd p = {.fd = reply, .events = POLLIN};
	char chunk[4096];

	while (poll(&p, 1, END_TIMEOUT_MS) > 0 && read(reply, chunk, sizeof(chunk)) > 0)
		;
}

static int start(int rundir, const struct transfer_opts *o, int *ret_request, int *ret_reply,
	pid_t *ret_pid, struct err *err)
{
	_cleanup_close_ int request = -EBADF, reply = -EBADF, theirs = -EBADF, back = -EBADF;
	_cleanup_free_ char *program = proc_libexec("rl-transfer");
	int r;
	pid_t pid;

	r = fd_pipe(&theirs, &request, err);
	if (r < 0)
		return r;
	r = fd_pipe(&reply, &back, err);
	if (r < 0)
		return r;
	pid = userns_fork(rundir, err);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		fd_close(request);
		fd_close(reply);
		worker_parent(o, program, theirs, back);
	}
	*ret_request = take_fd(request);
	*ret_reply = take_fd(reply);
	*ret_pid = pid;
	return 0;
}

static int send_request(const struct store *s, const struct transfer_opts *o, int fd)
{
	_cleanup_json_ json_t *j =
		o->request ? json_copy((json_t *)(uintptr_t)o->request) : json_object();
	_cleanup_free_ char *text = NULL;

	json_set_str(j, "root", s->path);
	json_set_str(j, "storageDriver", o->driver);
	json_set_strv(j, "sharedStores", &s->shared);
	text = json_text(j);
	return fd_write_full(fd, text, strlen(text));
}

int transfer_run(const struct store *s, int rundir, const struct transfer_opts *o, json_t **ret,
	struct err *err)
{
	_cleanup_(run_done) struct run run = {.o = o, .line.cap = LINE_CAP};
	_cleanup_close_ int request = -EBADF, reply = -EBADF, sigfd = -EBADF;
	sigset_t watched, before;
	pid_t pid = 0;
	int r, code = 0;

	sigemptyset(&watched);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	/* a worker that dies before it has read the request must be seen as its error, not kill us
	 */
	sigaddset(&watched, SIGPIPE);
	r = start(rundir, o, &request, &reply, &pid, err);
	if (r < 0)
		return r;
	sigprocmask(SIG_BLOCK, &watched, &before);
	sigdelset(&watched, SIGPIPE);
	sigfd = signalfd(-1, &watched, SFD_CLOEXEC);
	send_request(s, o, request);
	request = fd_close(request);
	r = serve(&run, reply, sigfd, err);
	if (r < 0)
		kill(pid, SIGTERM);
	code = proc_wait(pid);
	/* what the worker started dies a moment after it; only then are its locks free for the sweep */
	if (r < 0)
		await_end(reply);
	if (r < 0 || (code && !run.failure.code))
		userns_call(rundir, sweep, (void *)(uintptr_t)s, NULL);
	{
		struct timespec zero = {0};
		sigset_t pipe_only;

		sigemptyset(&pipe_only);
		sigaddset(&pipe_only, SIGPIPE);
		while (sigtimedwait(&watched, NULL, &zero) > 0 ||
			sigtimedwait(&pipe_only, NULL, &zero) > 0)
			;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r < 0)
		return r;
	if (run.failure.code) {
		if (err)
			*err = run.failure;
		return -run.failure.code;
	}
	if (code || !run.result)
		return err_say(err, EIO, "rl-transfer %s ended unexpectedly (%s %d)", o->subcommand,
			code > 128 ? "signal" : "exit code", code > 128 ? code - 128 : code);
	*ret = take_ptr(run.result);
	return 0;
}
