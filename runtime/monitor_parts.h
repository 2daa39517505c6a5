/*
 * monitor_parts - what the files of the monitor share
 *
 * monitor.c is its life and its loop, monitor_detach.c how it becomes a process of its own, monitor_start.c how
 * it brings the container up, monitor_gate.c how it waits in between, monitor_end.c how it undoes that, monitor_restart.c
 * what may come then, monitor_health.c whether it is well meanwhile, monitor_cgroup.c in which group it is, monitor_request.c what clients ask for.  Nobody else
 * includes this.
 */
#ifndef RL_RUNTIME_MONITOR_PARTS_H
#define RL_RUNTIME_MONITOR_PARTS_H

#include "network/net.h"
#include "runtime/base/clock.h"
#include "runtime/cgroup.h"
#include "runtime/health.h"
#include "runtime/launch.h"
#include "runtime/monitor.h"
#include "runtime/relay.h"
#include "runtime/restart.h"
#include "runtime/sdnotify.h"
#include "runtime/standstill.h"
#include "userns/userns.h"

/**
 * struct monitor_health - its health checks
 * @now:     how it is
 * @pid:     of the check under way, 0 for none; @limit: when that is killed with its child, clock_ms()
 * @due:     when the next one begins, 0 for not by itself
 * @planned: the time of the first one is known; @first: there was none yet in this run
 * @early:   this one comes before its time, @lenient: a failure of it does not count
 * @rest:    it is to end without a result; @told: it was told to
 */
struct monitor_health {
	struct health_conf conf;
	struct health now;
	pid_t pid;
	int64_t due, limit;
	bool planned, first, early, lenient, rest, told;
};

/**
 * struct monitor - one container's monitor
 * One container may run several times in its life: see monitor_restart.c.
 * @image:    keeps a shared image in its store, until the next start has found another
 * @ready:    what is done once has been done: the network is known, the socket listens
 * @started:  the command was executed, in this run or an earlier one
 * @ended:    init is gone; its output may still come
 * @stopping: it is being stopped: no policy starts it again
 * @by_user:  its end is, or will be, a user's wish
 * @waiting:  between two runs
 * @gate:     set up, and waiting for its first start
 * @idle:     memory was given back, and nothing has happened since
 * @swept:    the image went with the container
 * @told:     the event of the end of this run was written
 * @again:    it is to be started at once when it has ended
 * @began, @kill_at, @drain_until, @limit_at, @due: monotonic ms, 0 for not set: the command began; SIGKILL is due; output is
 *            no longer waited for; its time (--timeout) is over; the next start is due
 */
struct monitor {
	const struct monitor_job *job;
	const struct containers *cs;
	struct container *c;
	json_t *config, *record;
	struct userns ns;
	struct rootfs rootfs;
	const struct driver *driver;
	struct net_conf net_conf;
	struct net net;
	struct launched init;
	struct relay relay;
	struct ctrlog log;
	int sigfd, hold, cache;
	int image;	/* keeps a shared image in its store */
	int root;	/* the container's root where it is mounted here (mapped.h) */
	int through[3]; /* log driver passthrough: the command line's descriptors 0–2 */
	pid_t fs_helper;
	unsigned net_restarts;
	bool has_mounts, has_init, ready, started, ended, stopping, forced, by_user, waiting, again,
		paused, remove, idle, swept, told, gate;
	struct standstill still;
	struct sdnotify notify;
	struct cgroup cgroup;
	ino_t userns;
	struct strv volumes; /* those that went with the container: where they wait to be deleted */
	char started_at[CLOCK_TEXT_MAX], finished_at[CLOCK_TEXT_MAX];
	int64_t started_boot; /* started_at as clock_boot_ms() */
	char error[256], trash[64], tree[META_PATH_MAX];
	int exit_code;
	struct restart_policy policy;
	struct restart restart;
	struct monitor_health health;
	int64_t began, kill_at, drain_until, limit_at, due;
	/* how many kills for want of memory in this run were told in events, and when last, as clock_ms() */
	uint64_t oom_told;
	int64_t oom_at;
	uint64_t start_time;
};

/** monitor_detach() - let go of all that was the command line's, and make the loop */
int monitor_detach(struct monitor *m, struct err *err);

/** monitor_keep_only() - close all descriptors but 0 to 2, which become /dev/null, and @keep, which is put in order */
void monitor_keep_only(int *keep, size_t n);

/** monitor_bring_up() - from the records on disk to a command that runs: monitor_prepare() and monitor_go() */
int monitor_bring_up(struct monitor *m, struct err *err);

/** monitor_prepare() - the part of it up to the gate, where everything but the command is there */
int monitor_prepare(struct monitor *m, struct err *err);

/** monitor_go() - let the command be executed */
int monitor_go(struct monitor *m, struct err *err);

/**
 * monitor_gate() - prepared: report that, wait until somebody starts it, and let the command be executed
 * Return: 0 when it runs, 1 if it was stopped before, or a negative errno
 */
int monitor_gate(struct monitor *m, struct err *err);

/** monitor_cgroup_make() - the group for the next run: @l is told of it */
int monitor_cgroup_make(struct monitor *m, struct launch *l, struct err *err);

/** monitor_cgroup_alert() - the kernel has killed something of it for want of memory, or something near to that */
void monitor_cgroup_alert(struct monitor *m);

/** monitor_cgroup_end() - the run has ended: nothing is left in the group, and what it counted is known */
void monitor_cgroup_end(struct monitor *m);

/** monitor_write_state() - state.json: what readers see while the container runs, or is between two runs */
int monitor_write_state(const struct monitor *m, struct err *err);

/** monitor_settle() - let go of what only a start needs; whether that succeeded or not */
void monitor_settle(struct monitor *m);

/** monitor_policy() - read from the record when the container is to be started again */
void monitor_policy(struct monitor *m);

/** monitor_reload() - container.json has changed */
int monitor_reload(struct monitor *m, struct err *err);

/**
 * monitor_stop() - begin to stop the container; a later, more impatient request counts
 * @seconds: until SIGKILL, -1: as recorded
 * @sig:     0: as recorded
 */
void monitor_stop(struct monitor *m, int seconds, int sig);

/** monitor_restart() - stop the container, and start it again at once */
void monitor_restart(struct monitor *m, int seconds, int sig);

/** monitor_request() - serve a client's request (relay.h) */
void monitor_request(void *arg, struct relay_client *c, const struct frame *f);

/** monitor_turn() - serve what comes, @until at the latest (clock_ms(), 0 for never) */
void monitor_turn(struct monitor *m, int64_t until);

/** monitor_health_begin() - before the command runs: read what is to be checked; nothing is known yet */
void monitor_health_begin(struct monitor *m);

/** monitor_health_reload() - container.json has changed; @before: its "health" until now */
void monitor_health_reload(struct monitor *m, const json_t *before);

/** monitor_health_turn() - begin or end what is due; Return: when to come again, clock_ms(), 0 for never */
int64_t monitor_health_turn(struct monitor *m);

/** monitor_health_ask() - a client wants a check now; it is answered when that is done */
void monitor_health_ask(struct monitor *m, struct relay_client *c);

/** monitor_health_reaped() - whether this child was a check, whose result is taken */
bool monitor_health_reaped(struct monitor *m, pid_t pid, int status);

/** monitor_health_end() - the container has ended: no check any more; idempotent */
void monitor_health_end(struct monitor *m);

/** monitor_health_keep() - what is known of its health becomes one of its records */
void monitor_health_keep(struct monitor *m);

/** monitor_failed() - note that a start has failed, as an end of the container */
void monitor_failed(struct monitor *m, const struct err *err);

/**
 * monitor_start_again() - the container has ended: start it again, if it is to be, when it is time
 * Return: true when it runs; false when it stays as it is
 */
bool monitor_start_again(struct monitor *m);

/** monitor_write_exit() - exit.json: how it ended */
void monitor_write_exit(struct monitor *m);

/** monitor_tell_end() - the event of it, once; @removed: the container is gone with it */
void monitor_tell_end(struct monitor *m, bool removed);

/** monitor_tidy() - undo what a start has set up; idempotent */
void monitor_tidy(struct monitor *m);

/** monitor_tear_down() - undo everything, record the end, and let go of the lock */
void monitor_tear_down(struct monitor *m);

/** monitor_finish() - what nobody waits for: the network helper's end and, with --rm, the container's files */
void monitor_finish(struct monitor *m);

#endif
