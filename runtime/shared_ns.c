#include "runtime/shared_ns.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/parse.h"
#include "runtime/base/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

/* new children may appear while we look: look again, this often at most */
#define KILL_ROUNDS   50
#define MOUNTINFO_CAP ((size_t)4 << 20)

/* namespaces of the runtime-spec → files below /proc/PID/ns */
static const struct {
	const char *type, *file;
} ns_files[] = {{"pid", "pid"}, {"network", "net"}, {"ipc", "ipc"}, {"uts", "uts"},
	{"user", "user"}, {"cgroup", "cgroup"}, {"mount", "mnt"}, {"time", "time"}};

static const char *ns_file(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(ns_files); i++)
		if (str_eq(type, ns_files[i].type))
			return ns_files[i].file;
	return NULL;
}

static int resolve_one(
	const struct containers *cs, json_t *ns, const char *id, pid_t *ret_pid, struct err *err)
{
	struct container c
		__attribute__((cleanup(container_done))) = {.dirfd = -EBADF, .runfd = -EBADF};
	const char *type = json_get_str(ns, "type", ""), *file = ns_file(type);
	_cleanup_free_ char *path = NULL;
	int r = container_find(cs, id, &c, err);

	if (r < 0)
		return err_wrap(err, "share the %s namespace", type);
	if (c.pid <= 0) {
		r = err_say(err, ESRCH, "share the %s namespace: container %s is not running", type,
			c.name);
		err_hint(err, "start it first: 'rl start %s'", c.name);
		return r;
	}
	if (!file)
		return err_say(err, EINVAL, "unknown namespace type %.32s", type);
	path = xasprintf("/proc/%d/ns/%s", (int)c.pid, file);
	json_set_str(ns, "path", path);
	*ret_pid = c.pid;
	return 0;
}

int shared_ns_resolve(const struct containers *cs, json_t *config, pid_t *ret_pid, struct err *err)
{
	json_t *ns;
	size_t i;

	json_array_foreach (
		json_object_get(json_object_get(config, "linux"), "namespaces"), i, ns) {
		const char *id = str_after(json_get_str(ns, "path", ""), "container:");
		int r = id ? resolve_one(cs, ns, id, ret_pid, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static ino_t userns_of(const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/user", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

ino_t shared_ns_own_userns(pid_t pid)
{
	char text[24];
	ino_t ino;

	snprintf(text, sizeof(text), "%d", (int)pid);
	ino = userns_of(text);
	return ino == userns_of("self") ? 0 : ino;
}

/* whether a process has a mount from containers/ID */
static bool has_mount_of(const char *pid, const char *id)
{
	_cleanup_free_ char *path = xasprintf("/proc/%.20s/mountinfo", pid);
	_cleanup_free_ char *part = xasprintf("/containers/%s/", id);
	_cleanup_buf_ struct buf text = {.cap = MOUNTINFO_CAP};

	return fs_read_at(AT_FDCWD, path, &text, NULL) == 0 && strstr(buf_str(&text), part);
}

static bool kill_member(const char *name, ino_t userns, const char *id)
{
	_cleanup_close_ int pidfd = -EBADF;
	uint64_t pid;

	if (parse_u64_max(name, INT32_MAX, &pid) < 0 || userns_of(name) != userns)
		return false;
	/* looked at again once the pidfd is open, so that it is about the process it stands for */
	pidfd = proc_pidfd((pid_t)pid);
	if (pidfd < 0 || userns_of(name) != userns || (id && !has_mount_of(name, id)))
		return false;
	return proc_pidfd_kill(pidfd, SIGKILL) == 0;
}

void shared_ns_kill(ino_t userns, const char *id)
{
	if (!userns)
		return;
	for (unsigned round = 0; round < KILL_ROUNDS; round++) {
		DIR *dir = opendir("/proc");
		struct dirent *de;
		bool found = false;

		while (dir && (de = readdir(dir)))
			found |= kill_member(de->d_name, userns, id);
		if (dir)
			closedir(dir);
		if (!found)
			return;
		clock_sleep_ms(2);
	}
}
