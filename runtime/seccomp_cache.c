#include "runtime/seccomp_cache.h"

#include "runtime/base/fs.h"

int seccomp_cache_open(const struct store *s)
{
	int fd;

	if (fs_mkdirs_at(s->fd, "seccomp", 0700, NULL) < 0)
		return -EBADF;
	fd = fs_opendir_at(s->fd, "seccomp", NULL);
	return fd < 0 ? -EBADF : fd;
}
