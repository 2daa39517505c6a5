#include "runtime/sync.h"

#include "runtime/base/fd.h"
#include "runtime/process.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

struct wire {
	char type;
	char pad[3];
	int32_t value;
	struct err err;
};

#define WIRE_SHORT offsetof(struct wire, err)

int sync_pair(int fds[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_set(err, errno, "create socket pair");
	return 0;
}

int sync_send(int sock, enum sync_type type, int fd)
{
	struct wire w = {.type = (char)type};

	return fd_send(sock, &w, WIRE_SHORT, &fd, fd >= 0 ? 1 : 0);
}

int sync_send_pid(int sock, int pid, int pidfd)
{
	struct wire w = {.type = SYNC_PID, .value = pid};

	return fd_send(sock, &w, WIRE_SHORT, &pidfd, 1);
}

int sync_send_exec(int sock, const char *name)
{
	struct wire w = {.type = SYNC_EXEC};

	memcpy(w.err.msg, name, strnlen(name, sizeof(w.err.msg) - 1));
	return fd_send(sock, &w, sizeof(w), NULL, 0);
}

int sync_send_error(int sock, const struct err *err)
{
	struct wire w = {.type = SYNC_ERROR, .err = *err};

	return fd_send(sock, &w, sizeof(w), NULL, 0);
}

int sync_recv(int sock, struct sync_msg *ret, struct err *err)
{
	struct wire w = {0};
	_cleanup_close_ int fd = -EBADF;
	ssize_t n = fd_recv(sock, &w, sizeof(w), &fd, 1);

	if (n == -ECONNRESET)
		n = 0;
	if (n < 0)
		return err_set(err, (int)-n, "read from the container's process");
	if (n != 0 && n != (ssize_t)WIRE_SHORT && n != sizeof(w))
		return err_set(err, EPROTO, "the container's process sent a malformed message");
	if (w.type == SYNC_ERROR) {
		if (n != sizeof(w) || w.err.code <= 0 || w.err.code > ERR_CODE_LAST)
			return err_set(
				err, EPROTO, "the container's process sent a malformed error");
		w.err.msg[sizeof(w.err.msg) - 1] = '\0';
		w.err.hint[sizeof(w.err.hint) - 1] = '\0';
		if (err)
			*err = w.err;
		return -w.err.code;
	}
	*ret = (struct sync_msg){
		.type = (enum sync_type)(unsigned char)w.type, .value = w.value, .fd = take_fd(fd)};
	memcpy(ret->name, w.err.msg, sizeof(ret->name) - 1);
	return 0;
}

int sync_wait_exec(
	int sock, int (*notify)(void *arg, int fd, struct err *err), void *arg, struct err *err)
{
	struct sync_msg msg = {.fd = -EBADF};
	char name[sizeof(msg.name)] = "the command";
	int about = 0;

	for (;;) {
		int r = sync_recv(sock, &msg, err);

		if (r < 0)
			return r;
		if (msg.type == SYNC_NOTIFY) {
			r = msg.fd < 0 || !notify
				    ? err_set(err, EPROTO,
					      "the container's process sent a malformed message")
				    : notify(arg, msg.fd, err);
			if (r == 0)
				r = sync_send(sock, SYNC_GO, -EBADF);
		}
		fd_close(msg.fd);
		if (r < 0)
			return r;
		if (msg.type == SYNC_NOTIFY)
			continue;
		if (msg.type == SYNC_ERRNO)
			return process_exec_error(name, msg.value, err);
		if (msg.type != SYNC_EXEC)
			return about;
		about = 1;
		memcpy(name, msg.name, sizeof(name));
	}
}

int sync_peer_gone(int sock)
{
	struct pollfd p = {.fd = sock, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR));
}
