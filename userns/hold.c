#include "userns/hold.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/lock.h"
#include "runtime/base/parse.h"
#include "runtime/base/str.h"
#include "userns/idmap.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The announcement of the process that made R, which nobody has asked for yet.  Kept here because
   it must outlive userns_enter(); a forked child's copy is recognised by the pid. */
static struct {
	pid_t pid;
	int fd;
} kept = {.fd = -EBADF};

static int describe(char *buf, size_t size)
{
	_cleanup_(idmap_done) struct idmap map = {0};
	struct stat st;
	int r;

	if (stat("/proc/self/ns/user", &st) < 0)
		return -errno;
	r = idmap_read("/proc/self/uid_map", &map, NULL);
	if (r < 0)
		return r;
	snprintf(buf, size, "%llu %llu %s\n", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino, idmap_count(&map) == 1 ? "single" : "ranges");
	return 0;
}

static int make(int rundir, struct err *err)
{
	_cleanup_close_ int dir = -EBADF, fd = -EBADF;
	char text[96], suffix[17], tmp[64], name[48];
	int r;

	dir = fs_opendir_at(rundir, "userns", err);
	if (dir < 0)
		return dir;
	r = describe(text, sizeof(text));
	if (r < 0)
		return err_set(err, -r, "inspect the user namespace");
	fs_random_hex(suffix, 16);
	snprintf(name, sizeof(name), "%d-%s", (int)getpid(), suffix);
	snprintf(tmp, sizeof(tmp), ".tmp-%s", name);
	fd = openat(dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, errno, "create userns/%s", tmp);
	r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_NOW);
	if (r == 0)
		r = fd_write_full(fd, text, strlen(text));
	if (r == 0 && renameat(dir, tmp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, tmp, 0);
		return err_set(err, -r, "write userns/%s", name);
	}
	return take_fd(fd);
}

int hold_make(int rundir, struct err *err)
{
	int fd = make(rundir, err);

	if (fd < 0)
		return fd;
	fd_close(kept.fd);
	kept.fd = fd;
	kept.pid = getpid();
	return 0;
}

int hold_take(int rundir, struct err *err)
{
	if (kept.fd >= 0 && kept.pid == getpid())
		return take_fd(kept.fd);
	/* a copy from before fork(2) would keep our parent's lock held after its death */
	kept.fd = fd_close(kept.fd);
	return make(rundir, err);
}

/* Open the namespace that @text ("DEV INODE KIND") says @pid is in, if that is still true and it is
 * ours. */
static int open_verified(pid_t pid, const char *text, bool *ret_single)
{
	_cleanup_close_ int ns = -EBADF, parent = -EBADF;
	_cleanup_strv_ struct strv words = {0};
	struct stat st, self, up;
	uint64_t dev, ino;
	char path[32];
	uid_t owner;

	strv_split(&words, text, " \n");
	if (words.n < 3 || parse_u64(words.v[0], &dev) < 0 || parse_u64(words.v[1], &ino) < 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || fstat(ns, &st) < 0)
		return -errno;
	if (st.st_dev != dev || st.st_ino != ino)
		return -ESTALE;
	if (ioctl(ns, NS_GET_OWNER_UID, &owner) < 0 || owner != geteuid())
		return -EPERM;
	parent = ioctl(ns, NS_GET_PARENT);
	if (parent < 0 || fstat(parent, &up) < 0 || stat("/proc/self/ns/user", &self) < 0)
		return -errno;
	/* one runtime directory can be seen from several namespaces; only the one R was made in may
	 * join it */
	if (up.st_dev != self.st_dev || up.st_ino != self.st_ino)
		return -EXDEV;
	*ret_single = str_eq(words.v[2], "single");
	return take_fd(ns);
}

static int try_entry(int dir, const char *name, struct hold *ret)
{
	_cleanup_close_ int fd = -EBADF, ns = -EBADF;
	char text[96], digits[16] = "";
	uint64_t pid;
	ssize_t n;

	n = (ssize_t)strcspn(name, "-");
	if (name[n] != '-' || n >= (ssize_t)sizeof(digits))
		return -ENOENT;
	memcpy(digits, name, (size_t)n);
	if (parse_u64_max(digits, INT32_MAX, &pid) < 0 || pid == 0)
		return -ENOENT;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -ENOENT;
	if (!lock_fd_is_held(fd)) {
		unlinkat(dir, name, 0);
		return -ENOENT;
	}
	n = fd_read_full(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -ENOENT;
	text[n] = '\0';
	ns = open_verified((pid_t)pid, text, &ret->single);
	/* held before and after: the pid was the holder's when its namespace was opened */
	if (ns < 0 || !lock_fd_is_held(fd))
		return -ENOENT;
	ret->pid = (pid_t)pid;
	return take_fd(ns);
}

int hold_find(int rundir, struct hold *ret)
{
	int fd = openat(rundir, "userns", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -ENOENT;
	struct hold single = {0};
	struct dirent *de;
	DIR *dir;

	if (fd < 0)
		return -ENOENT;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return -ENOENT;
	}
	while ((de = readdir(dir))) {
		struct hold h = {0};
		int ns = de->d_name[0] == '.' ? -ENOENT : try_entry(fd, de->d_name, &h);

		if (ns < 0)
			continue;
		fd_close(found);
		found = ns;
		single = h;
		/* one with ranges is better than one without */
		if (!h.single)
			break;
	}
	closedir(dir);
	if (found >= 0)
		*ret = single;
	return found;
}
