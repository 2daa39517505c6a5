#include "storage/transfer/kernelfs.h"

#include "runtime/base/fd.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

bool kernelfs_is(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return false;
	switch (st.f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

int kernelfs_read(int *fd, uint64_t *ret_size, struct err *err)
{
	static char chunk[(size_t)64 << 10];
	_cleanup_close_ int copy = memfd_create("kernelfs", MFD_CLOEXEC);
	uint64_t size = 0;
	ssize_t n;

	if (copy < 0)
		return err_set(err, errno, "copy a file into memory");
	while ((n = read(*fd, chunk, sizeof(chunk))) > 0) {
		int r = fd_write_full(copy, chunk, (size_t)n);

		if (r < 0)
			return err_set(err, -r, "copy a file into memory");
		size += (uint64_t)n;
		if (size > KERNELFS_CAP)
			return err_say(err, EFBIG, "the kernel's answer is larger than %llu MiB",
				(unsigned long long)(KERNELFS_CAP >> 20));
	}
	if (n < 0)
		return err_set(err, errno, "read a file");
	fd_close(*fd);
	*fd = take_fd(copy);
	*ret_size = size;
	return 0;
}
