#include "runtime/monitor.h"

#include "network/net.h"
#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/launch.h"
#include "runtime/relay.h"
#include "runtime/seccomp_cache.h"
#include "runtime/shared_ns.h"
#include "runtime/standstill.h"
#include "runtime/state.h"
#include "storage/driver.h"
#include "storage/shared.h"
#include "userns/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* how long output is still waited for when init is gone but somebody else holds the pipes open */
#define DRAIN_MS 500
/* an idle monitor gives memory back after this time */
#define IDLE_MS 1000
/* a network helper that dies is started again this often */
#define NET_RESTARTS 3

struct monitor {
	const struct monitor_job *job;
	const struct containers *cs;
	const struct container *c;
	json_t *config, *record;
	struct userns ns;
	struct rootfs rootfs;
	const struct driver *driver;
	struct net_conf net_conf;
	struct net net;
	struct launched init;
	struct relay relay;
	struct ctrlog log;
	int sigfd, hold, cache, image; /* the last keeps a shared image in its store */
	pid_t fs_helper;
	unsigned net_restarts;
	bool has_mounts, started, ended, stopping, paused, remove;
	struct standstill still;
	ino_t userns;
	char started_at[CLOCK_TEXT_MAX], error[256], trash[64], tree[META_PATH_MAX];
	int exit_code;
	int64_t kill_at, drain_until; /* monotonic ms; 0: not set */
	uint64_t start_time;
};

/* ---- becoming a process of its own ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The command line's descriptors, its terminal and pipes above all, must not be held open by us. */
static void keep_only(int *keep, size_t n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), next = 3;

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		fd_close(null);
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if (keep[i] > next)
			close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
		next = keep[i] + 1;
	}
	fd_close_from(next);
}

/* What `ps` of the machine shows; the command line may hold what is nobody's business. */
static void set_title(const char *name)
{
	char cmdline[4096], title[128];
	_cleanup_close_ int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : fd_read_full(fd, cmdline, sizeof(cmdline));
	int len = snprintf(title, sizeof(title), "rl-monitor %s", name);

	prctl(PR_SET_NAME, "rl-monitor");
	if (n <= 0)
		return;
	/* argv[0] is where the kernel reads the command line from, up to the length it has now */
	memset(program_invocation_name, 0, (size_t)n);
	memcpy(program_invocation_name, title, (size_t)(len < n ? len : n - 1));
}

static int detach(struct monitor *m, struct err *err)
{
	const struct monitor_job *j = m->job;
	int keep[7 + USERNS_BEGUN_FDS + PRESERVE_MAX] = {m->cs->store->fd, m->cs->rundir,
		m->c->dirfd, j->lock, j->runfd, j->status, j->attach};
	size_t n = 7 + userns_begun_fds(keep + 7);
	sigset_t set;

	for (size_t i = 0; j->preserve && i < j->preserve->n; i++)
		keep[n++] = j->preserve->fd[i];
	keep_only(keep, n);
	set_title(m->c->name);
	if (chdir("/") < 0)
		return err_set(err, errno, "change to /");
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	/* a log that meets the caller's limit of file sizes must end neither us nor the container */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
	m->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return m->sigfd < 0 ? err_set(err, errno, "create signalfd")
			    : relay_open(&m->relay, m->sigfd, err);
}

/* ---- bringing the container up ---- */

static int read_records(struct monitor *m, struct err *err)
{
	const char *format = json_get_str(m->record, "logDriver", "k8s-file");
	const json_t *opts;
	enum ctrlog_format f;
	int r;

	r = container_config(m->c, &m->config, err);
	if (r < 0)
		return r;
	r = net_from_json(json_object_get(m->record, "network"), &m->net_conf, err);
	if (r < 0)
		return r;
	if (ctrlog_format_parse(format, &f) < 0)
		return err_say(err, EINVAL, "unknown log driver %.32s", format);
	opts = json_object_get(m->record, "logOpts");
	/* two files always: what is to be kept is what counts */
	return ctrlog_open(&m->log, m->c->dirfd, f,
		(uint64_t)(json_get_int(opts, "max-size", 0) * json_get_int(opts, "max-file", 1)),
		err);
}

static int enter_userns(struct monitor *m, pid_t joined, struct err *err)
{
	int r = joined > 0 ? userns_enter_of(joined, &m->ns, err)
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

/* The image is in a shared store: there is one tree for it.  It is held while its files are read from there. */
static int open_shared(struct monitor *m, const char *shared, struct err *err)
{
	const char *id = json_get_str(m->record, "imageId", "");
	enum meta_kind kind = meta_find(m->cs->store, id, shared, m->tree);
	_cleanup_free_ char *objects = NULL;

	if (kind == META_NONE) {
		err_say(err, ERR_NO_OBJECT, "the tree of image %.12s is missing from the store",
			id);
		return err_hint(err, "make the container again of its image");
	}
	strv_done(&m->rootfs.diff_ids);
	strv_add(&m->rootfs.diff_ids, id);
	m->rootfs.tree = m->tree;
	if (kind == META_PLAIN)
		return 0;
	if (!m->cs->store->driver->probe_data)
		return err_say(
			err, EOPNOTSUPP, "image %.12s was prepared for the driver overlay", id);
	m->image = shared_hold(shared, id, err);
	if (m->image < 0)
		return m->image;
	objects = xasprintf("%s/objects", shared);
	m->rootfs.data = fs_opendir_at(AT_FDCWD, objects, err);
	return m->rootfs.data < 0 ? m->rootfs.data : 0;
}

static int prepare_rootfs(struct monitor *m, struct err *err)
{
	const char *shared;
	int r;

	if (!json_object_get(m->record, "diffIds"))
		return 0; /* config.json's root.path is the root */
	r = store_driver(m->cs->store, true, err);
	if (r < 0)
		return r;
	m->rootfs = (struct rootfs){
		.store = m->cs->store, .dirfd = m->c->dirfd, .fleeting = m->remove, .data = -EBADF};
	json_get_strv(m->record, "diffIds", &m->rootfs.diff_ids);
	m->driver = m->cs->store->driver;
	shared = json_get_str(m->record, "sharedStore", NULL);
	r = shared ? open_shared(m, shared, err) : 0;
	if (r == 0)
		r = m->driver->prepare(&m->rootfs, err);
	if (r < 0 || !m->driver->helper)
		return r;
	r = own_mounts(m, err);
	return r < 0 ? r : m->driver->helper(&m->rootfs, &m->fs_helper, err);
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
	int r;

	if (!json_is_true(json_path(m->record, "hostConfig", "Init", NULL)))
		return 0;
	r = own_mounts(m, err);
	if (r < 0)
		return r;
	init = proc_libexec("rl-init");
	fd = open_tree(AT_FDCWD, init, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0 ||
		move_mount(fd, "", AT_FDCWD, init, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(err, errno, "protect %s", init);
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

static int make_stdio(struct monitor *m, struct stdio *s, struct err *err)
{
	int r;

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
		.bundle = m->c->dirfd,
		.maps = &m->ns.maps,
		.preserve = m->job->preserve,
		.rootless = m->ns.mode != USERNS_ROOT};
	bool tty = json_get_bool(json_object_get(m->config, "process"), "terminal", false);
	int r = 0;

	m->cache = l.seccomp_cache = seccomp_cache_open(m->cs->store);
	if (!tty)
		r = make_stdio(m, &s, err);
	if (r == 0)
		r = port_assign(&m->net_conf.ports, err);
	if (r < 0)
		return r;
	memcpy(l.stdio, s.fd, sizeof(l.stdio));
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

static int write_state(const struct monitor *m, struct err *err)
{
	char boot[STATE_BOOT_MAX];
	_cleanup_json_ json_t *j = json_pack(
		"{s:i, s:i, s:I, s:i, s:I, s:s, s:s, s:b, s:b, s:b, s:I}", "version", 1, "pid",
		(int)m->init.pid, "startTime", (json_int_t)m->start_time, "monitor", (int)getpid(),
		"monitorStart", (json_int_t)proc_start_time(getpid()), "boot", state_boot(boot),
		"started", m->started_at, "stopping", m->stopping, "paused", m->paused,
		"networkLost", m->net_conf.mode == NET_SLIRP && !m->net.helper, "userns",
		(json_int_t)m->userns);

	json_object_set_new(j, "ports", port_to_json(&m->net_conf.ports));
	return json_write_at(m->job->runfd, "state.json", j, 0, err);
}

static int bring_up(struct monitor *m, struct err *err)
{
	pid_t joined = 0;
	int r = read_records(m, err);

	if (r == 0)
		r = shared_ns_resolve(m->cs, m->config, &joined, err);
	if (r == 0)
		r = enter_userns(m, joined, err);
	if (r == 0)
		r = prepare_rootfs(m, err);
	if (r == 0)
		r = protect_init(m, err);
	if (r == 0)
		r = relay_listen(&m->relay, m->job->runfd, err);
	if (r == 0)
		r = launch(m, err);
	if (r < 0)
		return r;
	clock_text_now(m->started_at);
	/* without it a reboot, which takes the runtime directory, would make the container look new */
	if (mknodat(m->c->dirfd, "started", S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_set(err, errno, "create the file started");
	if (unlinkat(m->c->dirfd, "exit.json", 0) < 0 && errno != ENOENT)
		return err_set(err, errno, "remove exit.json");
	/* before the command runs, so that it can be found whatever happens to us */
	r = write_state(m, err);
	if (r == 0)
		r = launch_exec(&m->init, err);
	if (r < 0)
		return r;
	m->started = true;
	return 0;
}

/* ---- while it runs ---- */

static int record_paused(void *arg, bool paused, struct err *err)
{
	struct monitor *m = arg;

	m->paused = paused;
	return write_state(m, err);
}

static void on_pause(void *arg, struct relay_client *c, unsigned type)
{
	struct monitor *m = arg;

	standstill_request(&m->still, c, type);
}

static void begin_stop(void *arg, int timeout)
{
	struct monitor *m = arg;
	int64_t at;

	if (m->ended)
		return;
	if (timeout < 0)
		timeout = (int)json_get_int(m->record, "stopTimeout", 10);
	at = clock_ms() + (int64_t)timeout * 1000;
	/* a later, more impatient stop counts */
	if (!m->kill_at || at < m->kill_at)
		m->kill_at = at;
	if (m->stopping)
		return;
	m->stopping = true;
	write_state(m, NULL);
	if (timeout > 0)
		proc_pidfd_kill(m->init.pidfd, (int)json_get_int(m->record, "stopSignal", SIGTERM));
	/* a signal comes to a stopped process when it goes on */
	standstill_end(&m->still);
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
	write_state(m, NULL);
}

static void reap(struct monitor *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m->init.pid) {
			m->ended = true;
			m->exit_code =
				WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			standstill_done(&m->still);
			shared_ns_kill(m->userns, NULL);
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
		else if (si.ssi_signo == SIGTERM)
			begin_stop(m, -1);
	}
}

/* @timeout, -1 for none, or what is left until @at, 0 for never */
static int64_t sooner(int64_t timeout, int64_t at, int64_t now)
{
	if (!at || (timeout >= 0 && at - now >= timeout))
		return timeout;
	return at > now ? at - now : 0;
}

static void run(struct monitor *m)
{
	bool idle = false;

	relay_start(&m->relay);
	m->still.init = m->init.pid;
	while (!m->ended || !relay_drained(&m->relay)) {
		int64_t now = clock_ms(), timeout = idle ? -1 : IDLE_MS,
			at = m->ended ? m->drain_until : m->kill_at;
		int64_t before;

		if (at && at <= now) {
			if (m->ended)
				break;
			/* the deadline moves on: should the kernel be busy, the kill is repeated */
			m->kill_at = now + 1000;
			proc_pidfd_kill(m->init.pidfd, SIGKILL);
			continue;
		}
		timeout = sooner(timeout, at, now);
		timeout = sooner(timeout, m->still.due, now);
		before = now;
		if (relay_turn(&m->relay, (int)timeout))
			take_signals(m);
		standstill_turn(&m->still);
		if (!idle && clock_ms() - before >= IDLE_MS) {
			relay_shrink(&m->relay);
			idle = true;
		} else if (idle) {
			idle = false;
		}
	}
}

/* ---- the end ---- */

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

static void tear_down(struct monitor *m)
{
	struct stat st;

	launch_done(&m->init);
	net_stop(&m->net);
	if (m->driver && m->driver->stop)
		m->driver->stop(&m->rootfs, m->fs_helper);
	ctrlog_done(&m->log);
	if (!m->remove || state_retire(m->cs, m->c->id, m->c->name, m->trash, NULL) < 0)
		write_exit(m);
	if (fstatat(m->job->runfd, "exit.json", &st, 0) == 0)
		unlinkat(m->job->runfd, "state.json", 0);
	else
		state_clear(m->cs, m->c->id);
	relay_unlisten(&m->relay);
	/* the container has ended for everybody; what follows is only talk with those who listened to it */
	fd_close(m->hold);
	fd_close(m->job->lock);
}

/* What nobody waits for any more: the network helper's end and, with --rm, the container's files. */
static void finish(struct monitor *m)
{
	net_done(&m->net);
	if (*m->trash)
		fs_remove_tree_at(m->cs->store->fd, m->trash, NULL);
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
		.log = CTRLOG_INIT,
		.hold = -EBADF,
		.cache = -EBADF,
		.image = -EBADF,
		.rootfs.data = -EBADF};
	struct err err = {0};
	int r;

	m.net.conf = &m.net_conf;
	m.relay.log = &m.log;
	m.relay.on_stop = begin_stop;
	m.relay.on_pause = on_pause;
	m.relay.arg = &m;
	m.still.relay = &m.relay;
	m.still.runfd = job->runfd;
	m.still.record = record_paused;
	m.still.arg = &m;
	m.remove = json_get_bool(m.record, "autoRemove", false);
	r = detach(&m, &err);
	if (r == 0)
		r = bring_up(&m, &err);
	if (r < 0) {
		m.remove = job->remove_on_failure;
		m.exit_code = err.code == ERR_EXEC_NOTFOUND ? 127
			      : err.code == ERR_EXEC_FAILED ? 126
							    : 125;
		snprintf(m.error, sizeof(m.error), "%.255s", err.msg);
		fd_close(job->attach);
		tear_down(&m);
		err_send(job->status, &err);
		finish(&m);
		_exit(0);
	}
	if (job->attach >= 0)
		relay_add(&m.relay, job->attach, true);
	err_send(job->status, &err);
	fd_close(job->status);
	json_decref(m.config);
	json_decref(job->c->config);
	m.config = job->c->config = NULL;
	m.cache = fd_close(m.cache);
	m.rootfs.data = fd_close(m.rootfs.data);
	run(&m);
	tear_down(&m);
	relay_finish(&m.relay, m.exit_code);
	finish(&m);
	_exit(0);
}
