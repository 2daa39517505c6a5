/*
 * fd - file descriptors: ownership, whole reads and writes, passing
 *
 * Every descriptor is O_CLOEXEC from birth and owned by exactly one variable,
 * initialised to -EBADF and declared _cleanup_close_.
 */
#ifndef RL_BASE_FD_H
#define RL_BASE_FD_H

#include "runtime/base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

struct buf;
struct err;

/** fd_close() - close if it is open, keeping errno; Return: -EBADF, to assign */
int fd_close(int fd);

static inline void fd_closep(int *fd)
{
	fd_close(*fd);
}

#define _cleanup_close_ _cleanup_(fd_closep)

/** take_fd() - hand a descriptor over: its value, and the variable becomes -EBADF */
#define take_fd(fd)                                                                                \
	({                                                                                         \
		int *fdp_ = &(fd);                                                                 \
		int fd_ = *fdp_;                                                                   \
		*fdp_ = -EBADF;                                                                    \
		fd_;                                                                               \
	})

/** fd_read_full() - read until @len bytes or end of file; Return: bytes read, or a negative errno */
ssize_t fd_read_full(int fd, void *buf, size_t len);
/** fd_write_full() - write all, through short writes and EINTR; Return: 0 or a negative errno */
int fd_write_full(int fd, const void *buf, size_t len);
/** fd_read_all() - append what comes until end of file; Return: 0, -EFBIG beyond the cap, or another negative errno */
int fd_read_all(int fd, struct buf *ret);
/** fd_pipe() - both ends O_CLOEXEC, owned by the caller; Return: 0 or a negative errno */
int fd_pipe(int *ret_rd, int *ret_wr, struct err *err);
/** fd_same_file() - whether two descriptors are of one file, directory or namespace */
bool fd_same_file(int a, int b);
/** fd_is_named() - whether @path (not followed) below @dirfd is still the file that @fd has open */
bool fd_is_named(int fd, int dirfd, const char *path);
/** fd_set_nonblock() - set or clear O_NONBLOCK; Return: 0 or a negative errno */
int fd_set_nonblock(int fd, bool on);
/** fd_clear_cloexec() - let the next exec keep it; only the spawner and the container's init do this */
int fd_clear_cloexec(int fd);
#define FD_SPARE_MAX 32
/** fd_spare() - whether @n (≤ FD_SPARE_MAX) more descriptors could be opened; Return: 0, or the reason as a negative errno */
int fd_spare(unsigned n);
/** fd_close_from() - close every descriptor ≥ @first (close_range(2), else through /proc/self/fd) */
void fd_close_from(int first);
/** fd_cloexec_from() - set O_CLOEXEC on every descriptor ≥ @first: those that our caller left open, too */
void fd_cloexec_from(int first);

/**
 * fd_send() - send bytes and up to 8 descriptors over a unix socket (SCM_RIGHTS)
 * @fds: borrowed; may be NULL when @nfds is 0
 * Return: 0 or a negative errno
 */
int fd_send(int sock, const void *buf, size_t len, const int *fds, size_t nfds);

/**
 * fd_recv() - receive bytes and up to @nfds (≤ 8) descriptors
 * @fds:  filled with new O_CLOEXEC descriptors owned by the caller; the rest is -EBADF
 * Descriptors beyond @nfds are closed.
 * Return: bytes read, 0 at end of file, or a negative errno
 */
ssize_t fd_recv(int sock, void *buf, size_t len, int *fds, size_t nfds);

#endif
