/* How the monitor ends: what was set up is undone, and the end recorded. */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/event.h"
#include "runtime/state.h"
#include "storage/driver.h"
#include "storage/volume.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_exit(struct monitor *m)
{
	char finished[CLOCK_TEXT_MAX];
	/* a start that failed does not undo that the container ran before */
	const char *started = m->started ? m->started_at : json_get_str(m->c->exit, "started", "");
	_cleanup_json_ json_t *j =
		json_pack("{s:i, s:i, s:s, s:s, s:b}", "version", 1, "exitCode", m->exit_code,
			"started", started, "finished", clock_text_now(finished), "oomKilled", 0);

	json_set_str(j, "error", m->error);
	if (json_write_at(m->c->dirfd, "exit.json", j, 0, NULL) == 0)
		return;
	/* the disk is full: the runtime directory is another file system, and readers look there too */
	json_write_at(m->job->runfd, "exit.json", j, 0, NULL);
}

/* the records say already what they tell of */
static void tell_end(const struct monitor *m, bool removed)
{
	const struct event died = {.has_exit = true, .exit_code = m->exit_code};

	if (m->started)
		event_container(m->c, "died", &died);
	if (m->started && m->stopping)
		event_container(m->c, "stop", NULL);
	if (removed)
		event_container(m->c, "remove", NULL);
}

void monitor_tear_down(struct monitor *m)
{
	struct stat st;
	bool removed;

	launch_done(&m->init);
	net_stop(&m->net);
	if (m->driver && m->driver->stop)
		m->driver->stop(&m->rootfs, m->fs_helper);
	ctrlog_done(&m->log);
	removed = m->remove && state_retire(m->cs, m->c->id, m->c->name, m->trash, NULL) == 0;
	if (removed)
		volume_release(m->cs->store, m->record, &m->volumes);
	else
		write_exit(m);
	tell_end(m, removed);
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
	if (*m->trash)
		fs_remove_tree_at(m->cs->store->fd, m->trash, NULL);
	strv_foreach (i, path, &m->volumes)
		fs_remove_tree_at(m->cs->store->fd, path, NULL);
}
