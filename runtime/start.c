#include "runtime/monitor.h"

#include "runtime/ask.h"
#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/ctrmount.h"
#include "runtime/frame.h"
#include "runtime/state.h"
#include "runtime/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* how long a monitor that is cleaning up behind an ended container is waited for */
#define FINISH_WAIT_MS 5000
/* a start that takes longer is stuck: the network's helper is given 5 s, that of the file system 10 s */
#define START_MS 30000

static int lock_for_start(struct container *c, int *ret_runfd, struct err *err)
{
	int r = state_lock(c->cs, c->id, 0, ret_runfd, NULL);

	if (r == -EWOULDBLOCK) {
		int q = container_refresh(c, err);

		if (q < 0)
			return q;
		if (container_is_running(c))
			return err_say(
				err, EBUSY, "container %s is already running", container_label(c));
		r = state_lock(c->cs, c->id, FINISH_WAIT_MS, ret_runfd, NULL);
	}
	if (r == -EWOULDBLOCK)
		return err_say(err, EBUSY,
			"container %s is being started or removed by another command",
			container_label(c));
	return r < 0 ? err_set(err, -r, "lock container %s", container_label(c)) : r;
}

/* a monitor that was killed could not remove these itself */
static void remove_leftovers(const struct container *c, int runfd)
{
	_cleanup_strv_ struct strv names = {0};

	state_kill_orphan(c);
	if (fs_list_at(runfd, ".", &names, NULL) < 0)
		return;
	strv_foreach (i, name, &names)
		if (!str_eq(name, "lock"))
			fs_remove_tree_at(runfd, name, NULL);
}

/*
 * The monitor has a session of its own before any signal can reach it, so it belongs to no job of the caller's shell.
 * It outlives us; should it end earlier, it is reaped when we are gone.
 */
static int fork_monitor(const struct monitor_job *job, struct err *err)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		setsid();
		proc_reset_signals();
		monitor_run(job);
	}
	if (pid < 0)
		err_set(err, errno, "fork the monitor");
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -EAGAIN : 0;
}

/* Return: 0 when the container runs, or its error */
static int read_status(int fd, struct err *err)
{
	struct err got = {0};
	ssize_t n = fd_read_full(fd, &got, sizeof(got));

	if (n != sizeof(got))
		return err_say(err, ECHILD, "the container's monitor was killed while it started");
	if (got.code == 0)
		return 0;
	got.msg[sizeof(got.msg) - 1] = got.hint[sizeof(got.hint) - 1] = '\0';
	if (err)
		*err = got;
	return -got.code;
}

/*
 * A foreground client gets signals while the monitor works.  They wait until attach_run() can pass them
 * on to the container; without that, Ctrl-C in the first milliseconds would leave it running unattended.
 */
static void hold_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
}

static int start(struct container *c, const struct start_opts *o, int *ret_attach, struct err *err)
{
	_cleanup_close_ int lock = -EBADF, runfd = -EBADF, status_rd = -EBADF, status_wr = -EBADF;
	_cleanup_close_ int attach = -EBADF, attach_peer = -EBADF;
	struct monitor_job job;
	uint16_t size[2] = {0};
	int fds[2], r;
	sigset_t old;

	lock = lock_for_start(c, &runfd, err);
	if (lock < 0)
		return lock;
	r = container_refresh(c, err);
	if (r == 0 && c->status == CONTAINER_DAMAGED) {
		r = err_say(err, EBADMSG, "the records of container %s are damaged",
			container_label(c));
		err_hint(err, "remove it with 'rl rm %.12s' and make it again", c->id);
	}
	if (r == 0)
		r = ctrmount_check(c, err);
	if (r < 0) {
		state_clear(c->cs, c->id);
		return r;
	}
	remove_leftovers(c, runfd);
	r = fd_pipe(&status_rd, &status_wr, err);
	if (r < 0)
		return r;
	if (o->want_attach) {
		terminal_size(STDOUT_FILENO, STDIN_FILENO, size);
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
			return err_set(err, errno, "create socket");
		attach = fds[0];
		attach_peer = fds[1];
		hold_signals(&old);
	}
	job = (struct monitor_job){.c = c,
		.lock = lock,
		.runfd = runfd,
		.status = status_wr,
		.attach = attach_peer,
		.preserve = o->preserve,
		.size = {size[0], size[1]},
		.remove_on_failure = o->rm_on_failure,
		.gate = o->gate};
	r = fork_monitor(&job, err);
	/* from here on the monitor alone holds the lock */
	lock = fd_close(lock);
	status_wr = fd_close(status_wr);
	if (r == 0)
		r = read_status(status_rd, err);
	if (r < 0) {
		if (o->want_attach)
			sigprocmask(SIG_SETMASK, &old, NULL);
		return r;
	}
	/* reading it again may miss a container that is very quick, and gone with --rm */
	container_refresh(c, NULL);
	if (o->want_attach)
		*ret_attach = take_fd(attach);
	return 0;
}

/* There is a monitor: it has only to wait no longer. */
static int start_now(
	struct container *c, const struct start_opts *o, int *ret_attach, struct err *err)
{
	_cleanup_close_ int sock = -EBADF;
	unsigned char flags = ATTACH_OUTPUT;
	int r;

	if (!o->want_attach) {
		sock = ask(c, ATTACH_START, NULL, 0, START_MS, err);
		return sock < 0 ? sock : container_refresh(c, err);
	}
	/* The output is wanted from the first byte, so this is said before.  The answer comes into the stream of a client
	   that has no use for it. */
	sock = ask_connect(c, err);
	if (sock < 0)
		return sock;
	r = frame_send(sock, ATTACH_HELLO, &flags, 1);
	if (r == 0)
		r = frame_send(sock, ATTACH_START, NULL, 0);
	if (r < 0)
		return err_set(err, -r, "start container %s", container_label(c));
	*ret_attach = take_fd(sock);
	return 0;
}

int container_start(
	struct container *c, const struct start_opts *o, int *ret_attach, struct err *err)
{
	bool now = c->status == CONTAINER_RESTARTING || container_is_ready(c);
	int r = now ? start_now(c, o, ret_attach, err) : start(c, o, ret_attach, err);

	/* the monitor does it, unless it was killed, or it did not even come to that; EBUSY: it is another command's now */
	if (r < 0 && r != -EBUSY && o->rm_on_failure && container_refresh(c, NULL) == 0 &&
		container_retire(c, true, 0, NULL) == 0) {
		container_drop_volumes(c->cs->store, c->record, NULL);
		container_purge(c->cs);
	}
	return r;
}

int container_init(struct container *c, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	if (container_is_live(c)) {
		err_say(err, EBUSY, "container %s is %s already", container_label(c),
			container_status_name(c->status));
		return err_hint(err,
			container_is_ready(c) ? "start it with 'rl start %s'"
					      : "stop it first with 'rl stop %s'",
			container_label(c));
	}
	return start(c, &(struct start_opts){.gate = true}, NULL, err);
}

/* Return: -EAGAIN if there is no monitor (any more) */
static int restart_live(struct container *c, const struct stop_how *how, struct err *err)
{
	struct attach_stop s = {how->timeout, how->signal, how->keep};
	int64_t seconds =
		how->timeout < 0 ? json_get_int(c->record, "stopTimeout", 10) : how->timeout;
	struct err why = {0};
	int r = ask(c, ATTACH_RESTART, &s, sizeof(s), seconds * 1000 + START_MS, &why);

	fd_close(r);
	if (r >= 0)
		return 0;
	if (r == -ESRCH || r == -EPIPE)
		return -EAGAIN;
	if (err)
		*err = why;
	return r;
}

int container_restart(struct container *c, const struct stop_how *how, struct err *err)
{
	int r = container_refresh(c, err);

	if (r == 0 && container_is_live(c)) {
		r = restart_live(c, how, err);
		if (r == 0)
			return container_refresh(c, err);
		/* it was ending by itself, or its monitor is of a version that does not know this */
		if (r == -EAGAIN || r == -ETIMEDOUT)
			r = container_stop_how(c, how, err);
	}
	return r < 0 ? r : container_start(c, &(struct start_opts){0}, NULL, err);
}

int container_tell(struct container *c, struct err *err)
{
	int r = container_refresh(c, err);

	if (r < 0 || !container_is_live(c))
		return r;
	r = ask(c, ATTACH_RELOAD, NULL, 0, START_MS, err);
	fd_close(r);
	/* one that has ended has read it for the last time */
	return r == -ESRCH || r >= 0 ? 0 : r;
}
