/*
 * Starting a container again.
 *
 * The monitor stays: lock, control socket, log and the ports that were chosen are the same.  Between two runs state.json says
 * "restarting", and exit.json how the last run ended, so that a monitor that is killed then leaves a container that has
 * exited like any other.  Clients learn each end as the end; who comes between two runs gets the next one.
 */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/client.h"
#include "runtime/ctrmount.h"
#include "runtime/event.h"

#include <stdio.h>

void monitor_policy(struct monitor *m)
{
	m->policy = (struct restart_policy){0};
	restart_parse(json_get_str(m->record, "restart", ""), &m->policy, NULL);
}

int monitor_reload(struct monitor *m, struct err *err)
{
	_cleanup_json_ json_t *health = json_incref(json_object_get(m->record, "health"));
	int r = container_reload(m->c, err);

	if (r < 0)
		return r;
	m->record = m->c->record;
	monitor_policy(m);
	monitor_health_reload(m, health);
	/* what waits for a start that is not wanted any more has ended */
	if (m->waiting && m->policy.when == RESTART_NO)
		m->due = 0;
	return 0;
}

void monitor_failed(struct monitor *m, const struct err *err)
{
	m->exit_code = err->code == ERR_EXEC_NOTFOUND ? 127
		       : err->code == ERR_EXEC_FAILED ? 126
						      : 125;
	snprintf(m->error, sizeof(m->error), "%.255s", err->msg);
	clock_text_now(m->finished_at);
}

/* ms until the next start, or -1 for none */
static int64_t decide(struct monitor *m, int64_t ran_ms)
{
	if (m->again) {
		m->restart = (struct restart){0};
		return 0;
	}
	if (m->stopping || m->by_user)
		return -1;
	return restart_after(&m->restart, &m->policy, m->exit_code, ran_ms);
}

/* as if it had never run, but for what is to be told about it */
static void reset(struct monitor *m)
{
	monitor_tidy(m);
	net_done(&m->net);
	m->net = (struct net)NET_INIT;
	m->init = (struct launched)LAUNCHED_INIT;
	m->net_restarts = 0;
	m->userns = 0;
	m->cgroup.oom = m->cgroup.pids_max = 0;
	m->start_time = 0;
	m->ended = m->stopping = m->forced = m->paused = m->by_user = false;
	m->kill_at = m->drain_until = m->limit_at = 0;
}

/* Return: whether it is to be started now */
static bool back_off(struct monitor *m, int64_t delay)
{
	m->due = clock_ms() + delay;
	m->waiting = true;
	/* first this: whoever reads an end beside it knows that it is not the last one */
	monitor_write_state(m, NULL);
	monitor_write_exit(m);
	monitor_tell_end(m, false);
	relay_over(&m->relay, m->exit_code, CLIENT_STARTS);
	m->idle = false;
	while (m->due && !m->stopping && !m->again && clock_ms() < m->due)
		monitor_turn(m, m->due);
	return m->due && !m->stopping;
}

bool monitor_start_again(struct monitor *m)
{
	int64_t ran = clock_ms() - m->began;

	for (;;) {
		struct err err = {0};
		int64_t delay = decide(m, ran);

		if (delay < 0)
			return false;
		reset(m);
		if (!back_off(m, delay))
			return false;
		if (m->again)
			m->restart = (struct restart){0};
		m->again = false;
		m->error[0] = '\0';
		event_container(m->c, "restart", NULL);
		/* two mounts of one writable layer would spoil it; when it is unmounted the next try succeeds */
		if (ctrmount_check(m->c, &err) == 0 && monitor_bring_up(m, &err) == 0) {
			relay_answer(&m->relay, CLIENT_STARTS, NULL);
			return true;
		}
		/* it counts as an end: what is missing now may be there later */
		monitor_settle(m);
		monitor_failed(m, &err);
		relay_answer(&m->relay, CLIENT_STARTS, &err);
		ran = 0;
	}
}
