/*
 * The gate: a container that is set up, and whose command waits for a start.
 *
 * Everything is there but the command: namespaces, mounts, network, and the process that is going to execute it.  The records
 * in the store say nothing of it before the command is executed, so a stop, or the death of the monitor, leaves the container
 * as it was.
 */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/client.h"
#include "runtime/event.h"

int monitor_gate(struct monitor *m, struct err *err)
{
	int r;

	m->gate = true;
	r = monitor_write_state(m, err);
	if (r < 0)
		return r;
	event_container(m->c, "init", NULL);
	err_send(m->job->status, &(struct err){0});
	fd_close(m->job->status);
	m->idle = false;
	while (!m->again && !m->stopping && !m->ended)
		monitor_turn(m, 0);
	if (m->stopping)
		return 1;
	m->again = false;
	r = m->ended ? err_say(err, ECHILD,
			       "the container's process ended before its command was executed")
		     : monitor_go(m, err);
	m->gate = false;
	if (r < 0)
		monitor_failed(m, err);
	relay_answer(&m->relay, CLIENT_STARTS, r < 0 ? err : NULL);
	return r;
}
