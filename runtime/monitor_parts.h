/*
 * monitor_parts - what the files of the monitor share
 *
 * monitor.c is its life and its loop, monitor_detach.c how it becomes a process of its own, monitor_start.c how
 * it brings the container up, monitor_end.c how it undoes that.  Nobody else includes this.
 */
#ifndef RL_RUNTIME_MONITOR_PARTS_H
#define RL_RUNTIME_MONITOR_PARTS_H

#include "network/net.h"
#include "runtime/base/clock.h"
#include "runtime/launch.h"
#include "runtime/monitor.h"
#include "runtime/relay.h"
#include "runtime/standstill.h"
#include "userns/userns.h"

struct monitor {
	const struct monitor_job *job;
	const struct containers *cs;
	const struct container *c;
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
	int image; /* keeps a shared image in its store */
	int root;  /* the container's root where it is mounted here (mapped.h) */
	pid_t fs_helper;
	unsigned net_restarts;
	bool has_mounts, started, ended, stopping, paused, remove;
	struct standstill still;
	ino_t userns;
	struct strv volumes; /* those that went with the container: where they wait to be deleted */
	char started_at[CLOCK_TEXT_MAX], error[256], trash[64], tree[META_PATH_MAX];
	int exit_code;
	int64_t kill_at, drain_until; /* monotonic ms; 0: not set */
	uint64_t start_time;
};

/** monitor_detach() - let go of all that was the command line's, and make the loop */
int monitor_detach(struct monitor *m, struct err *err);

/** monitor_bring_up() - from the records on disk to a command that runs */
int monitor_bring_up(struct monitor *m, struct err *err);

/** monitor_write_state() - state.json: what readers see while the container runs */
int monitor_write_state(const struct monitor *m, struct err *err);

/** monitor_tear_down() - undo everything, record the end, and let go of the lock */
void monitor_tear_down(struct monitor *m);

/** monitor_finish() - what nobody waits for: the network helper's end and, with --rm, the container's files */
void monitor_finish(struct monitor *m);

#endif
