/*
 * image scp - an image from one store to another: `rl save` there, a pipe, `rl load` here
 *
 * Nothing is written on the way.  The receiver is started when the sender has begun to send, so that of a
 * sender that fails nothing else is heard; what the sender says is kept in memory until it is known whose fault it was.
 */
#include "cmd/scp_place.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MAX ((size_t)4096)

struct scp_opts {
	bool quiet;
};

struct transfer {
	const struct ctx *ctx;
	struct scp_place from, to;
	bool quiet;
	int pipe[2], said; /* what the sender prints on its standard error */
};

static void transfer_done(struct transfer *t)
{
	scp_place_done(&t->from);
	scp_place_done(&t->to);
	fd_close(t->pipe[0]);
	fd_close(t->pipe[1]);
	fd_close(t->said);
}

/* Return: pid, or a negative errno */
static pid_t start(const struct transfer *t, const struct scp_place *p, const struct strv *args,
	const struct proc_fd *fds, size_t nfds, struct err *err)
{
	_cleanup_strv_ struct strv argv = {0};
	struct proc_opts o = {.fds = fds, .nfds = nfds, .search = true, .pdeathsig = SIGTERM};
	pid_t pid;
	int r = scp_place_argv(t->ctx, p, args, &argv, err);

	if (r < 0)
		return r;
	o.path = argv.v[0];
	o.argv = argv.v;
	pid = proc_spawn(&o, err);
	if (pid == -ENOENT)
		return err_say(err, ENOENT, "%s is not installed", argv.v[0]);
	return pid;
}

static pid_t start_sender(struct transfer *t, struct err *err)
{
	struct proc_fd fds[] = {{t->pipe[1], STDOUT_FILENO}, {t->said, STDERR_FILENO}};
	_cleanup_strv_ struct strv args = {0};
	pid_t pid;

	/* OCI's layout keeps the digests */
	strv_split(&args, "save -q --format=oci-archive", " ");
	strv_add(&args, t->from.image);
	pid = start(t, &t->from, &args, fds, 2, err);
	t->pipe[1] = fd_close(t->pipe[1]);
	return pid;
}

static pid_t start_receiver(struct transfer *t, struct err *err)
{
	struct proc_fd fds[] = {{t->pipe[0], STDIN_FILENO}, {STDOUT_FILENO, STDOUT_FILENO},
		{STDERR_FILENO, STDERR_FILENO}};
	_cleanup_strv_ struct strv args = {0};
	pid_t pid;

	strv_add(&args, "load");
	if (t->quiet)
		strv_add(&args, "-q");
	pid = start(t, &t->to, &args, fds, 3, err);
	t->pipe[0] = fd_close(t->pipe[0]);
	return pid;
}

/* Return: whether there is something to receive */
static bool begins(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	return p.revents & POLLIN;
}

/* the sender's last line, which is why it failed */
static int sender_failed(const struct transfer *t, int code, struct err *err)
{
	char text[SAID_MAX + 1];
	_cleanup_strv_ struct strv lines = {0};
	const char *why = NULL, *plain;
	ssize_t n = pread(t->said, text, SAID_MAX, 0);

	if (n <= 0 || code == 127 || code == 126)
		return scp_place_failed(&t->from, "sending", code, err);
	text[n] = '\0';
	strv_split(&lines, text, "\n");
	strv_foreach (i, line, &lines)
		if (*line && (!why || !str_after(why, "Error: ")))
			why = line;
	if (!why)
		return scp_place_failed(&t->from, "sending", code, err);
	plain = str_after(why, "Error: ");
	return err_say(err, EIO, "%s%s%.300s", t->from.text, *t->from.text ? ": " : "",
		plain ? plain : why);
}

/* has not failed by itself, but was still sending when nobody listened any more */
static bool is_innocent(const struct transfer *t, pid_t sender)
{
	char text[SAID_MAX + 1];
	siginfo_t info = {0};
	ssize_t n;

	if (waitid(P_PID, (id_t)sender, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return true;
	if (info.si_pid == 0 || (info.si_code == CLD_EXITED && info.si_status == 0))
		return true;
	n = pread(t->said, text, SAID_MAX, 0);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, strerror(EPIPE)) || info.si_code != CLD_EXITED;
}

static int run(struct transfer *t, struct err *err)
{
	pid_t sender, receiver;
	int sent, received;
	bool innocent;

	sender = start_sender(t, err);
	if (sender < 0)
		return sender;
	if (!begins(t->pipe[0])) {
		sent = proc_wait(sender);
		return sender_failed(t, sent, err);
	}
	receiver = start_receiver(t, err);
	received = receiver < 0 ? receiver : proc_wait(receiver);
	innocent = is_innocent(t, sender);
	/* it has nobody to send to any more */
	if (received != 0)
		kill(sender, SIGTERM);
	sent = proc_wait(sender);
	if (receiver < 0)
		return receiver;
	if (received != 0 && innocent)
		return scp_place_failed(&t->to, "loading", received, err);
	return sent == 0 ? 0 : sender_failed(t, sent, err);
}

static int run_scp(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct scp_opts *o = opts;
	_cleanup_(transfer_done) struct transfer t = {
		.ctx = ctx, .quiet = o->quiet, .pipe = {-EBADF, -EBADF}, .said = -EBADF};
	int r = scp_place_parse(args->v[0], true, &t.from, err);

	if (r == 0)
		r = scp_place_parse(args->n > 1 ? args->v[1] : "localhost::", false, &t.to, err);
	if (r == 0 && t.from.kind == SCP_HERE && t.to.kind == SCP_HERE) {
		err_say(err, ERR_USAGE, "the image is here already: where to?");
		r = err_hint(err, "name USER@localhost:: or HOST:: as the destination");
	}
	if (r == 0)
		r = fd_pipe(&t.pipe[0], &t.pipe[1], err);
	if (r < 0)
		return r;
	t.said = memfd_create("said", MFD_CLOEXEC);
	if (t.said < 0)
		return err_set(err, errno, "allocate memory");
	return run(&t, err);
}

#define O struct scp_opts
static const struct opt scp_opts[] = {
	OPTION_BOOL('q', "quiet", O, quiet, "show no progress"),
	{0},
};

const struct cmd cmd_image_scp = {
	.name = "image scp",
	.args = "[PLACE::]IMAGE [PLACE::]",
	.min = 1,
	.max = 2,
	.summary = "Copy an image to another user or another machine",
	.details = "PLACE is USER@localhost, a user of this machine (as root, or through sudo), or "
		   "[USER@]HOST[:PORT], a machine "
		   "that ssh reaches and that has rl. Without one your own images are meant. The "
		   "image goes through a pipe; digests stay.",
	.opts = scp_opts,
	.opts_size = sizeof(O),
	.run = run_scp,
};
