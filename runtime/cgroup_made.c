#include "runtime/cgroup_made.h"

#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/cgroup.h"
#include "runtime/group.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MARK	"user.rl"
#define LOCK_MS 1000

int cgroup_made_dir(int dirfd, const char *name, struct err *err)
{
	bool made = mkdirat(dirfd, name, 0755) == 0;
	int fd = group_make(dirfd, name, err);

	/* a kernel without such attributes: then it stays */
	if (made && fd >= 0)
		fsetxattr(fd, MARK, "", 0, 0);
	return fd;
}

static bool is_made(int fd)
{
	return fgetxattr(fd, MARK, NULL, 0) >= 0;
}

static int hold(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t until = clock_ms() + LOCK_MS;

	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && clock_ms() < until)
		usleep(1000);
	return fd < 0 ? -EBADF : fd;
}

int cgroup_made_room(int dirfd)
{
	int lock = hold(dirfd);
	_cleanup_close_ int supervisor = -EBADF;

	/* only processes are in the way */
	if (!group_has_processes(dirfd))
		return lock;
	supervisor = cgroup_made_dir(dirfd, CGROUP_SUPERVISOR, NULL);
	if (supervisor >= 0)
		group_move_all(dirfd, supervisor);
	return lock;
}

/* whether there are groups in it beside "supervisor" */
static bool is_shared(int dirfd)
{
	_cleanup_strv_ struct strv names = {0};

	fs_list_at(dirfd, ".", &names, NULL);
	strv_foreach (i, name, &names) {
		_cleanup_close_ int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && !str_eq(name, CGROUP_SUPERVISOR))
			return true;
	}
	return false;
}

/* what had to make room comes back, as it was before the first container */
static void take_room_back(const char *path)
{
	_cleanup_close_ int dir = group_open(CGROUP_ROOT, path, NULL), lock = -EBADF,
			    supervisor = -EBADF;

	if (dir < 0)
		return;
	lock = hold(dir);
	supervisor =
		openat(dir, CGROUP_SUPERVISOR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (supervisor < 0 || !is_made(supervisor) || is_shared(dir))
		return;
	group_disable(dir);
	group_move_all(supervisor, dir);
	group_remove(dir, CGROUP_SUPERVISOR);
}

/* Return: whether the group @path was made here, and is gone now */
static bool remove_made(const char *path)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", CGROUP_ROOT, path);

	return getxattr(whole, MARK, NULL, 0) >= 0 && rmdir(whole) == 0;
}

void cgroup_made_tidy(const char *path)
{
	_cleanup_free_ char *above = xstrdup(path);
	char *slash = strrchr(above, '/');
	bool split = slash && str_after(slash + 1, CGROUP_PAYLOAD);

	if (slash)
		*slash = '\0';
	if (split) {
		take_room_back(above);
		return;
	}
	while (*above && remove_made(above)) {
		slash = strrchr(above, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
}
