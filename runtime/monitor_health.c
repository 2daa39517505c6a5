/*
 * The monitor's side of health checks: when one is due, and what follows from its result.
 *
 * Each check is a child (health_check.h) that writes health.json itself; from its exit code the monitor knows as much, as both
 * count with the same function from the same state.  There is one at a time, at most.
 */
#include "runtime/monitor_parts.h"

#include "runtime/base/proc.h"
#include "runtime/client.h"
#include "runtime/health_check.h"
#include "runtime/health_record.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* beyond its own time: a child that has not ended a check by then hangs, in a file system perhaps */
#define GRACE_MS 10000
/* after a check that came to nothing */
#define AGAIN_MS 1000
/* when the container has ended */
#define END_MS	  1000
#define END_TRIES 200

static int64_t ran(const struct monitor *m)
{
	return clock_ms() - m->began;
}

/* The first check does not wait for a long interval, so what comes up quickly is healthy soon. */
static void plan_first(struct monitor *m)
{
	struct monitor_health *h = &m->health;
	int64_t pause = health_pause(&h->now, &h->conf, 0);

	h->planned = true;
	if (pause)
		h->due = m->began + (pause < HEALTH_FIRST ? pause : HEALTH_FIRST);
}

/* Should it fail, the next one comes when the first one would have come without it. */
static void plan_next(struct monitor *m, bool early, bool was_startup)
{
	struct monitor_health *h = &m->health;
	int64_t pause = health_pause(&h->now, &h->conf, ran(m));

	if (!pause)
		h->due = 0;
	else if (was_startup && h->now.begun)
		h->due = clock_ms();
	else if (early && h->now.status == HEALTH_STARTING)
		h->due = m->began + health_pause(&h->now, &h->conf, 0);
	else
		h->due = clock_ms() + pause;
}

static const json_t *health_of(const struct monitor *m)
{
	return json_object_get(m->record, "health");
}

static void write_down(struct monitor *m)
{
	_cleanup_json_ json_t *old = health_read_last(m->c);

	health_write(m->c, m->job->runfd, old, &m->health.now, &m->health.conf, NULL, NULL);
}

void monitor_health_begin(struct monitor *m)
{
	struct monitor_health *h = &m->health;

	*h = (struct monitor_health){.first = true};
	health_conf_read(m->record, &h->conf);
	if (!h->conf.on)
		return;
	write_down(m);
}

void monitor_health_reload(struct monitor *m, const json_t *before)
{
	struct monitor_health *h = &m->health;
	bool was = h->conf.on;

	/* the next start reads it anyway */
	if (!m->started || m->waiting || m->ended || json_equal(before, health_of(m)))
		return;
	health_conf_read(m->record, &h->conf);
	h->first = false;
	h->planned = true;
	/* a check under way is one of the old kind */
	h->rest = h->pid != 0;
	if (!h->conf.on) {
		unlinkat(m->job->runfd, HEALTH_FILE, 0);
		h->due = 0;
		return;
	}
	if (!was) {
		h->now = (struct health){0};
		write_down(m);
	}
	plan_next(m, false, false);
}

/* it stands still, or is about to, or to end */
static bool must_rest(const struct monitor *m)
{
	return m->stopping || m->ended || m->paused || m->still.coming || m->still.reached;
}

static void refuse(struct monitor *m)
{
	struct err err = {0};

	if (!relay_marked(&m->relay, CLIENT_ASKS | CLIENT_CHECKS))
		return;
	if (m->stopping || m->ended)
		err_say(&err, EBUSY, "it is being stopped");
	else if (!m->health.conf.on)
		err_say(&err, ENOENT, "it has no health check");
	else
		err_say(&err, EBUSY, "it is paused, so it cannot be checked");
	relay_answer(&m->relay, CLIENT_ASKS | CLIENT_CHECKS, &err);
}

/* those who wait for the check that is under way */
static void cut_short(struct monitor *m)
{
	struct err err = {0};

	err_say(&err, HEALTH_E_STOPPED, "it was stopped while it was checked");
	relay_answer(&m->relay, CLIENT_CHECKS, &err);
}

_Noreturn static void child_main(struct monitor *m, pid_t parent)
{
	const struct health_job job = {.c = m->c,
		.conf = &m->health.conf,
		.health = &m->health.now,
		.lenient = m->health.lenient,
		.runfd = m->job->runfd,
		.sigfd = m->sigfd,
		.init = m->init.pidfd};
	int keep[] = {m->cs->store->fd, m->cs->rundir, m->c->dirfd, m->job->runfd, m->sigfd,
		m->init.pidfd};

	proc_die_with(parent, SIGKILL);
	/* above all the lock, the sockets of clients and the container's own pipes */
	monitor_keep_only(keep, ARRAY_SIZE(keep));
	m->c->runfd = -EBADF;
	_exit(health_check(&job));
}

static void begin_check(struct monitor *m)
{
	struct monitor_health *h = &m->health;
	int64_t now = clock_ms(), usual = health_pause(&h->now, &h->conf, 0);
	bool asked = relay_marked(&m->relay, CLIENT_ASKS);
	pid_t self = getpid(), pid;

	h->early = h->first && !asked && now < m->began + usual;
	h->lenient = h->early || health_is_lenient(&h->now, &h->conf, now - m->began);
	h->first = false;
	h->rest = false;
	h->due = 0;
	pid = fork();
	if (pid == 0)
		child_main(m, self);
	if (pid < 0) {
		h->due = now + AGAIN_MS;
		return;
	}
	h->pid = pid;
	h->limit = now + health_timing(&h->now, &h->conf)->timeout + GRACE_MS;
	relay_remark(&m->relay, CLIENT_ASKS, CLIENT_CHECKS);
}

/* @until, or @at if that is sooner; 0 is never */
static int64_t earlier(int64_t until, int64_t at)
{
	return !until || (at && at < until) ? at : until;
}

int64_t monitor_health_turn(struct monitor *m)
{
	struct monitor_health *h = &m->health;
	int64_t now;

	if (!h->conf.on && !h->pid)
		return 0;
	if (!h->planned)
		plan_first(m);
	now = clock_ms();
	if (h->pid) {
		if ((must_rest(m) || h->rest) && !h->told) {
			h->told = true;
			kill(h->pid, SIGTERM);
		}
		if (now < h->limit)
			return h->limit;
		kill(h->pid, SIGKILL);
		return now + AGAIN_MS;
	}
	if (must_rest(m) || !h->conf.on) {
		refuse(m);
		return 0;
	}
	if (relay_marked(&m->relay, CLIENT_ASKS) || (h->due && now >= h->due))
		begin_check(m);
	return earlier(h->due, h->pid ? h->limit : 0);
}

static void act(struct monitor *m, enum health_action action)
{
	if (action == HEALTH_NOTHING || m->ended || m->stopping)
		return;
	if (health_is_startup(&m->health.now, &m->health.conf))
		snprintf(m->error, sizeof(m->error), "its start-up check failed %u times",
			m->health.now.tries);
	else
		snprintf(m->error, sizeof(m->error), "its health check failed %u times in a row",
			m->health.now.streak);
	if (action == HEALTH_STOP)
		monitor_stop(m, -1, 0);
	else if (action == HEALTH_RESTART)
		monitor_restart(m, -1, 0);
	else
		proc_pidfd_kill(m->init.pidfd, SIGKILL);
}

static void take_result(struct monitor *m, bool passed, bool lost)
{
	struct monitor_health *h = &m->health;
	bool startup = health_is_startup(&h->now, &h->conf);
	enum health_status was = h->now.status;
	enum health_action action = health_count(&h->now, &h->conf, passed, h->lenient);
	struct err err = {0};

	if (!passed)
		err_say(&err, HEALTH_E_FAILED, "the check failed");
	relay_answer(&m->relay, CLIENT_CHECKS, passed ? NULL : &err);
	/* it could not do it itself */
	if (lost)
		write_down(m);
	if (was != HEALTH_HEALTHY && h->now.status == HEALTH_HEALTHY)
		sdnotify_healthy(&m->notify);
	plan_next(m, h->early, startup);
	act(m, action);
}

bool monitor_health_reaped(struct monitor *m, pid_t pid, int status)
{
	struct monitor_health *h = &m->health;
	bool void_, told = h->told;

	if (!h->pid || pid != h->pid)
		return false;
	h->pid = 0;
	h->told = false;
	void_ = WIFEXITED(status) && WEXITSTATUS(status) == HEALTH_CHECK_VOID;
	if (m->ended || void_ || (told && WIFSIGNALED(status))) {
		if (m->ended || m->stopping)
			cut_short(m);
		/* who asked for it is told why when it cannot be done again */
		relay_remark(&m->relay, CLIENT_CHECKS, CLIENT_ASKS);
		h->due = h->conf.on && health_timing(&h->now, &h->conf)->interval
				 ? clock_ms() + (void_ && !told ? AGAIN_MS : 0)
				 : 0;
		return true;
	}
	take_result(m, WIFEXITED(status) && WEXITSTATUS(status) == HEALTH_CHECK_PASSED,
		!WIFEXITED(status));
	return true;
}

void monitor_health_end(struct monitor *m)
{
	struct monitor_health *h = &m->health;

	if (h->pid && !h->told)
		kill(h->pid, SIGTERM);
	/* it sees by itself that the container has ended */
	for (int i = 0; h->pid && i < END_TRIES; i++) {
		if (waitpid(h->pid, NULL, WNOHANG) == h->pid)
			h->pid = 0;
		else
			clock_sleep_ms(END_MS / END_TRIES);
	}
	if (h->pid) {
		kill(h->pid, SIGKILL);
		proc_wait(h->pid);
	}
	cut_short(m);
	refuse(m);
	h->pid = 0;
	h->due = 0;
}

void monitor_health_ask(struct monitor *m, struct relay_client *c)
{
	client_mark(c, CLIENT_ASKS);
	if (m->waiting || !m->health.conf.on || must_rest(m))
		refuse(m);
}

void monitor_health_keep(struct monitor *m)
{
	_cleanup_json_ json_t *j = m->health.conf.on ? health_read(m->c) : NULL;

	if (j)
		json_write_at(m->c->dirfd, HEALTH_FILE, j, 0, NULL);
}
