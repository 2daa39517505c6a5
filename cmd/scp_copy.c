#include "cmd/scp_copy.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MAX ((size_t)4096)

void scp_copy_done(struct scp_copy *t)
{
	scp_place_done(&t->from);
	scp_place_done(&t->to);
	fd_close(t->pipe[0]);
	fd_close(t->pipe[1]);
	fd_close(t->said);
}

/* Return: pid, or a negative errno */
static pid_t start(const struct scp_copy *t, const struct scp_place *p, const struct strv *args,
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

static pid_t start_sender(struct scp_copy *t, struct err *err)
{
	struct proc_fd fds[] = {{t->pipe[1], STDOUT_FILENO}, {t->said, STDERR_FILENO}};
	_cleanup_strv_ struct strv args = {0};
	pid_t pid;

	strv_split(&args, "save -q", " ");
	strv_addf(&args, "--format=%s", t->format);
	strv_add(&args, t->from.image);
	pid = start(t, &t->from, &args, fds, 2, err);
	t->pipe[1] = fd_close(t->pipe[1]);
	return pid;
}

static pid_t start_receiver(struct scp_copy *t, struct err *err)
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
static int sender_failed(const struct scp_copy *t, int code, struct err *err)
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
static bool is_innocent(const struct scp_copy *t, pid_t sender)
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

int scp_copy_run(struct scp_copy *t, struct err *err)
{
	pid_t sender, receiver;
	int sent, received;
	bool innocent;
	int r = fd_pipe(&t->pipe[0], &t->pipe[1], err);

	if (r < 0)
		return r;
	t->said = memfd_create("said", MFD_CLOEXEC);
	if (t->said < 0)
		return err_set(err, errno, "allocate memory");
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
