/* What clients ask their monitor for: to stop the container, start it again, let it stand still, … (attach.h). */
#include "runtime/monitor_parts.h"

#include "runtime/base/proc.h"
#include "runtime/client.h"
#include "runtime/ctrmount.h"

#include <signal.h>

void monitor_stop(struct monitor *m, int seconds, int sig)
{
	int64_t at;

	if (m->waiting || m->ended || m->gate) {
		/* there is nothing to stop but the next start */
		m->stopping = true;
		return;
	}
	if (seconds < 0)
		seconds = (int)json_get_int(m->record, "stopTimeout", 10);
	at = clock_ms() + (int64_t)seconds * 1000;
	/* a later, more impatient stop counts */
	if (!m->kill_at || at < m->kill_at)
		m->kill_at = at;
	if (m->stopping)
		return;
	m->stopping = true;
	monitor_write_state(m, NULL);
	if (sig == 0)
		sig = (int)json_get_int(m->record, "stopSignal", SIGTERM);
	if (seconds > 0)
		proc_pidfd_kill(m->init.pidfd, sig);
	/* a signal comes to a stopped process when it goes on */
	standstill_end(&m->still);
}

void monitor_restart(struct monitor *m, int seconds, int sig)
{
	m->again = true;
	if (!m->waiting && !m->ended && !m->gate)
		monitor_stop(m, seconds, sig);
}

static struct attach_stop stop_of(const struct frame *f)
{
	struct attach_stop s = {.seconds = frame_int(f, -1)};

	if (f->len == sizeof(s))
		memcpy(&s, f->data, sizeof(s));
	return s;
}

static void on_stop(struct monitor *m, const struct attach_stop *s)
{
	struct err err = {0};

	err_say(&err, ECANCELED, "it is being stopped");
	relay_answer(&m->relay, CLIENT_STARTS, &err);
	m->again = false;
	m->by_user |= !s->keep;
	monitor_stop(m, s->seconds, s->signal);
}

/* one that could not be started again goes on */
static void on_restart(struct monitor *m, struct relay_client *c, const struct attach_stop *s)
{
	struct err err = {0};

	if (ctrmount_check(m->c, &err) < 0) {
		client_result(c, &err);
		return;
	}
	client_mark(c, CLIENT_STARTS);
	monitor_restart(m, s->seconds, s->signal);
}

/* who wants it to run when it ends anyway gets it started again */
static void on_start(struct monitor *m, struct relay_client *c)
{
	if (!m->waiting && !m->ended && !m->stopping && !m->gate) {
		client_result(c, NULL);
		return;
	}
	client_mark(c, CLIENT_STARTS);
	m->again = true;
}

static void refuse_at_gate(struct relay_client *c)
{
	struct err err = {0};

	err_say(&err, ESRCH, "it has not been started yet");
	client_result(c, &err);
}

/* signals that are meant to end it */
static bool is_final(const struct monitor *m, int sig)
{
	return sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == SIGQUIT ||
	       sig == (int)json_get_int(m->record, "stopSignal", SIGTERM);
}

static void on_killing(struct monitor *m, struct relay_client *c, int sig)
{
	struct err err = {0};

	if (m->gate) {
		refuse_at_gate(c);
		return;
	}
	if (is_final(m, sig)) {
		m->by_user = true;
		m->again = false;
		if (m->waiting)
			m->stopping = true;
	} else if (m->waiting) {
		err_say(&err, ESRCH, "it does not run just now, but waits to be started again");
	}
	client_result(c, &err);
}

static void on_reload(struct monitor *m, struct relay_client *c)
{
	struct err err = {0};

	monitor_reload(m, &err);
	client_result(c, &err);
}

void monitor_request(void *arg, struct relay_client *c, const struct frame *f)
{
	struct monitor *m = arg;
	struct attach_stop s = stop_of(f);

	switch (f->type) {
	case ATTACH_STOP:
		on_stop(m, &s);
		break;
	case ATTACH_RESTART:
		on_restart(m, c, &s);
		break;
	case ATTACH_START:
		on_start(m, c);
		break;
	case ATTACH_KILLING:
		on_killing(m, c, frame_int(f, 0));
		break;
	case ATTACH_RELOAD:
		on_reload(m, c);
		break;
	case ATTACH_HEALTH:
		monitor_health_ask(m, c);
		break;
	default:
		if (m->gate)
			refuse_at_gate(c);
		else
			standstill_request(&m->still, c, f->type);
		break;
	}
}
