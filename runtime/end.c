/* The ends of a container: kill, stop, wait, remove (container.h). */
#include "runtime/ask.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/event.h"
#include "runtime/frame.h"
#include "runtime/state.h"
#include "storage/reclaim.h"
#include "storage/volume.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* beyond the container's own time: cleaning up, and a machine under load */
#define STOP_GRACE_MS  10000
#define REMOVE_WAIT_MS 10000
#define KILLING_MS     1000

static int kill_init(struct container *c, int sig, struct err *err)
{
	_cleanup_close_ int pidfd = container_pidfd(c, err);
	char number[16];
	int r;

	if (pidfd < 0)
		return pidfd;
	r = proc_pidfd_kill(pidfd, sig);
	if (r < 0)
		return err_set(err, -r, "send a signal to container %s", container_label(c));
	snprintf(number, sizeof(number), "%d", sig);
	event_container(c, "kill", &(struct event){.attr = {{"signal", number}}});
	return 0;
}

/* Who would start it again must know before it ends that this is a user's wish.  Return: 1 if that was all there was to do */
static int announce_kill(struct container *c, int sig, struct err *err)
{
	bool waits = c->status == CONTAINER_RESTARTING;
	struct err why = {0};
	int32_t v = sig;
	int r = ask(c, ATTACH_KILLING, &v, sizeof(v), KILLING_MS, &why);

	fd_close(r);
	if (r < 0 && waits) {
		*err = why;
		return r;
	}
	if (waits)
		state_wait(c->cs, c->id, KILLING_MS, NULL);
	/* the process that it has now: it may have been started again meanwhile */
	r = container_refresh(c, err);
	return r < 0 ? r : waits && c->status == CONTAINER_EXITED;
}

int container_kill(struct container *c, int sig, struct err *err)
{
	int r = 0;

	if (c->status == CONTAINER_RESTARTING ||
		(c->held && json_get_str(c->record, "restart", NULL)))
		r = announce_kill(c, sig, err);
	return r == 0 ? kill_init(c, sig, err) : r < 0 ? r : 0;
}

/*
 * Until the monitor says how the container ended.
 * Return: 0 with the exit code, -EPIPE if the monitor went away without a word, -ETIMEDOUT
 */
static int read_exit(int sock, int64_t until, int *ret_code)
{
	_cleanup_free_ struct frame_buf *b = xmalloc(sizeof(*b));
	struct frame f;
	int r;

	b->len = b->off = 0;
	while ((r = frame_wait(sock, b, until, &f)) == 0) {
		if (f.type == ATTACH_EXIT) {
			*ret_code = frame_int(&f, 125);
			return 0;
		}
		frame_drop(b, &f);
	}
	return r;
}

/* the short form is what monitors of older versions know */
static int send_stop(int sock, const struct stop_how *how)
{
	struct attach_stop s = {how->timeout, how->signal, how->keep};
	bool plain = s.signal == 0 && s.keep == 0;

	return frame_send(sock, ATTACH_STOP, &s, plain ? sizeof(s.seconds) : sizeof(s));
}

/* Ask the monitor to tell the end, and to begin the stop sequence unless @how is NULL; then wait. */
static int talk(struct container *c, const struct stop_how *how, int64_t until, int *ret_code,
	struct err *err)
{
	_cleanup_close_ int sock = ask_connect(c, err);
	unsigned char flags = 0;
	int r;

	if (sock < 0)
		return sock;
	r = frame_send(sock, ATTACH_HELLO, &flags, 1);
	if (r == 0 && how)
		r = send_stop(sock, how);
	/* a failed send is an ending monitor; what it has said already can still be read */
	r = read_exit(sock, until, ret_code);
	return r < 0 ? err_set(err, -r, "wait for container %s", container_label(c)) : 0;
}

/*
 * Until it is stopped: an end that the monitor tells before it has read the request is that of one run only, and with a
 * restart policy the next one follows.
 */
static int talk_to_stop(struct container *c, const struct stop_how *how, int64_t until)
{
	int code = 125, r;

	do {
		r = talk(c, how, until, &code, NULL);
	} while (r == 0 && container_refresh(c, NULL) == 0 && c->held);
	return r;
}

int container_wait(struct container *c, int timeout_ms, int *ret_code, struct err *err)
{
	int64_t until = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;

	for (;;) {
		int r = container_refresh(c, err), code = 125;

		if (r < 0)
			return r;
		if (!container_is_live(c)) {
			*ret_code = c->exit_code;
			return 0;
		}
		r = talk(c, NULL, until, &code, NULL);
		if (r == 0) {
			*ret_code = code;
			return 0;
		}
		if (r == -ETIMEDOUT)
			return err_say(err, ETIMEDOUT, "container %s did not end in time",
				container_label(c));
		/* the monitor is gone: once its lock is free the records tell the rest */
		r = state_wait(c->cs, c->id, until < 0 ? -1 : (int)(until - clock_ms()), err);
		if (r < 0)
			return r;
	}
}

static void kill_monitor(const struct container *c)
{
	pid_t pid = (pid_t)json_get_int(c->state, "monitor", 0);
	uint64_t start = (uint64_t)json_get_int(c->state, "monitorStart", 0);
	_cleanup_close_ int pidfd = pid > 1 && start ? proc_pidfd(pid) : -EBADF;

	if (pidfd >= 0 && proc_start_time(pid) == start && state_held(c->cs, c->id))
		proc_pidfd_kill(pidfd, SIGKILL);
}

/* The monitor does not do it (any more): end init from here.  It dies with the monitor in any case. */
static int stop_by_force(struct container *c, struct err *err)
{
	if (container_refresh(c, err) < 0)
		return 0; /* removed meanwhile */
	if (!c->held)
		return 0;
	kill_init(c, SIGKILL, NULL);
	if (state_wait(c->cs, c->id, 2000, NULL) == 0)
		return 0;
	/* stuck or stopped: nothing is lost by killing it, see container.h about the states */
	kill_monitor(c);
	return state_wait(c->cs, c->id, 2000, err);
}

/* A monitor that was killed may have left an init that does not die with its parent. */
static void stop_orphan(struct container *c)
{
	_cleanup_close_ int lock = -EBADF, runfd = -EBADF;

	if (!c->state)
		return;
	lock = state_lock(c->cs, c->id, 0, &runfd, NULL);
	if (lock >= 0 && container_refresh(c, NULL) == 0)
		state_kill_orphan(c);
	lock = fd_close(lock);
	container_refresh(c, NULL);
}

int container_cleanup(struct container *c, struct err *err)
{
	_cleanup_close_ int lock = -EBADF, runfd = -EBADF;
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	if (c->held) {
		err_say(err, EBUSY, "container %s is %s", container_label(c),
			container_status_name(c->status));
		return err_hint(err, "stop it first with 'rl stop %s'", container_label(c));
	}
	lock = state_lock(c->cs, c->id, REMOVE_WAIT_MS, &runfd, err);
	if (lock < 0)
		return lock;
	r = container_refresh(c, err);
	if (r < 0)
		return r;
	state_kill_orphan(c);
	/* how it ended is there where the store's disk was full */
	if (faccessat(runfd, "exit.json", F_OK, 0) < 0)
		state_clear(c->cs, c->id);
	return 0;
}

int container_stop(struct container *c, int timeout, struct err *err)
{
	return container_stop_how(c, &(struct stop_how){.timeout = timeout}, err);
}

int container_stop_how(struct container *c, const struct stop_how *how, struct err *err)
{
	int r, seconds = how->timeout;
	int64_t until;

	r = container_refresh(c, err);
	if (r < 0)
		return r;
	if (!c->held) {
		stop_orphan(c);
		return 0;
	}
	if (seconds < 0)
		seconds = (int)json_get_int(c->record, "stopTimeout", 10);
	until = clock_ms() + (int64_t)seconds * 1000 + STOP_GRACE_MS;
	r = talk_to_stop(c, how, until);
	if (r < 0)
		r = stop_by_force(c, err);
	if (r < 0)
		return err_wrap(err, "stop container %s", container_label(c));
	container_refresh(c, NULL);
	return 0;
}

void container_stop_begin(struct container *c, const struct stop_how *how)
{
	_cleanup_close_ int sock = container_is_live(c) ? container_connect(c, NULL) : -EBADF;
	unsigned char flags = 0;

	/* what lies in the socket is read, also when we are gone */
	if (sock >= 0 && frame_send(sock, ATTACH_HELLO, &flags, 1) == 0)
		send_stop(sock, how);
}

static int kill_and_wait(struct container *c, int timeout, struct err *err)
{
	struct stop_how how = {.timeout = timeout};

	/* a paused or stubborn monitor is not waited for longer than this */
	if (talk_to_stop(c, &how, clock_ms() + (int64_t)timeout * 1000 + 3000) == 0)
		return 0;
	return stop_by_force(c, err);
}

int container_retire(struct container *c, bool force, int timeout, struct err *err)
{
	_cleanup_close_ int lock = -EBADF, runfd = -EBADF;
	char trash[64];
	int r = container_refresh(c, err);

	if (r < 0)
		return r;
	if (c->held && !force && container_is_live(c) && c->status != CONTAINER_INITIALIZED) {
		r = err_say(err, EBUSY, "container %s is %s", container_label(c),
			container_status_name(c->status));
		err_hint(
			err, "stop it first with 'rl stop %s', or use --force", container_label(c));
		return r;
	}
	if (c->held && (force || container_is_ready(c))) {
		r = kill_and_wait(c, timeout, err);
		if (r < 0)
			return err_wrap(err, "kill container %s", container_label(c));
	}
	lock = state_lock(c->cs, c->id, REMOVE_WAIT_MS, &runfd, err);
	if (lock == -EWOULDBLOCK) {
		r = err_say(err, EBUSY, "container %s is in use by another command",
			container_label(c));
		err_hint(err, "use --force to kill it");
		return r;
	}
	if (lock < 0)
		return lock;
	/* with the lock held: a monitor that was killed may have left init, and --rm may have been quicker */
	r = container_refresh(c, NULL);
	if (r == 0) {
		state_kill_orphan(c);
		r = state_retire(c->cs, c->id, c->name, trash, err);
		if (r == 0)
			event_container(c, "remove", NULL);
	} else {
		r = 0;
	}
	state_clear(c->cs, c->id);
	return r;
}

/* A removal that was killed half-way leaves a runtime directory without a container.  One with a state may belong
   to another store that shares the directory: its state is not ours to forget. */
static void sweep_runtime(const struct containers *cs)
{
	_cleanup_strv_ struct strv ids = {0};

	if (fs_list_at(cs->rundir, "containers", &ids, NULL) < 0)
		return;
	strv_foreach (i, id, &ids) {
		_cleanup_close_ int lock = -EBADF, runfd = -EBADF;
		_cleanup_free_ char *kept = xasprintf("containers/%s", id);

		if (!str_is_hex(id, 64) ||
			faccessat(cs->store->fd, kept, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		lock = state_lock(cs, id, 0, &runfd, NULL);
		if (lock >= 0 && faccessat(runfd, "state.json", F_OK, 0) < 0 &&
			faccessat(cs->store->fd, kept, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			state_clear(cs, id);
	}
}

void container_drop_volumes(const struct store *s, const json_t *record, struct strv *trash)
{
	_cleanup_strv_ struct strv gone = {0};

	volume_release(s, record, &gone, trash);
	strv_foreach (i, name, &gone)
		event_volume(s, "remove", name);
}

void container_purge(const struct containers *cs)
{
	reclaim_trash(cs->store, cs->rundir);
	sweep_runtime(cs);
}

int container_remove(struct container *c, bool force, int timeout, struct err *err)
{
	int r = container_retire(c, force, timeout, err);

	if (r < 0)
		return r;
	container_purge(c->cs);
	return 0;
}
