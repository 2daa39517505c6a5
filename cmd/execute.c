#include "cmd/execute.h"

#include "cmd/foreground.h"
#include "runtime/attach.h"
#include "runtime/base/fd.h"
#include "runtime/event.h"
#include "runtime/joined.h"
#include "runtime/seccomp_cache.h"

static int join_it(struct container *c, struct execute *o, struct joined *j, struct launched *l,
	struct err *err)
{
	_cleanup_json_ json_t *config = NULL, *process = NULL;
	_cleanup_close_ int cache = -EBADF;
	struct join join = {
		.pid = c->pid, .start_time = c->start_time, .privileged = o->e.privileged};
	int r = container_config(c, &config, err);

	if (r == 0)
		r = spec_exec(c, config, &o->e, &process, err);
	if (r == 0 && !o->e.tty)
		r = joined_stdio(j, o->e.interactive && !o->e.detach, o->e.detach, err);
	if (r < 0)
		return r;
	cache = seccomp_cache_open(c->cs->store);
	join.seccomp_cache = cache;
	join.bundle = c->dirfd;
	join.group = json_get_str(c->state, "cgroup", NULL);
	join.preserve = &o->preserve;
	join.config = config;
	join.process = process;
	memcpy(join.stdio, j->stdio, sizeof(join.stdio));
	r = launch_join(&join, l, err);
	joined_started(j);
	preserve_close(&o->preserve);
	return r;
}

int execute_in(struct container *c, struct execute *o, struct err *err)
{
	_cleanup_(joined_done) struct joined j = JOINED_INIT;
	_cleanup_close_ int joining = container_joining(c, err);
	struct launched l = LAUNCHED_INIT;
	bool detached = false;
	int r;

	if (joining < 0)
		return joining;
	r = join_it(c, o, &j, &l, err);
	joining = fd_close(joining);
	if (r < 0)
		return r;
	event_container(c, "exec", NULL);
	if (!o->e.detach)
		r = joined_run(&j, &l, o->e.interactive,
			o->detach_keys ? o->detach_keys : ATTACH_DETACH_KEYS, &detached, err);
	if (detached)
		foreground_leave();
	if ((detached || o->e.detach) && l.console >= 0 && r >= 0)
		r = joined_abandon(&l, err);
	if (!detached && !o->e.detach && r >= 0)
		event_container(c, "exec_died", &(struct event){.has_exit = true, .exit_code = r});
	fd_close(l.console);
	fd_close(l.pidfd);
	fd_close(l.sync);
	return r;
}
