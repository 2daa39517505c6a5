#include "runtime/base/fd.h"

#include "runtime/base/err.h"
#include "runtime/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FD_PASS_MAX 8

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd); /* never retried: after EINTR the descriptor is gone on Linux */
	errno = saved;
	return -EBADF;
}

ssize_t fd_read_full(int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		if (n == 0)
			break;
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_write_full(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		done += (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, struct buf *ret)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = fd_read_full(fd, chunk, sizeof(chunk));

		if (n < 0)
			return (int)n;
		if (buf_add(ret, chunk, (size_t)n) < 0)
			return -EFBIG;
		/* fd_read_full() stops short at the end only */
		if ((size_t)n < sizeof(chunk))
			return 0;
	}
}

int fd_pipe(int *ret_rd, int *ret_wr, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, errno, "create a pipe");
	*ret_rd = fds[0];
	*ret_wr = fds[1];
	return 0;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool fd_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && same(&sa, &sb);
}

bool fd_is_named(int fd, int dirfd, const char *path)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && fstatat(dirfd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       same(&open, &named);
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int fd_clear_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
}

static void for_each_from(int first, void (*act)(int fd))
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	if (!dir) {
		for (int fd = first; fd < 65536; fd++)
			act(fd);
		return;
	}
	while ((de = readdir(dir))) {
		long fd = strtol(de->d_name, NULL, 10);

		if (de->d_name[0] != '.' && fd >= first && fd != dirfd(dir))
			act((int)fd);
	}
	closedir(dir);
}

static void do_close(int fd)
{
	close(fd);
}

static void do_cloexec(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int fd_spare(unsigned n)
{
	int fd[FD_SPARE_MAX], code = 0;
	unsigned got = 0;

	while (got < n && got < FD_SPARE_MAX && !code) {
		fd[got] = open("/", O_PATH | O_CLOEXEC);
		if (fd[got] < 0)
			code = -errno;
		else
			got++;
	}
	while (got > 0)
		fd_close(fd[--got]);
	return code;
}

void fd_close_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) < 0)
		for_each_from(first, do_close);
}

void fd_cloexec_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		for_each_from(first, do_cloexec);
}

int fd_send(int sock, const void *buf, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (nfds > FD_PASS_MAX)
		return -E2BIG;
	if (nfds) {
		struct cmsghdr *cmsg = &control.align;

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * nfds);
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

ssize_t fd_recv(int sock, void *buf, size_t len, int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
	} control = {0};
	struct iovec iov = {.iov_base = buf, .iov_len = len};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	size_t got = 0;
	ssize_t n;

	for (size_t i = 0; i < nfds; i++)
		fds[i] = -EBADF;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (got < nfds)
				fds[got++] = fd;
			else
				fd_close(fd);
		}
	}
	return n;
}
