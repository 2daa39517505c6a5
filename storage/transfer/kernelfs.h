/*
 * kernelfs - files that are answers of the kernel's: in procfs, sysfs and cgroup file systems
 *
 * Their size says nothing: what they hold is known when they have been read.
 */
#ifndef RL_STORAGE_TRANSFER_KERNELFS_H
#define RL_STORAGE_TRANSFER_KERNELFS_H

#include "runtime/base/err.h"

#include <stdbool.h>

#define KERNELFS_CAP ((uint64_t)16 << 20)

/** kernelfs_is() - whether the file or directory @fd, which may be O_PATH, is in such a file system */
bool kernelfs_is(int fd);

/**
 * kernelfs_read() - read a file to its end
 * @fd: the file; becomes a copy of it in memory
 * Return: 0, -EFBIG beyond KERNELFS_CAP, or another negative errno; @fd is open in any case
 */
int kernelfs_read(int *fd, uint64_t *ret_size, struct err *err);

#endif
