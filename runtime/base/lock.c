#include "runtime/base/lock.h"

#include "runtime/base/fd.h"

#include <fcntl.h>
#include <unistd.h>

int lock_set(int fd, enum lock_mode mode, bool wait)
{
	struct flock fl = {
		.l_type = mode == LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	int r;

	do
		r = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EACCES || errno == EAGAIN ? -EWOULDBLOCK : -errno;
	return 0;
}

int lock_open(int dirfd, const char *name, enum lock_mode mode, bool wait, struct err *err)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_set(err, errno, "open lock %s", name);
	r = lock_set(fd, mode, wait);
	if (r < 0)
		return err_set(err, -r, "lock %s", name);
	return take_fd(fd);
}

int lock_drop(int fd)
{
	struct flock fl = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	if (fd >= 0)
		fcntl(fd, F_OFD_SETLK, &fl);
	return fd_close(fd);
}

bool lock_is_held(int dirfd, const char *name)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct flock fl = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}
