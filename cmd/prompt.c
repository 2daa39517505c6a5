#include "cmd/prompt.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define LINE_CAP ((size_t)4096)

bool prompt_possible(void)
{
	return isatty(STDIN_FILENO);
}

/* Return: 1 with a whole line, 0 at the end of input, or a negative errno */
static int read_line(int signals, struct buf *ret)
{
	struct pollfd p[2] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

	for (;;) {
		char c;
		ssize_t n;

		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (p[1].revents)
			return -ERR_CANCELLED;
		n = read(STDIN_FILENO, &c, 1);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (c == '\n')
			return 1;
		if (buf_addc(ret, c) < 0)
			return -E2BIG;
	}
}

static void hide(const struct termios *before)
{
	struct termios t = *before;

	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_lflag |= ECHONL;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

int prompt_line(const char *question, bool secret, char **ret, struct err *err)
{
	_cleanup_buf_ struct buf line = {.cap = LINE_CAP};
	_cleanup_close_ int signals = -EBADF;
	sigset_t watched, mask;
	struct termios before;
	bool hidden;
	int r;

	sigemptyset(&watched);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigaddset(&watched, SIGQUIT);
	/* stopped with the echo off, the shell would show nothing */
	sigaddset(&watched, SIGTSTP);
	sigprocmask(SIG_BLOCK, &watched, &mask);
	signals = signalfd(-1, &watched, SFD_CLOEXEC);
	hidden = secret && tcgetattr(STDIN_FILENO, &before) == 0;
	if (hidden)
		hide(&before);
	fd_write_full(STDERR_FILENO, question, strlen(question));
	r = read_line(signals, &line);
	if (hidden)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	if (r <= 0)
		fd_write_full(STDERR_FILENO, "\n", 1);
	/* the signals that ended it have been acted on */
	for (struct timespec zero = {0}; sigtimedwait(&watched, NULL, &zero) > 0;)
		;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (r == 0 || r == -ERR_CANCELLED)
		return err_say(err, ERR_CANCELLED, "interrupted");
	if (r < 0)
		return err_set(err, -r, "read from the terminal");
	*ret = xstrdup(buf_str(&line));
	if (line.data)
		explicit_bzero(line.data, line.len);
	return 0;
}
