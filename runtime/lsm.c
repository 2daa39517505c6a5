#include "runtime/lsm.h"

#include "runtime/base/fd.h"
#include "runtime/base/fs.h"
#include "runtime/base/proc.h"
#include "runtime/mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* an attribute is written in one go, of at most a page */
#define LABEL_MAX 4000

bool lsm_apparmor(void)
{
	_cleanup_buf_ struct buf b = {.cap = 8192};

	return fs_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", &b, NULL) == 0 &&
	       b.len && b.data[0] == 'Y';
}

bool lsm_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static bool wants_profile(const struct lsm_label *l)
{
	return !str_empty(l->profile) && strcmp(l->profile, LSM_UNCONFINED) != 0;
}

bool lsm_wanted(const struct lsm_label *l)
{
	return wants_profile(l) || !str_empty(l->context);
}

/* the kernel reads a line of words */
static int check_text(const char *what, const char *text, struct err *err)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return err_say(
				err, ERR_USAGE, "%s '%.80s' has blanks in its name", what, text);
	if (strlen(text) > LABEL_MAX)
		return err_say(err, ERR_USAGE, "the name of %s is too long", what);
	return 0;
}

int lsm_check(const struct lsm_label *l, struct err *err)
{
	int r = 0;

	if (wants_profile(l)) {
		r = check_text("the AppArmor profile", l->profile, err);
		if (r == 0 && !lsm_apparmor()) {
			err_say(err, ENOTSUP,
				"AppArmor profile %.200s cannot be used: AppArmor is not switched "
				"on on this machine",
				l->profile);
			return err_hint(err,
				"use --security-opt apparmor=unconfined, or let the "
				"administrator boot with apparmor=1 security=apparmor");
		}
	}
	if (r == 0 && !str_empty(l->context)) {
		r = check_text("the SELinux label", l->context, err);
		if (r == 0 && !lsm_selinux()) {
			err_say(err, ENOTSUP,
				"SELinux label %.200s cannot be used: SELinux is not switched on "
				"on this machine",
				l->context);
			return err_hint(err, "use --security-opt label=disable");
		}
	}
	return r;
}

/* Neither a file that something was mounted on nor one behind a link that leads elsewhere is opened.  Where openat2(2) is
   forbidden that cannot be had, and then there is no label and no start. */
static int open_strictly(int dir, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int lsm_open_attr(int proc, struct err *err)
{
	int fd;

	if (!mounts_is_proc(proc))
		return err_set(err, EPERM, "/proc is no procfs");
	fd = open_strictly(proc, "thread-self/attr", O_PATH | O_DIRECTORY);
	return fd < 0 ? err_set(err, -fd, "open the process's own security attributes") : fd;
}

static int write_attr(int attr, const char *name, const char *text)
{
	_cleanup_close_ int fd = open_strictly(attr, name, O_WRONLY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (!mounts_is_proc(fd))
		return -EPERM;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int set_profile(int attr, const char *profile, struct err *err)
{
	_cleanup_free_ char *line = xasprintf("exec %s", profile);
	int r = write_attr(attr, "apparmor/exec", line);

	/* before Linux 5.8 there was one file for whichever module is there */
	if (r == -ENOENT && faccessat(attr, "apparmor", F_OK, 0) < 0)
		r = write_attr(attr, "exec", line);
	if (r == 0)
		return 0;
	if (r == -ENOENT) {
		err_say(err, ENOENT, "AppArmor profile %.200s is not loaded", profile);
		return err_hint(err,
			"as root: apparmor_parser -r /etc/apparmor.d/FILE loads one, and "
			"aa-status lists them");
	}
	err_set(err, -r, "put the command under AppArmor profile %.200s", profile);
	if (r == -EACCES || r == -EPERM)
		return err_hint(err, "rl itself is confined by a profile that forbids it (see "
				     "/proc/self/attr/current)");
	return r;
}

int lsm_set_exec(int attr, const struct lsm_label *l, struct err *err)
{
	int r = 0;

	if (wants_profile(l))
		r = set_profile(attr, l->profile, err);
	if (r == 0 && !str_empty(l->context)) {
		r = write_attr(attr, "exec", l->context);
		if (r < 0) {
			err_set(err, -r, "give the command SELinux label %.200s", l->context);
			return err_hint(err, "the policy does not know it, or forbids the change: "
					     "see 'ausearch -m AVC'");
		}
	}
	return r;
}

static int try_profile(void *arg, struct err *err)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), attr = -EBADF;
	struct lsm_label l = {.profile = arg};

	attr = lsm_open_attr(proc, err);
	return attr < 0 ? attr : lsm_set_exec(attr, &l, err);
}

int lsm_profile_check(const char *profile, struct err *err)
{
	return proc_call(
		"tries the AppArmor profile", try_profile, (void *)(uintptr_t)profile, err);
}

const char *lsm_default_profile(void)
{
	return lsm_apparmor() && lsm_profile_check(LSM_DEFAULT_PROFILE, NULL) == 0
		       ? LSM_DEFAULT_PROFILE
		       : NULL;
}

char *lsm_own_profile(void)
{
	_cleanup_buf_ struct buf b = {.cap = LABEL_MAX};
	_cleanup_close_ int fd = -EBADF;

	if (!lsm_apparmor())
		return NULL;
	fd = open("/proc/self/attr/apparmor/current", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, &b) < 0 || !b.len)
		return NULL;
	return xstrndup(buf_str(&b), strcspn(buf_str(&b), "\n"));
}
