/* How the monitor brings its container up. */
#include "runtime/monitor_parts.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/event.h"
#include "runtime/mapped.h"
#include "runtime/seccomp_cache.h"
#include "runtime/shared_ns.h"
#include "runtime/shared_root.h"
#include "runtime/state.h"
#include "storage/driver.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_records(struct monitor *m, struct err *err)
{
	int r;

	r = container_config(m->c, &m->config, err);
	/* a program that asks at once must not find 0 × 0 because the client's first frame comes later */
	if (r == 0 && m->job->size[0])
		json_object_set_new(json_object_get(m->config, "process"), "consoleSize",
			json_pack(
				"{s:i, s:i}", "height", m->job->size[0], "width", m->job->size[1]));
	/* ports that were chosen once stay the container's */
	if (r == 0 && !m->ready)
		r = net_from_json(json_object_get(m->record, "network"), &m->net_conf, err);
	if (r < 0)
		return r;
	return ctrlog_open_of(&m->log, m->c->dirfd, m->record, err);
}

static int enter_userns(struct monitor *m, pid_t joined, struct err *err)
{
	int r;

	if (m->hold >= 0)
		return 0;
	r = joined > 0 ? userns_enter_of(joined, &m->ns, err)
		       : userns_enter(m->cs->rundir, &m->ns, err);

	if (r < 0)
		return r;
	m->hold = userns_hold(m->cs->rundir, err);
	return m->hold < 0 ? m->hold : 0;
}

/* a mount namespace of ours, once */
static int own_mounts(struct monitor *m, struct err *err)
{
	if (m->has_mounts)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(err, errno, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(err, errno, "make the mount namespace private");
	m->has_mounts = true;
	return store_reopen(m->cs->store, &m->c->dirfd, 1, err);
}

/* The image is in a shared store: it is held anew for each start. */
static int open_shared(struct monitor *m, struct err *err)
{
	int hold = -EBADF,
	    r = shared_root(m->cs->store, m->record, &m->rootfs, m->tree, &hold, err);

	fd_close(m->image);
	m->image = hold;
	return r;
}

static int prepare_rootfs(struct monitor *m, struct err *err)
{
	const char *base = json_get_str(m->record, "base", NULL);
	int r, mapped;

	if (!json_object_get(m->record, "diffIds") && !base)
		return 0; /* config.json's root.path is the root */
	r = store_driver(m->cs->store, true, err);
	if (r < 0)
		return r;
	m->rootfs = (struct rootfs){
		.store = m->cs->store, .dirfd = m->c->dirfd, .fleeting = m->remove, .data = -EBADF};
	m->rootfs.label = json_string_value(json_path(m->config, "linux", "mountLabel", NULL));
	json_get_strv(m->record, "diffIds", &m->rootfs.diff_ids);
	if (base) {
		m->rootfs.base = base;
		m->rootfs.bare = json_get_bool(m->record, "baseBelow", false);
		strv_add(&m->rootfs.diff_ids, base);
	}
	m->driver = m->cs->store->driver;
	/* what is mounted here has to be opened here */
	if (json_object_get(m->record, "idMaps"))
		r = own_mounts(m, err);
	if (r >= 0)
		r = mapped_open(m->record, &m->rootfs, m->tree, &m->image, err);
	mapped = r;
	if (r == 0 && json_object_get(m->record, "sharedStore"))
		r = open_shared(m, err);
	if (r >= 0)
		r = m->driver->prepare(&m->rootfs, err);
	if (r < 0 || (!m->driver->helper && !mapped))
		return r;
	r = own_mounts(m, err);
	/* it stays, and belongs where we are going to be */
	if (r == 0 && m->driver->helper)
		r = cgroup_join(&m->cgroup, err);
	if (r == 0 && m->driver->helper)
		r = m->driver->helper(&m->rootfs, &m->fs_helper, err);
	if (r == 0 && mapped)
		r = m->root = m->driver->mount(&m->rootfs, err);
	if (r >= 0)
		r = mapped_give(m->record, m->c->dirfd, err);
	return r < 0 ? r : mapped_give_volumes(m->cs->store, m->record, err);
}

/*
 * The container executes the host's rl-init, which may belong to the user, whom its root is.  What is read-only here
 * already stays so in every less privileged mount namespace: a privileged container cannot remount it.
 */
static int protect_init(struct monitor *m, struct err *err)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	_cleanup_free_ char *init = NULL;
	_cleanup_close_ int fd = -EBADF;
	const char *own;
	int r;

	if (m->has_init || !json_is_true(json_path(m->record, "hostConfig", "Init", NULL)))
		return 0;
	r = own_mounts(m, err);
	if (r < 0)
		return r;
	own = json_string_value(json_path(m->record, "hostConfig", "InitPath", NULL));
	init = own ? xstrdup(own) : proc_libexec("rl-init");
	fd = open_tree(AT_FDCWD, init, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0 ||
		move_mount(fd, "", AT_FDCWD, init, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, errno, "protect %s", init);
	m->has_init = true;
	return 0;
}

/* the container's descriptors 0–2, and our ends of them */
struct stdio {
	int fd[3];
};

static void stdio_done(struct stdio *s)
{
	for (size_t i = 0; i < 3; i++)
		fd_close(s->fd[i]);
}

/* The container gets what the command line has.  Programs can put input into a terminal that they share with others. */
static int pass_stdio(const struct monitor *m, struct stdio *s, struct err *err)
{
	const char *driver = json_get_str(m->record, "logDriver", "");

	for (size_t i = 0; i < 3; i++) {
		if (isatty(m->through[i]) && !str_eq(driver, "passthrough-tty")) {
			err_say(err, EPERM,
				"the log driver passthrough does not hand on a terminal");
			return err_hint(err, "redirect descriptors 0 to 2, or trust the container "
					     "with --log-driver passthrough-tty");
		}
		s->fd[i] = fcntl(m->through[i], F_DUPFD_CLOEXEC, 3);
		if (s->fd[i] < 0)
			return err_set(err, errno, "hand on descriptor %zu", i);
	}
	return 0;
}

static int make_stdio(struct monitor *m, struct stdio *s, struct err *err)
{
	int r;

	if (m->log.format == CTRLOG_PASSTHROUGH)
		return pass_stdio(m, s, err);
	for (size_t i = 0; i < 2; i++) {
		r = fd_pipe(&m->relay.out[i], &s->fd[i + 1], err);
		if (r < 0)
			return r;
	}
	if (!json_get_bool(m->record, "stdin", false)) {
		s->fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return s->fd[0] < 0 ? err_set(err, errno, "open /dev/null") : 0;
	}
	r = fd_pipe(&s->fd[0], &m->relay.in, err);
	if (r < 0)
		return r;
	return 0;
}

/* whether the container has a namespace of this type for itself */
static bool has_own(const json_t *config, const char *type)
{
	json_t *ns;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(config, "linux"), "namespaces"), i, ns)
		if (str_eq(json_get_str(ns, "type", NULL), type))
			return json_get_str(ns, "path", NULL) == NULL;
	return false;
}

static int launch(struct monitor *m, struct err *err)
{
	struct stdio s __attribute__((cleanup(stdio_done))) = {.fd = {-EBADF, -EBADF, -EBADF}};
	struct launch l = {.config = m->config,
		.driver = m->driver,
		.rootfs = m->driver ? &m->rootfs : NULL,
		.root = m->root,
		.bundle = m->c->dirfd,
		.maps = &m->ns.maps,
		.preserve = m->job->preserve,
		.cgroup = -EBADF,
		.lent = m->log.format == CTRLOG_PASSTHROUGH,
		.rootless = m->ns.mode != USERNS_ROOT};
	bool tty = json_get_bool(json_object_get(m->config, "process"), "terminal", false);
	int r = 0;

	m->cache = l.seccomp_cache = seccomp_cache_open(m->cs->store);
	if (!tty)
		r = make_stdio(m, &s, err);
	if (r == 0)
		r = port_assign(&m->net_conf.ports, err);
	if (r == 0)
		r = monitor_cgroup_make(m, &l, err);
	if (r < 0)
		return r;
	memcpy(l.stdio, s.fd, sizeof(l.stdio));
	for (size_t i = 0; m->root >= 0 && !tty && i < 3; i++)
		mapped_give_fd(m->record, s.fd[i]);
	r = launch_clone(&l, &m->init, err);
	if (r < 0)
		return r;
	if (l.preserve)
		preserve_close(m->job->preserve);
	m->start_time = proc_start_time(m->init.pid);
	m->still.own_userns = m->init.userns != 0;
	m->still.own_pidns = has_own(m->config, "pid");
	/* without a PID namespace of its own, processes may outlive init; they are known by their user namespace */
	if (!m->still.own_pidns)
		m->userns = m->init.userns;
	r = net_start(&m->net, &m->net_conf, m->job->runfd, m->init.netns, err);
	if (r == 0)
		r = launch_wait(&m->init, err);
	if (r == 0)
		r = net_ready(&m->net, err);
	if (r == 0 && tty) {
		m->relay.tty = true;
		m->relay.out[0] = take_fd(m->init.console);
		m->relay.in = m->relay.out[0];
	}
	return r;
}

/* a moment of the monotonic clock as people read it */
static char *text_of(int64_t at, char buf[CLOCK_TEXT_MAX])
{
	struct timespec ts;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &ts);
	ms = ts.tv_nsec / 1000000 + at - clock_ms();
	ts.tv_sec += ms / 1000;
	ts.tv_nsec = ms % 1000 * 1000000;
	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += 1000000000;
	}
	return clock_text(&ts, buf);
}

int monitor_write_state(const struct monitor *m, struct err *err)
{
	char boot[STATE_BOOT_MAX], next[CLOCK_TEXT_MAX];
	_cleanup_json_ json_t *j = json_pack(
		"{s:i, s:i, s:I, s:i, s:I, s:s, s:s, s:b, s:b, s:b, s:I}", "version", 1, "pid",
		(int)m->init.pid, "startTime", (json_int_t)m->start_time, "monitor", (int)getpid(),
		"monitorStart", (json_int_t)proc_start_time(getpid()), "boot", state_boot(boot),
		"started", m->started_at, "stopping", m->stopping, "paused", m->paused,
		"networkLost", m->net_conf.mode == NET_SLIRP && !m->net.helper, "userns",
		(json_int_t)m->userns);

	json_object_set_new(j, "startedBoot", json_integer((json_int_t)m->started_boot));
	json_object_set_new(j, "ports", port_to_json(&m->net_conf.ports));
	cgroup_note(&m->cgroup, j);
	if (m->restart.count)
		json_object_set_new(j, "restartCount", json_integer((json_int_t)m->restart.count));
	if (m->gate)
		json_object_set_new(j, "initialized", json_true());
	if (m->waiting) {
		json_object_set_new(j, "restarting", json_true());
		json_object_set_new(j, "exitCode", json_integer(m->exit_code));
		json_set_str(j, "finished", m->finished_at);
		json_set_str(j, "next", text_of(m->due, next));
	}
	return json_write_at(m->job->runfd, "state.json", j, 0, err);
}

/* --sdnotify: a socket in the container for what is to be told */
static int offer_notify(struct monitor *m, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	_cleanup_free_ char *dir =
		xasprintf("%s/%s", m->cs->runpath, container_path(path, m->c->id, ""));
	bool had = m->notify.fd >= 0;
	int r = sdnotify_offer(&m->notify, m->config, m->job->runfd, dir, err);

	return r == 0 && !had && m->notify.fd >= 0 ? relay_watch(&m->relay, m->notify.fd, err) : r;
}

static int write_pidfile(
	const struct monitor *m, const char *flag, const char *key, pid_t pid, struct err *err)
{
	const char *path = json_get_str(m->record, key, NULL);
	char text[16];
	int n;

	if (!path)
		return 0;
	n = snprintf(text, sizeof(text), "%d", (int)pid);
	if (fs_write_at(AT_FDCWD, path, text, (size_t)n, 0644, 0, err) < 0)
		return err_wrap(err, "%s", flag);
	return 0;
}

int monitor_prepare(struct monitor *m, struct err *err)
{
	pid_t joined = 0;
	int r = read_records(m, err);

	/* systemd does its part while we do ours */
	if (r == 0)
		cgroup_begin(&m->cgroup, m->record, m->config, m->c->id);
	if (r == 0)
		r = shared_ns_resolve(m->cs, m->config, &joined, err);
	if (r == 0)
		r = enter_userns(m, joined, err);
	/* what slirp4netns unmounts in its sandbox, where it is root, would be unmounted for all who share our mounts */
	if (r == 0 && m->ns.mode == USERNS_ROOT && m->net_conf.mode == NET_SLIRP)
		r = own_mounts(m, err);
	if (r == 0)
		r = prepare_rootfs(m, err);
	if (r == 0)
		r = protect_init(m, err);
	if (r == 0 && m->notify.target)
		r = offer_notify(m, err);
	if (r == 0 && !m->ready)
		r = relay_listen(&m->relay, m->job->runfd, err);
	if (r < 0)
		return r;
	m->ready = true;
	r = launch(m, err);
	if (r == 0)
		r = write_pidfile(m, "--conmon-pidfile", "conmonPidFile", getpid(), err);
	if (r == 0)
		r = write_pidfile(m, "--pidfile", "pidFile", m->init.pid, err);
	return r;
}

int monitor_go(struct monitor *m, struct err *err)
{
	bool waited = m->gate;
	int64_t limit;
	int r;

	clock_text_now(m->started_at);
	m->started_boot = clock_boot_ms();
	/* without it a reboot, which takes the runtime directory, would make the container look new */
	if (mknodat(m->c->dirfd, "started", S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_set(err, errno, "create the file started");
	if (unlinkat(m->c->dirfd, "exit.json", 0) < 0 && errno != ENOENT)
		return err_set(err, errno, "remove exit.json");
	unlinkat(m->job->runfd, "exit.json", 0);
	m->waiting = m->gate = false;
	monitor_health_begin(m);
	/* before the command runs, so that it can be found whatever happens to us */
	r = monitor_write_state(m, err);
	if (r == 0 && !waited)
		event_container(m->c, "init", NULL);
	if (r == 0)
		r = launch_exec(&m->init, err);
	if (r < 0)
		return r;
	event_container(m->c, "start", NULL);
	sdnotify_started(&m->notify);
	m->started = true;
	m->told = false;
	m->began = clock_ms();
	limit = json_get_int(m->record, "timeout", 0);
	m->limit_at = limit > 0 ? m->began + limit * 1000 : 0;
	return 0;
}

int monitor_bring_up(struct monitor *m, struct err *err)
{
	int r = monitor_prepare(m, err);

	return r < 0 ? r : monitor_go(m, err);
}

void monitor_settle(struct monitor *m)
{
	json_decref(m->config);
	json_decref(m->c->config);
	m->config = m->c->config = NULL;
	m->cache = fd_close(m->cache);
	m->rootfs.data = fd_close(m->rootfs.data);
	m->root = fd_close(m->root);
	strv_done(&m->rootfs.diff_ids);
}
