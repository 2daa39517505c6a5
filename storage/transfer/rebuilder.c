/*
 * A request is one message: a DiffID, and two descriptors to write the tar and the report to.  A report is '+', or '-' and a
 * struct err; nothing at all is what a process leaves that died.
 */
#include "storage/transfer/rebuilder.h"

#include "runtime/base/confine.h"
#include "runtime/base/fd.h"
#include "storage/transfer/rebuild.h"
#include "storage/transfer/worker.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define DIFF_ID_MAX 72

static int asked = -EBADF;

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(2 * sizeof(int))];
};

static struct msghdr make_message(struct iovec *text, union control *c)
{
	return (struct msghdr){.msg_iov = text,
		.msg_iovlen = 1,
		.msg_control = c->bytes,
		.msg_controllen = sizeof(c->bytes)};
}

static _Noreturn void give(const struct store *s, const char *diff_id, int out, int report)
{
	struct err why = {0};
	int r = rebuild_tar(s, diff_id, out, &why);

	/* before the stream ends, as the reader looks for it then */
	fd_write_full(report, r < 0 ? "-" : "+", 1);
	if (r < 0)
		err_send(report, &why);
	_exit(r < 0 ? 125 : 0);
}

/* Return: whether there may be another one */
static bool serve_one(const struct store *s, int from)
{
	char diff_id[DIFF_ID_MAX + 1] = "";
	struct iovec text = {diff_id, DIFF_ID_MAX};
	union control c = {0};
	struct msghdr m = make_message(&text, &c);
	ssize_t n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fds[2];

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(fds)))
		return false;
	memcpy(fds, CMSG_DATA(h), sizeof(fds));
	if (worker_fork(NULL) == 0)
		give(s, diff_id, fds[0], fds[1]);
	/* without a process both pipes end here: that is its report */
	fd_close(fds[0]);
	fd_close(fds[1]);
	return true;
}

int rebuilder_start(const struct store *s, struct err *err)
{
	int ends[2];
	pid_t pid;

	if (asked >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_set(err, errno, "make a pair of sockets");
	pid = worker_fork(err);
	if (pid == 0) {
		fd_close(ends[0]);
		confine_writes(-EBADF);
		/* nobody waits for those that rebuild */
		signal(SIGCHLD, SIG_IGN);
		while (serve_one(s, ends[1]))
			;
		_exit(0);
	}
	fd_close(ends[1]);
	if (pid < 0) {
		fd_close(ends[0]);
		return (int)pid;
	}
	asked = ends[0];
	return 0;
}

static int ask(const char *diff_id, int out, int report, struct err *err)
{
	int fds[2] = {out, report};
	struct iovec text = {(char *)(uintptr_t)diff_id, strnlen(diff_id, DIFF_ID_MAX)};
	union control c = {0};
	struct msghdr m = make_message(&text, &c);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(h), fds, sizeof(fds));
	return sendmsg(asked, &m, MSG_NOSIGNAL) < 0
		       ? err_set(err, errno, "ask the process that rebuilds layers")
		       : 0;
}

int rebuilder_open(const char *diff_id, struct rebuilding *ret, struct err *err)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF, report = -EBADF, theirs = -EBADF;
	int r = fd_pipe(&in, &out, err);

	if (r == 0)
		r = fd_pipe(&report, &theirs, err);
	if (r == 0)
		r = ask(diff_id, out, theirs, err);
	if (r < 0)
		return r;
	*ret = (struct rebuilding){take_fd(in), take_fd(report)};
	return 0;
}

int rebuilder_end(struct rebuilding *b, int r, struct err *err)
{
	_cleanup_close_ int report = take_fd(b->report);
	struct err theirs = {0};
	char how = 0;

	/* one that still writes ends by this */
	b->in = fd_close(b->in);
	if (r < 0)
		return r;
	if (fd_read_full(report, &how, 1) == 1 && how == '+')
		return 0;
	if (how != '-' || err_recv(report, &theirs) != 1)
		return err_say(err, EIO, "the process that rebuilds a layer died");
	if (err)
		*err = theirs;
	return -theirs.code;
}
