#include "runtime/state.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/cgroup.h"
#include "runtime/shared_ns.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int state_lock(const struct containers *cs, const char *id, int timeout_ms, int *ret_runfd,
	struct err *err)
{
	char dir[CONTAINER_PATH_MAX], path[CONTAINER_PATH_MAX];

	container_path(dir, id, "");
	container_path(path, id, "lock");
	/* the holder before us may have removed the directory between our open and our lock */
	for (;;) {
		_cleanup_close_ int fd = -EBADF, runfd = -EBADF;
		int r = fs_mkdirs_at(cs->rundir, dir, 0700, err);

		if (r < 0)
			return r;
		fd = openat(cs->rundir, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_set(err, errno, "open %s", path);
		r = lock_set(fd, LOCK_EXCLUSIVE, timeout_ms);
		if (r < 0)
			return err_set(err, -r, "lock container %.12s", id);
		if (!fd_is_named(fd, cs->rundir, path))
			continue;
		runfd = fs_opendir_at(cs->rundir, dir, err);
		if (runfd < 0)
			return runfd;
		*ret_runfd = take_fd(runfd);
		return take_fd(fd);
	}
}

int state_wait(const struct containers *cs, const char *id, int timeout_ms, struct err *err)
{
	char path[CONTAINER_PATH_MAX];
	_cleanup_close_ int fd = openat(
		cs->rundir, container_path(path, id, "lock"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(err, errno, "open %s", path);
	r = lock_set(fd, LOCK_SHARED, timeout_ms);
	if (r == -EWOULDBLOCK)
		return err_set(err, ETIMEDOUT, "wait for container %.12s", id);
	return r < 0 ? err_set(err, -r, "wait for container %.12s", id) : 0;
}

bool state_held(const struct containers *cs, const char *id)
{
	char path[CONTAINER_PATH_MAX];

	return lock_is_held(cs->rundir, container_path(path, id, "lock"));
}

void state_clear(const struct containers *cs, const char *id)
{
	char dir[CONTAINER_PATH_MAX];

	fs_remove_tree_at(cs->rundir, container_path(dir, id, ""), NULL);
}

const char *state_boot(char buf[STATE_BOOT_MAX])
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : fd_read_full(fd, buf, STATE_BOOT_MAX - 1);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static void kill_init(const json_t *state)
{
	pid_t pid = (pid_t)json_get_int(state, "pid", 0);
	uint64_t start = (uint64_t)json_get_int(state, "startTime", 0);
	_cleanup_close_ int pidfd = -EBADF;
	struct pollfd pfd;

	if (pid <= 1 || start == 0)
		return;
	pidfd = proc_pidfd(pid);
	/* asked after the pidfd is open, so that the answer is about the process it stands for */
	if (pidfd < 0 || proc_start_time(pid) != start)
		return;
	if (proc_pidfd_kill(pidfd, SIGKILL) < 0)
		return;
	pfd = (struct pollfd){.fd = pidfd, .events = POLLIN};
	poll(&pfd, 1, 2000);
}

void state_kill_orphan(const struct container *c)
{
	char boot[STATE_BOOT_MAX];

	/* pids, start times and namespaces of another boot are somebody else's now */
	if (!c->state || !str_eq(json_get_str(c->state, "boot", ""), state_boot(boot)))
		return;
	kill_init(c->state);
	shared_ns_kill((ino_t)json_get_int(c->state, "userns", 0), c->id);
	cgroup_forget(c->state, c->id);
}

int state_connect(int runfd, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_set(err, errno, "create socket");
	/* the real path may be longer than the 107 bytes that fit */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/ctl.sock", runfd);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(err, errno, "connect to the container's monitor");
	return take_fd(fd);
}

bool state_name_is(const struct store *s, const char *name, const char *id)
{
	_cleanup_free_ char *path = xasprintf("names/%s", name);
	char target[80];
	ssize_t n = readlinkat(s->fd, path, target, sizeof(target) - 1);

	return n == 64 && memcmp(target, id, 64) == 0;
}

static void unlink_name(const struct store *s, const char *name, const char *id)
{
	_cleanup_free_ char *path = xasprintf("names/%s", name);

	if (state_name_is(s, name, id))
		unlinkat(s->fd, path, 0);
}

/* a record that cannot be read does not tell its name: look for links to it */
static void unlink_names_of(const struct store *s, const char *id)
{
	_cleanup_strv_ struct strv names = {0};

	if (fs_list_at(s->fd, "names", &names, NULL) < 0)
		return;
	strv_foreach (i, name, &names)
		unlink_name(s, name, id);
}

int state_retire(const struct containers *cs, const char *id, const char *name, char ret_trash[64],
	struct err *err)
{
	/* shared: who cleans up a dangling name holds it exclusively (container_create) */
	_cleanup_close_ int lock = store_lock(cs->store, LOCK_SHARED, err);
	int r;

	if (lock < 0)
		return lock;
	r = store_discard_as(cs->store, "containers", id, ret_trash, err);
	if (r < 0)
		return r;
	/* the caller may know it by a name that it does not have any more */
	if (name && state_name_is(cs->store, name, id))
		unlink_name(cs->store, name, id);
	else
		unlink_names_of(cs->store, id);
	return 0;
}
