/* How the monitor ends: what was set up is undone, and the end recorded. */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "runtime/state.h"
#include "storage/driver.h"
#include "storage/image.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void monitor_write_exit(struct monitor *m)
{
	/* a start that failed does not undo that the container ran before */
	const char *started = m->started ? m->started_at : json_get_str(m->c->exit, "started", "");
	_cleanup_json_ json_t *j = json_pack("{s:i, s:i, s:s, s:s, s:b}", "version", 1, "exitCode",
		m->exit_code, "started", started, "finished", m->finished_at, "oomKilled",
		m->cgroup.oom > 0);

	json_set_str(j, "error", m->error);
	if (m->restart.count)
		json_object_set_new(j, "restartCount", json_integer((json_int_t)m->restart.count));
	if (m->cgroup.pids_max)
		json_object_set_new(j, "pidsMax", json_integer((json_int_t)m->cgroup.pids_max));
	if (m->by_user)
		json_object_set_new(j, "stoppedByUser", json_true());
	if (m->stopping)
		json_set_str(j, "stopped", m->forced ? "forced" : "asked");
	if (json_write_at(m->c->dirfd, "exit.json", j, 0, NULL) == 0)
		return;
	/* the disk is full: the runtime directory is another file system, and readers look there too */
	json_write_at(m->job->runfd, "exit.json", j, 0, NULL);
}

/* the records say already what they tell of */
void monitor_tell_end(struct monitor *m, bool removed)
{
	const struct event died = {.has_exit = true, .exit_code = m->exit_code};

	if (m->started && !m->told)
		event_container(m->c, "died", &died);
	m->told = true;
	if (m->started && m->stopping)
		event_container(m->c, "stop", NULL);
	if (removed)
		event_container(m->c, "remove", NULL);
}

void monitor_tidy(struct monitor *m)
{
	monitor_health_end(m);
	launch_done(&m->init);
	/* a start that failed has left one */
	cgroup_end(&m->cgroup);
	net_stop(&m->net);
	if (m->driver && m->driver->stop)
		m->driver->stop(&m->rootfs, m->fs_helper);
	m->driver = NULL;
	m->fs_helper = 0;
	ctrlog_done(&m->log);
}

/* --rmi: when the container is gone, and nothing else needs it; else it stays, as a name that others use does */
static void remove_image(struct monitor *m)
{
	const char *id = json_get_str(m->record, "imageId", ""),
		   *name = json_get_str(m->record, "image", "");

	m->swept = *m->trash && json_get_bool(m->record, "removeImage", false) &&
		   image_drop(m->cs->store, id, str_is_hex(name, 64) ? NULL : name, 1, NULL,
			   NULL) == 0;
}

void monitor_tear_down(struct monitor *m)
{
	struct stat st;
	bool removed;

	monitor_tidy(m);
	removed = m->remove && state_retire(m->cs, m->c->id, m->c->name, m->trash, NULL) == 0;
	if (removed) {
		container_drop_volumes(m->cs->store, m->record, &m->volumes);
	} else if (!m->gate) {
		monitor_health_keep(m);
		monitor_write_exit(m);
	}
	monitor_tell_end(m, removed);
	remove_image(m);
	if (fstatat(m->job->runfd, "exit.json", &st, 0) == 0)
		unlinkat(m->job->runfd, "state.json", 0);
	else
		state_clear(m->cs, m->c->id);
	relay_unlisten(&m->relay);
	/* the container has ended for everybody; what follows is only talk with those who listened to it */
	fd_close(m->hold);
	fd_close(m->job->lock);
}

void monitor_finish(struct monitor *m)
{
	net_done(&m->net);
	cgroup_done(&m->cgroup);
	if (m->swept)
		store_sweep(m->cs->store);
	else if (*m->trash)
		fs_remove_tree_at(m->cs->store->fd, m->trash, NULL);
	strv_foreach (i, path, &m->volumes)
		fs_remove_tree_at(m->cs->store->fd, path, NULL);
}
