/* The monitor's life, and its loop while the container runs (monitor.h). */
#include "runtime/monitor.h"

#include "runtime/monitor_parts.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/event.h"
#include "runtime/shared_ns.h"
#include "runtime/standstill.h"
#include "runtime/state.h"
#include "storage/driver.h"
#include "userns/userns.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* how long output is still waited for when init is gone but somebody else holds the pipes open */
#define DRAIN_MS 500
/* an idle monitor gives memory back after this time */
#define IDLE_MS 1000
/* a network helper that dies is started again this often */
#define NET_RESTARTS 3

static int record_paused(void *arg, bool paused, struct err *err)
{
	struct monitor *m = arg;
	int r;

	m->paused = paused;
	r = monitor_write_state(m, err);
	if (r == 0)
		event_container(m->c, paused ? "pause" : "unpause", NULL);
	return r;
}

static void network_lost(struct monitor *m)
{
	struct err err = {0};

	m->net.helper = 0;
	net_done(&m->net);
	m->net = (struct net)NET_INIT;
	if (m->ended)
		return;
	if (m->net_restarts++ < NET_RESTARTS &&
		(net_start(&m->net, &m->net_conf, m->job->runfd, m->init.netns, &err) < 0 ||
			net_ready(&m->net, &err) < 0))
		net_done(&m->net);
	monitor_write_state(m, NULL);
}

static void reap(struct monitor *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (monitor_health_reaped(m, pid, status))
			continue;
		if (pid == m->init.pid) {
			m->ended = true;
			clock_text_now(m->finished_at);
			m->exit_code =
				WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			standstill_done(&m->still);
			shared_ns_kill(m->userns, NULL);
			monitor_cgroup_end(m);
			m->drain_until = clock_ms() + DRAIN_MS;
			relay_drain(&m->relay);
		} else if (pid == m->fs_helper) {
			/* every access to the root fails from now on */
			m->fs_helper = 0;
			snprintf(m->error, sizeof(m->error),
				"the file system helper ended unexpectedly");
			proc_pidfd_kill(m->init.pidfd, SIGKILL);
		} else if (pid == m->net.helper) {
			network_lost(m);
		}
	}
}

static void take_signals(struct monitor *m)
{
	struct signalfd_siginfo si;

	while (read(m->sigfd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(m);
		else if (si.ssi_signo == SIGTERM || si.ssi_signo == SCOPE_STOP_SIGNAL)
			monitor_stop(m, -1, 0);
	}
}

/* @timeout, -1 for none, or what is left until @at, 0 for never */
static int64_t sooner(int64_t timeout, int64_t at, int64_t now)
{
	if (!at || (timeout >= 0 && at - now >= timeout))
		return timeout;
	return at > now ? at - now : 0;
}

void monitor_turn(struct monitor *m, int64_t until)
{
	int64_t before = clock_ms(), timeout = m->idle ? -1 : IDLE_MS;

	timeout = sooner(timeout, until, before);
	timeout = sooner(timeout, m->still.due, before);
	if (relay_turn(&m->relay, timeout > INT32_MAX ? INT32_MAX : (int)timeout))
		take_signals(m);
	standstill_turn(&m->still);
	if (m->idle) {
		m->idle = false;
	} else if (clock_ms() - before >= IDLE_MS) {
		relay_shrink(&m->relay);
		m->idle = true;
	}
}

/* Return: when the next of these deadlines is; 0 for never */
static int64_t next_deadline(const struct monitor *m)
{
	if (m->ended)
		return m->drain_until;
	if (!m->kill_at || !m->limit_at)
		return m->kill_at ? m->kill_at : m->limit_at;
	return m->kill_at < m->limit_at ? m->kill_at : m->limit_at;
}

static void kill_now(struct monitor *m, int64_t now)
{
	if (m->limit_at && m->limit_at <= now) {
		m->limit_at = 0;
		snprintf(m->error, sizeof(m->error), "its time was over: --timeout %d",
			(int)json_get_int(m->record, "timeout", 0));
	}
	/* the deadline moves on: should the kernel be busy, the kill is repeated */
	m->kill_at = now + 1000;
	m->forced = true;
	/* all at once: however fast they multiply */
	cgroup_kill(&m->cgroup);
	proc_pidfd_kill(m->init.pidfd, SIGKILL);
}

static void run(struct monitor *m)
{
	m->idle = false;
	relay_start(&m->relay);
	m->still.init = m->init.pid;
	m->still.group = m->cgroup.fd;
	while (!m->ended || !relay_drained(&m->relay)) {
		int64_t check = monitor_health_turn(m), now = clock_ms(), at = next_deadline(m);

		if (!at || at > now)
			monitor_turn(m, check && (!at || check < at) ? check : at);
		else if (m->ended)
			break;
		else
			kill_now(m, now);
	}
}

static void failed_to_start(struct monitor *m, const struct err *err)
{
	monitor_failed(m, err);
	m->remove = m->job->remove_on_failure;
	fd_close(m->job->attach);
	monitor_tear_down(m);
	err_send(m->job->status, err);
	monitor_finish(m);
	_exit(0);
}

static void on_notify(void *arg)
{
	const struct monitor *m = arg;

	sdnotify_relay(&m->notify);
}

static void on_alert(void *arg)
{
	monitor_cgroup_alert(arg);
}

static void report_start(struct monitor *m)
{
	if (m->job->attach >= 0)
		relay_add(&m->relay, m->job->attach, true);
	err_send(m->job->status, &(struct err){0});
	fd_close(m->job->status);
}

void monitor_run(const struct monitor_job *job)
{
	struct monitor m = {.job = job,
		.c = job->c,
		.cs = job->c->cs,
		.record = job->c->record,
		.net = NET_INIT,
		.init = LAUNCHED_INIT,
		.relay = RELAY_INIT,
		.still = STANDSTILL_INIT,
		.notify = SDNOTIFY_INIT,
		.cgroup = CGROUP_INIT,
		.log = CTRLOG_INIT,
		.hold = -EBADF,
		.cache = -EBADF,
		.image = -EBADF,
		.root = -EBADF,
		.rootfs.data = -EBADF};
	struct err err = {0};
	int r;

	m.net.conf = &m.net_conf;
	m.relay.log = &m.log;
	m.relay.on_request = monitor_request;
	m.relay.on_notify = on_notify;
	m.relay.on_alert = on_alert;
	m.relay.arg = &m;
	m.still.relay = &m.relay;
	m.still.runfd = job->runfd;
	m.still.record = record_paused;
	m.still.arg = &m;
	sdnotify_begin(&m.notify, m.record);
	m.remove = json_get_bool(m.record, "autoRemove", false);
	ctrlog_format_parse(json_get_str(m.record, "logDriver", ""), &m.log.format);
	r = monitor_detach(&m, &err);
	if (r == 0)
		r = job->gate ? monitor_prepare(&m, &err) : monitor_bring_up(&m, &err);
	if (r < 0)
		failed_to_start(&m, &err);
	if (job->gate)
		r = monitor_gate(&m, &err);
	else
		report_start(&m);
	if (r == 0) {
		monitor_policy(&m);
		do {
			monitor_settle(&m);
			run(&m);
		} while (monitor_start_again(&m));
	}
	monitor_tear_down(&m);
	relay_finish(&m.relay, m.exit_code);
	monitor_finish(&m);
	/* a service of systemd's whose main process this is has failed if the container has, unless it was to stop */
	_exit(m.notify.target && !m.stopping ? m.exit_code & 0xff : 0);
}
