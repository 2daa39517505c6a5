#include "userns/rundir.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/lock.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* whether a directory that somebody else made (the login manager) is ours and safe to build on */
static bool is_ours(const char *path)
{
	struct stat st;

	return path_is_abs(path) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

/* Open @path, made if missing, and insist that nobody else can get in: whoever can write here can
   make our next invocation join his namespaces. */
static int open_private(const char *path, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	bool made = mkdir(path, 0700) == 0;

	if (!made && errno != EEXIST)
		return err_set(err, errno, "create runtime directory %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "open runtime directory %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "stat %s", path);
	if (st.st_uid != geteuid()) {
		err_set(err, EPERM, "runtime directory %s belongs to user %u", path,
			(unsigned)st.st_uid);
		return err_hint(err,
			"set XDG_RUNTIME_DIR or RL_RUNROOT to a private directory of your own");
	}
	if (st.st_mode & 077) {
		err_set(err, EPERM, "runtime directory %s is open to other users", path);
		return err_hint(err, "chmod 700 %s", path);
	}
	return take_fd(fd);
}

static int open_subdir(int fd, const char *path, const char *name, struct err *err)
{
	if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
		return err_set(err, errno, "create %s/%s", path, name);
	return 0;
}

static char *absolute(const char *path)
{
	char cwd[PATH_MAX];
	_cleanup_free_ char *joined = NULL;

	if (path_is_abs(path) || !getcwd(cwd, sizeof(cwd)))
		return path_clean(path);
	joined = path_join(cwd, path);
	return path_clean(joined);
}

static int open_override(const char *override, char **ret_path, struct err *err)
{
	_cleanup_free_ char *path = absolute(override);
	int fd, r;

	r = fs_mkdirs_at(AT_FDCWD, path, 0700, err);
	if (r < 0)
		return r;
	fd = open_private(path, err);
	if (fd >= 0)
		*ret_path = take_ptr(path);
	return fd;
}

/* whether a container that was started without a session lives, with @path as its runtime directory */
static bool is_in_use(const char *path)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_strv_ struct strv ids = {0};

	/* the usual case costs one call */
	if (access(path, F_OK) < 0 || (fd = open_private(path, NULL)) < 0)
		return false;
	if (fs_list_at(fd, "containers", &ids, NULL) < 0)
		return false;
	for (size_t i = 0; i < ids.n; i++) {
		_cleanup_free_ char *lock = xasprintf("containers/%s/lock", ids.v[i]);

		if (lock_is_held(fd, lock))
			return true;
	}
	return false;
}

static int open_default(char **ret_path, struct err *err)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *run_user = xasprintf("/run/user/%u", (unsigned)geteuid());
	_cleanup_free_ char *alone = xasprintf("/tmp/rl-run-%u", (unsigned)geteuid());
	_cleanup_free_ char *path = NULL;
	int fd;

	/* Root's is always the same, whether or not it has a login session; where /run is not
	   root's own (inside a namespace) it is treated like any user. */
	if (geteuid() == 0 && is_ours("/run") && access("/run", W_OK) == 0)
		path = xstrdup("/run/rl");
	else if (is_in_use(alone))
		path = take_ptr(alone);
	else if (xdg && is_ours(xdg))
		path = path_join(xdg, "rl");
	else if (is_ours(run_user))
		path = path_join(run_user, "rl");
	else
		path = take_ptr(alone);
	fd = open_private(path, err);
	if (fd >= 0)
		*ret_path = take_ptr(path);
	return fd;
}

int rundir_open(const char *override, char **ret_path, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = str_empty(override) ? open_default(&path, err) : open_override(override, &path, err);
	if (fd < 0)
		return fd;
	r = open_subdir(fd, path, "containers", err);
	if (r < 0)
		return r;
	r = open_subdir(fd, path, "userns", err);
	if (r < 0)
		return r;
	*ret_path = take_ptr(path);
	return take_fd(fd);
}
