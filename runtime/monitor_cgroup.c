/* The container's control group, as its monitor sees to it (cgroup.h). */
#include "runtime/monitor_parts.h"

#include "runtime/cgroup_limits.h"
#include "runtime/event.h"
#include "runtime/group.h"

/* a container in which something is killed over and over does not fill the log of events */
#define OOM_EVENT_MS 1000

/* What is done to a new group before anything is in it. */
static int dress(struct monitor *m, struct err *err)
{
	const char *why = *m->cgroup.why ? m->cgroup.why : NULL;
	uint32_t uid = 0, gid = 0;
	int r = cgroup_apply(m->cgroup.fd, why, m->config, NULL, err);

	if (r == 0 && m->cgroup.events >= 0)
		r = relay_alert(&m->relay, m->cgroup.events, err);
	if (r < 0)
		return r;
	/* an init that makes groups of its own; the limits stay the user's */
	if (m->cgroup.fd < 0 || !json_get_bool(m->record, "systemd", false))
		return 0;
	cgroup_owner(m->config, &uid, &gid);
	return group_give(m->cgroup.fd, uid, gid, err);
}

static int place(void *arg, pid_t pid, struct err *err)
{
	struct monitor *m = arg;
	int r = cgroup_place(&m->cgroup, pid, err);

	return r < 0 ? r : dress(m, err);
}

int monitor_cgroup_make(struct monitor *m, struct launch *l, struct err *err)
{
	int r = cgroup_join(&m->cgroup, err);

	if (r < 0)
		return r;
	if (cgroup_is_late(&m->cgroup)) {
		l->place = place;
		l->place_arg = m;
		return 0;
	}
	r = cgroup_make(&m->cgroup, err);
	if (r == 0)
		r = dress(m, err);
	l->cgroup = m->cgroup.fd;
	return r;
}

void monitor_cgroup_alert(struct monitor *m)
{
	int64_t now = clock_ms();

	if (cgroup_look(&m->cgroup) < 0)
		relay_no_alert(&m->relay, m->cgroup.events);
	if (m->cgroup.oom <= m->oom_told || (m->oom_at && now - m->oom_at < OOM_EVENT_MS))
		return;
	m->oom_told = m->cgroup.oom;
	m->oom_at = now;
	event_container(m->c, "oom", NULL);
}

void monitor_cgroup_end(struct monitor *m)
{
	m->still.group = -EBADF;
	relay_no_alert(&m->relay, m->cgroup.events);
	cgroup_end(&m->cgroup);
	if (m->cgroup.oom > m->oom_told)
		event_container(m->c, "oom", NULL);
	m->oom_told = 0;
	m->oom_at = 0;
}
