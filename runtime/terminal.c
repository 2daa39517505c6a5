#include "runtime/terminal.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* all that a user or a supervisor sends on purpose; stops and continues concern this process alone */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
	SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGXFSZ, SIGTRAP};

void terminal_raw(struct terminal *t, int fd)
{
	*t = (struct terminal){.fd = -EBADF};
	if (fd < 0 || tcgetattr(fd, &t->old) < 0)
		return;
	t->fd = fd;
	terminal_again(t);
}

void terminal_again(struct terminal *t)
{
	struct termios raw = t->old;

	if (t->fd < 0)
		return;
	cfmakeraw(&raw);
	t->raw = tcsetattr(t->fd, TCSANOW, &raw) == 0;
}

void terminal_restore(struct terminal *t)
{
	/* not TCSADRAIN: a terminal stopped with Ctrl-S would keep us here */
	if (t->raw)
		tcsetattr(t->fd, TCSANOW, &t->old);
	t->raw = false;
}

bool terminal_size(int a, int b, uint16_t ret[2])
{
	struct winsize ws;

	if (ioctl(a, TIOCGWINSZ, &ws) < 0 && ioctl(b, TIOCGWINSZ, &ws) < 0)
		return false;
	ret[0] = ws.ws_row;
	ret[1] = ws.ws_col;
	return true;
}

int terminal_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		sigaddset(&set, sig);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGCONT);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

void terminal_die(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + sig);
}
