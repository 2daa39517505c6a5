#include "storage/transfer/whiteout.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define PREFIX ".wh."
#define OPAQUE ".wh..wh..opq"
#define META   ".wh..wh."

enum whiteout_kind whiteout_parse(const char *base, const char **ret_name)
{
	const char *name = str_after(base, PREFIX);

	if (!name)
		return WHITEOUT_NONE;
	if (str_eq(base, OPAQUE))
		return WHITEOUT_OPAQUE;
	if (str_after(base, META))
		return WHITEOUT_SKIP;
	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return WHITEOUT_BAD;
	*ret_name = name;
	return WHITEOUT_FILE;
}

bool whiteout_is(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

int whiteout_make(int dirfd, const char *name, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;

	/* not a device: the kernel lets everybody make this one node (from 5.8 on) */
	if (mknodat(dirfd, name, S_IFCHR | 0, makedev(0, 0)) == 0)
		return 0;
	if (errno == EPERM) {
		err_set(err, EPERM, "make a whiteout");
		return err_hint(err, "a kernel from 5.8 on, and a file system that keeps device "
				     "nodes, is needed");
	}
	if (errno != EEXIST)
		return err_set(err, errno, "make a whiteout for %s", name);
	/* The same layer has the name: only what lower layers have is hidden, which for a file it is anyway. */
	fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? 0 : whiteout_set_opaque(fd, err);
}

int whiteout_set_opaque(int fd, struct err *err)
{
	char path[PATH_OF_FD_MAX];

	if (setxattr(path_of_fd(fd, path), "user.overlay.opaque", "y", 1, 0) == 0)
		return 0;
	err_set(err, errno, "mark a directory as opaque");
	return err_hint(err, "the store's file system must support extended attributes of users");
}

bool whiteout_xattr_allowed(const char *name)
{
	static const char *const reserved[] = {
		"user.overlay.",
		"user.fuseoverlayfs.",
		"user.containers.",
		"user.rl.",
	};

	if (str_eq(name, "security.capability"))
		return true;
	if (!str_after(name, "user."))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (str_after(name, reserved[i]))
			return false;
	return true;
}
