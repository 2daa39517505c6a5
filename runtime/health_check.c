#include "runtime/health_check.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/event.h"
#include "runtime/health_record.h"
#include "runtime/kin.h"
#include "runtime/launch.h"
#include "runtime/seccomp_cache.h"
#include "runtime/spec.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CHUNK 4096
/* when the command has ended, no more than this is read of what others still write to its output */
#define DRAIN_MAX (64 * CHUNK)
/* how long it takes, at most, until an init whose processes are killed can be seen to have ended */
#define END_MS 100
/* of the output in an event, where each byte may become six */
#define EVENT_OUTPUT 1000

/**
 * struct check - a check under way
 * @out:  the beginning of its output
 * @code: as its log has it: the command's exit code, or -1 for none
 */
struct check {
	const struct health_job *job;
	struct launched l;
	struct buf out;
	int pipe, code;
	int64_t until;
};

static void check_done(struct check *k)
{
	buf_done(&k->out);
	fd_close(k->pipe);
	fd_close(k->l.console);
	fd_close(k->l.pidfd);
	fd_close(k->l.sync);
}

static int join_it(struct check *k, int in, int out, struct err *err)
{
	const struct health_job *job = k->job;
	_cleanup_json_ json_t *config = NULL, *process = NULL;
	_cleanup_close_ int cache = -EBADF;
	struct exec_opts o = {0};
	struct join join = {.stdio = {in, out, out}};
	int r = container_config(job->c, &config, err);

	if (r < 0)
		return r;
	health_command(job->c->record, health_is_startup(job->health, job->conf), &o.args);
	r = spec_exec(job->c, config, &o, &process, err);
	strv_done(&o.args);
	if (r < 0)
		return r;
	cache = seccomp_cache_open(job->c->cs->store);
	join.pid = job->c->pid;
	join.start_time = job->c->start_time;
	join.config = config;
	join.process = process;
	join.seccomp_cache = cache;
	join.bundle = job->c->dirfd;
	join.group = json_get_str(job->c->state, "cgroup", NULL);
	return launch_join(&join, &k->l, err);
}

/* as `exec`: nothing is added to a container that comes to a stop just now */
static int start(struct check *k, struct err *err)
{
	_cleanup_close_ int joining = container_joining(k->job->c, err), out = -EBADF, in = -EBADF;
	int r;

	if (joining < 0)
		return joining;
	r = fd_pipe(&k->pipe, &out, err);
	if (r < 0)
		return r;
	fd_set_nonblock(k->pipe, true);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_set(err, errno, "open /dev/null");
	return join_it(k, in, out, err);
}

/* The beginning is kept, the rest read and forgotten.  Return: bytes, 0 at the end or when nothing is there */
static size_t read_output(struct check *k)
{
	size_t room = k->job->conf->log_size - k->out.len;
	char chunk[CHUNK];
	ssize_t n = k->pipe < 0 ? 0 : read(k->pipe, chunk, sizeof(chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		k->pipe = fd_close(k->pipe);
		return 0;
	}
	buf_add(&k->out, chunk, (size_t)n < room ? (size_t)n : room);
	return (size_t)n;
}

static void drain(struct check *k)
{
	size_t total = 0, n;

	while (total < DRAIN_MAX && (n = read_output(k)) > 0)
		total += n;
}

static bool told_to_stop(int sigfd)
{
	struct signalfd_siginfo si;
	bool stop = false;

	while (read(sigfd, &si, sizeof(si)) == sizeof(si))
		stop |= si.ssi_signo == SIGTERM;
	return stop;
}

static void end_all(struct check *k)
{
	kin_kill(k->l.pid);
	proc_wait(k->l.pid);
}

/* Return: 0 with its exit code, -ETIMEDOUT, or -ECANCELED; it has ended in each case */
static int wait_for(struct check *k)
{
	for (;;) {
		struct pollfd p[] = {{.fd = k->l.pidfd, .events = POLLIN},
			{.fd = k->job->sigfd, .events = POLLIN}, {.fd = k->pipe, .events = POLLIN}};
		int64_t left = k->until - clock_ms();

		if (left <= 0) {
			end_all(k);
			return -ETIMEDOUT;
		}
		if (poll(p, ARRAY_SIZE(p), left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
			continue;
		if (p[1].revents && told_to_stop(k->job->sigfd)) {
			end_all(k);
			return -ECANCELED;
		}
		if (p[2].revents)
			read_output(k);
		if (p[0].revents) {
			k->code = proc_wait(k->l.pid);
			return 0;
		}
	}
}

/* The end of the container's init takes all its processes along; the init itself can be seen to have ended only when they
   have been waited for. */
static bool container_ended(const struct check *k)
{
	struct pollfd p = {.fd = k->job->init, .events = POLLIN};

	return poll(&p, 1, END_MS) > 0;
}

static void say(struct check *k, const char *text)
{
	_cleanup_free_ char *more = buf_take(&k->out);

	buf_addf(&k->out, "%s%s%s", text, str_empty(more) ? "" : ": ", more ? more : "");
}

/* Return: whether there is a result */
static bool perform(struct check *k)
{
	const struct health_job *job = k->job;
	int64_t timeout = health_timing(job->health, job->conf)->timeout;
	struct err err = {0};
	char text[80];
	int r;

	k->until = clock_ms() + timeout;
	r = start(k, &err);
	if (r < 0) {
		if (r == -ESRCH || r == -EBUSY || container_ended(k))
			return false;
		k->code = r == -ERR_EXEC_NOTFOUND ? 127 : r == -ERR_EXEC_FAILED ? 126 : -1;
		say(k, err.msg);
		return true;
	}
	r = wait_for(k);
	if (r == -ECANCELED)
		return false;
	drain(k);
	if (r == -ETIMEDOUT) {
		snprintf(text, sizeof(text), "the check took longer than %lld.%03lld s",
			(long long)(timeout / 1000), (long long)(timeout % 1000));
		say(k, text);
		return true;
	}
	return k->code != 128 + SIGKILL || !container_ended(k);
}

static void tell(struct check *k, const struct health *now)
{
	_cleanup_free_ char *output = xstrndup(buf_str(&k->out), EVENT_OUTPUT);
	struct event e = {.attr = {{"health", health_status_name(now->status)}}};

	if (k->job->conf->events) {
		e.attr[1].key = "health_log";
		e.attr[1].value = output;
	} else if (now->status == k->job->health->status) {
		return;
	}
	event_container(k->job->c, "health_status", &e);
}

/* what comes of it is the same for the monitor, which hears only whether it has passed */
static void record(struct check *k, const char *begin)
{
	const struct health_job *job = k->job;
	_cleanup_json_ json_t *entry = NULL, *old = health_read_last(job->c);
	_cleanup_free_ char *output = xstrndup(buf_str(&k->out), job->conf->log_size);
	struct health now = *job->health;
	char end[CLOCK_TEXT_MAX];

	health_count(&now, job->conf, k->code == 0, job->lenient);
	entry = json_pack("{s:s, s:s, s:i, s:o}", "Start", begin, "End", clock_text_now(end),
		"ExitCode", k->code, "Output", json_str(output));
	health_write(job->c, job->runfd, old, &now, job->conf, entry, NULL);
	tell(k, &now);
}

int health_check(const struct health_job *job)
{
	_cleanup_(check_done) struct check k = {
		.job = job, .l = LAUNCHED_INIT, .pipe = -EBADF, .code = -1};
	char begin[CLOCK_TEXT_MAX];

	clock_text_now(begin);
	if (!perform(&k))
		return HEALTH_CHECK_VOID;
	record(&k, begin);
	return k.code == 0 ? HEALTH_CHECK_PASSED : HEALTH_CHECK_FAILED;
}
