#include "runtime/group.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* how long what was killed may take to go */
#define EMPTY_MS 2000
/* groups in groups: a container may make many */
#define DEPTH_MAX 32

bool group_unified(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC;
}

char *group_parse(const char *text)
{
	_cleanup_strv_ struct strv lines = {0};

	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines) {
		const char *path = str_after(line, "0::");

		/* "/.." leads out of the namespace, and a group that was removed has no directory */
		if (path && *path == '/' && !str_after(path, "/..") &&
			!str_ends(path, " (deleted)"))
			return xstrdup(path);
	}
	return NULL;
}

char *group_of(const char *pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%s/cgroup", pid);
	_cleanup_buf_ struct buf text = {.cap = 65536};

	return fs_read_at(AT_FDCWD, path, &text, NULL) < 0 ? NULL : group_parse(buf_str(&text));
}

static bool is_ours(const char *root, const char *path)
{
	static const char *const files[] = {"", "/cgroup.procs", "/cgroup.subtree_control"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *file = xasprintf("%s%s%s", root, path, files[i]);

		if (faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) < 0)
			return false;
	}
	return true;
}

char *group_subtree(const char *root, const char *own)
{
	_cleanup_free_ char *path = xstrdup(str_eq(own, "/") ? "" : own), *best = NULL;

	while (is_ours(root, path)) {
		char *slash = strrchr(path, '/');

		free(best);
		best = xstrdup(*path ? path : "/");
		if (!slash)
			break;
		*slash = '\0';
	}
	return take_ptr(best);
}

int group_open(const char *root, const char *path, struct err *err)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", root, path);
	int fd = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_set(err, errno, "open the control group %s", whole) : fd;
}

int group_make(int dirfd, const char *name, struct err *err)
{
	int fd;

	if (mkdirat(dirfd, name, 0755) < 0 && errno != EEXIST)
		return err_set(err, errno, "make the control group %s", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, errno, "open the control group %s", name) : fd;
}

int group_write(int dirfd, const char *file, const char *text)
{
	_cleanup_close_ int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int group_move(int dirfd, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return group_write(dirfd, "cgroup.procs", text);
}

void group_move_all(int from, int to)
{
	_cleanup_buf_ struct buf text = {.cap = 1 << 20};
	_cleanup_strv_ struct strv pids = {0};

	if (fs_read_at(from, "cgroup.procs", &text, NULL) < 0)
		return;
	strv_split(&pids, buf_str(&text), "\n");
	strv_foreach (i, pid, &pids)
		if (*pid)
			group_write(to, "cgroup.procs", pid);
}

bool group_has_processes(int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char c;

	/* that root has no type */
	return fd >= 0 && faccessat(dirfd, "cgroup.type", F_OK, 0) == 0 && read(fd, &c, 1) == 1;
}

int group_enable(int dirfd)
{
	_cleanup_buf_ struct buf text = {.cap = 4096};
	_cleanup_strv_ struct strv names = {0};
	int r = fs_read_at(dirfd, "cgroup.controllers", &text, NULL), q;

	if (r < 0)
		return r;
	/* some could be had, but then no process may be moved into a group below: those would be for threads only */
	if (group_has_processes(dirfd))
		return -EBUSY;
	strv_split(&names, buf_str(&text), " \n");
	/* one by one: one that is not to be had must not cost the others */
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *plus = xasprintf("+%s", name);

		if (!*name)
			continue;
		q = group_write(dirfd, "cgroup.subtree_control", plus);
		if (r == 0)
			r = q;
	}
	return r;
}

void group_disable(int dirfd)
{
	_cleanup_buf_ struct buf text = {.cap = 4096};
	_cleanup_strv_ struct strv names = {0};

	if (fs_read_at(dirfd, "cgroup.subtree_control", &text, NULL) < 0)
		return;
	strv_split(&names, buf_str(&text), " \n");
	strv_foreach (i, name, &names) {
		_cleanup_free_ char *minus = xasprintf("-%s", name);

		if (*name)
			group_write(dirfd, "cgroup.subtree_control", minus);
	}
}

uint64_t group_value(int dirfd, const char *file, const char *key)
{
	_cleanup_buf_ struct buf text = {.cap = 65536};
	_cleanup_strv_ struct strv lines = {0};

	if (fs_read_at(dirfd, file, &text, NULL) < 0)
		return 0;
	strv_split(&lines, buf_str(&text), "\n");
	strv_foreach (i, line, &lines) {
		const char *value = str_after(line, key);

		if (value && *value == ' ')
			return strtoull(value, NULL, 10);
	}
	return 0;
}

void group_kill(int dirfd)
{
	int64_t until = clock_ms() + EMPTY_MS;

	/* without processes there is nothing to wait for */
	if (group_value(dirfd, "cgroup.events", "populated") == 0)
		return;
	if (group_write(dirfd, "cgroup.kill", "1") < 0)
		return;
	while (group_value(dirfd, "cgroup.events", "populated") && clock_ms() < until)
		usleep(1000);
}

/* groups within groups can only be removed from below */
static int remove_below(int dirfd, int depth)
{
	_cleanup_strv_ struct strv names = {0};
	int r = fs_list_at(dirfd, ".", &names, NULL);

	strv_foreach (i, name, &names) {
		_cleanup_close_ int fd =
			openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		/* a file of the group's: they go with it */
		if (fd < 0 || depth >= DEPTH_MAX)
			continue;
		remove_below(fd, depth + 1);
		if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
			r = -errno;
	}
	return r;
}

int group_remove(int dirfd, const char *name)
{
	_cleanup_close_ int fd = -EBADF;

	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	remove_below(fd, 0);
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int group_give(int dirfd, uid_t uid, gid_t gid, struct err *err)
{
	_cleanup_buf_ struct buf text = {.cap = 4096};
	_cleanup_strv_ struct strv names = {0};

	/* the kernel's own list, else that of the first version that had one */
	if (fs_read_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", &text, NULL) < 0)
		buf_adds(&text, "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n");
	strv_split(&names, buf_str(&text), "\n");
	if (fchownat(dirfd, ".", uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, errno, "give the control group to the container");
	strv_foreach (i, name, &names)
		if (*name && fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 &&
			errno != ENOENT)
			return err_set(
				err, errno, "give the control group's %s to the container", name);
	return 0;
}
