#include "userns/limits.h"

#include "runtime/base/fd.h"
#include "runtime/base/parse.h"
#include "runtime/base/str.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

long limits_sysctl(const char *name, long dflt)
{
	_cleanup_free_ char *path = xasprintf("/proc/sys/%s", name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	int64_t value;
	ssize_t n;

	if (fd < 0)
		return dflt;
	n = fd_read_full(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return dflt;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_i64(text, &value) < 0 ? dflt : (long)value;
}

/* The kernel refuses a user namespace to a process whose root directory is not its mount
 * namespace's. */
static bool chrooted(void)
{
	struct stat root, init;

	return stat("/", &root) == 0 && stat("/proc/1/root/.", &init) == 0 &&
	       (root.st_dev != init.st_dev || root.st_ino != init.st_ino);
}

void limits_explain(int code, struct err *err)
{
	long max = limits_sysctl("user/max_user_namespaces", 1);

	if (max == 0)
		err_hint(err, "as root: sysctl -w user.max_user_namespaces=15000");
	else if (code == ENOSPC || code == EUSERS)
		err_hint(err,
			"too many user namespaces (%ld allowed) or nested too deeply; as root: "
			"sysctl -w user.max_user_namespaces=%ld",
			max, max * 2);
	else if (code == EINVAL || code == ENOSYS)
		err_hint(err, "this kernel has no user namespaces (CONFIG_USER_NS)");
	else if (limits_sysctl("kernel/unprivileged_userns_clone", 1) == 0)
		err_hint(err, "as root: sysctl -w kernel.unprivileged_userns_clone=1");
	else if (limits_sysctl("kernel/apparmor_restrict_unprivileged_userns", 0) == 1)
		err_hint(err, "AppArmor restricts user namespaces; as root: apparmor_parser -r "
			      "/etc/apparmor.d/rl, where 'make install' puts it, or sysctl -w "
			      "kernel.apparmor_restrict_unprivileged_userns=0");
	else if (chrooted())
		err_hint(err,
			"user namespaces cannot be made inside a chroot; run rl outside of it");
	else
		err_hint(err, "a sandbox around this process (a container's seccomp filter, say) "
			      "forbids user namespaces; run 'rl doctor'");
}
