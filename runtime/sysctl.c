#include "runtime/sysctl.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

bool sysctl_allowed(const char *name, unsigned create)
{
	static const char *const ipc[] = {
		"kernel.msgmax",
		"kernel.msgmnb",
		"kernel.msgmni",
		"kernel.sem",
		"kernel.shmall",
		"kernel.shmmax",
		"kernel.shmmni",
		"kernel.shm_rmid_forced",
	};

	if (strstr(name, "..") || strchr(name, '/'))
		return false;
	if (str_after(name, "net."))
		return create & CLONE_NEWNET;
	if (str_after(name, "fs.mqueue."))
		return create & CLONE_NEWIPC;
	if (str_after(name, "user."))
		return create & CLONE_NEWUSER;
	if (str_eq(name, "kernel.hostname") || str_eq(name, "kernel.domainname"))
		return create & CLONE_NEWUTS;
	for (size_t i = 0; i < ARRAY_SIZE(ipc); i++)
		if (str_eq(ipc[i], name))
			return create & CLONE_NEWIPC;
	return false;
}

int sysctl_check(const json_t *object, unsigned create, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		if (!json_is_string(value))
			return err_set(
				err, EINVAL, "linux.sysctl: the value of %s is not a string", name);
		if (sysctl_allowed(name, create))
			continue;
		err_set(err, ERR_USAGE, "sysctl %s does not belong to the container", name);
		return err_hint(err, "only net.*, fs.mqueue.* and the IPC parameters of kernel.* "
				     "can be set, each with a "
				     "namespace of the container's own");
	}
	return 0;
}

static int set_one(int proc, const char *name, const char *value, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("sys/%s", name);
	_cleanup_close_ int fd = -EBADF;
	size_t n = strlen(value);

	for (char *p = path + 4; *p; p++)
		if (*p == '.')
			*p = '/';
	fd = path_open_in_root(proc, path, O_WRONLY | O_NOFOLLOW, 0, err);
	if (fd < 0)
		return err_wrap(err, "sysctl %s", name);
	if (write(fd, value, n) != (ssize_t)n)
		return err_set(err, errno, "set sysctl %s to %s", name, value);
	return 0;
}

int sysctl_apply(const json_t *object, int proc, unsigned create, struct err *err)
{
	const char *name;
	json_t *value;
	int r;

	if (!json_object_size(object))
		return 0;
	if (proc < 0)
		return err_set(err, ENOTSUP, "sysctls need a pid namespace of the container's own");
	r = sysctl_check(object, create, err);
	if (r < 0)
		return r;
	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		r = set_one(proc, name, json_string_value(value), err);
		if (r < 0)
			return r;
	}
	return 0;
}
